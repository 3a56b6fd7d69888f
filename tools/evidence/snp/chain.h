/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The path of a VCEK or VLEK to AMD's root of its product line (AMD 57230, "Certificate chains"):
 * three certificates, each signed with RSA-PSS and SHA-384.
 */
#ifndef TOOLS_EVIDENCE_SNP_CHAIN_H
#define TOOLS_EVIDENCE_SNP_CHAIN_H

#include "tools/evidence/snp/trust.h"
#include "tools/evidence/snp/vek.h"

/*
 * Whether cert, of which v was read, leads to a root of t at now_s; offered: certificates out of
 * the evidence, may be NULL. Unless t waives it, a list of the root's must be there and current,
 * and not have revoked the ASK.
 */
struct failure snp_chain_verify(const struct snp_trust *t, X509 *cert, const struct snp_vek *v,
	const struct certs *offered, int64_t now_s) MUST_CHECK;

#endif
