/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose TDX quotes are believed: Intel's root by file, its collateral by file (TCB infos, the
 * identity of the quoting enclave, the chain that signs both, revocation lists), and the platforms.
 *
 * The owner zeroes it, fills in the first part (tools/policy does, from "evidence"."tdx"), loads it
 * once, and frees it. After loading it does not change.
 */
#ifndef TOOLS_EVIDENCE_TDX_TRUST_H
#define TOOLS_EVIDENCE_TDX_TRUST_H

#include "tools/evidence/tdx/collateral.h"
#include "tools/evidence/x509/certs.h"

#define TDX_FILES_MAX	  64u	/* of each kind */
#define TDX_PLATFORMS_MAX 4096u /* of each list */

struct tdx_files {
	char **names; /* relative ones are in the folder given when loading */
	size_t count;
};

struct tdx_platforms {
	uint8_t (*ppids)[TDX_PPID_LEN];
	size_t count;
};

struct tdx_trust {
	/* What the policy says. */
	struct tdx_files root_files, tcb_info_files, qe_identity_files, crl_files;
	struct tdx_files signing_chain_files; /* one: who signed the collateral, and the root */
	bool no_revocation;	    /* waived "crls": nobody is asked whether a key is revoked */
	bool any_evaluation;	    /* waived "min_evaluation" */
	uint32_t min_evaluation;    /* collateral of a lower tcbEvaluationDataNumber is refused */
	struct tdx_platforms allow; /* empty: any that is not in deny */
	struct tdx_platforms deny;

	/* What the files hold. */
	struct certs roots, signing_chain;
	X509 *signer; /* of the collateral: in signing_chain */
	struct crls crls;
	struct tdx_tcb_info *tcb_infos; /* one a kind of platform (FMSPC and PCEID) */
	size_t tcb_info_count;
	struct tdx_qe_identity *qe_identity;
};

/*
 * Reads the files and checks the signatures of the collateral under the key of the certificate
 * "Intel SGX TCB Signing" in the signing chain; whether that chain is good, and the dates, are
 * asked at each quote. Collateral is taken as Intel's service answers it ({"tcbInfo": {...},
 * "signature": "hex"}), or as the inner object alone with the signature's 64 bytes in the file of
 * the same name that ends in ".sig" instead of ".json". A failure names the file.
 */
struct failure tdx_trust_load(struct tdx_trust *t, const char *folder) MUST_CHECK;
void tdx_trust_free(struct tdx_trust *t);

/* The TCB info of this kind of platform; NULL when there is none. */
const struct tdx_tcb_info *tdx_trust_tcb_info(
	const struct tdx_trust *t, const uint8_t fmspc[TDX_FMSPC_LEN], const uint8_t pceid[2]);

#endif
