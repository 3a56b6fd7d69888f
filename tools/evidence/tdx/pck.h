/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The certificate of a platform's key (PCK): the chain that a quote brings, its path to Intel's
 * root, and the SGX extensions, which say what the platform is and which versions it runs (Intel,
 * "PCK Certificate and Certificate Revocation List Profile", OID 1.2.840.113741.1.13.1).
 */
#ifndef TOOLS_EVIDENCE_TDX_PCK_H
#define TOOLS_EVIDENCE_TDX_PCK_H

#include "tools/evidence/tdx/trust.h"

struct tdx_pck {
	uint8_t ppid[TDX_PPID_LEN];
	uint16_t svn[TDX_SVNS];
	uint16_t pcesvn;
	uint8_t pceid[2], fmspc[TDX_FMSPC_LEN];
};

/* The value of the extension: borrowed for the call. Each field that struct tdx_pck has must be
 * there once. */
struct failure tdx_pck_extension_parse(struct span value, struct tdx_pck *out) MUST_CHECK;

/*
 * The certificates out of a quote, in any order: PEM, which may end in a NUL, or certificates in
 * DER one after the other. The owner frees *out, after a failure too.
 */
struct failure tdx_pck_chain_read(struct span chain, struct certs *out) MUST_CHECK;

/* The one certificate among them that is a platform's; NULL when there is none, or a second. */
X509 *tdx_pck_leaf(const struct certs *chain);

/*
 * The platform's certificate is Intel's: it leads to a root of t over
 * one CA at now_s, and unless t waives it nobody on the path is revoked.
 */
struct failure tdx_pck_verify(const struct tdx_trust *t, const struct certs *chain, int64_t now_s,
	struct tdx_pck *out) MUST_CHECK;

/* The signer of the collateral of t leads to a root of t at now_s and is not revoked. */
struct failure tdx_signer_verify(const struct tdx_trust *t, int64_t now_s) MUST_CHECK;

#endif
