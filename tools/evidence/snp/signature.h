/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signature of a SEV-SNP report: ECDSA P-384 with SHA-384 over its first bytes. */
#ifndef TOOLS_EVIDENCE_SNP_SIGNATURE_H
#define TOOLS_EVIDENCE_SNP_SIGNATURE_H

#include <openssl/x509.h>

#include "tools/evidence/snp/report.h"

/* report: SNP_REPORT_LEN bytes as received; cert: of the key that should have signed them. */
struct failure snp_signature_verify(const X509 *cert, struct span report) MUST_CHECK;

#endif
