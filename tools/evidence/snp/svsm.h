/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TPM that lives in the guest itself, at VMPL 0: the SVSM's (AMD 58019, "Attestation Protocol").
 *
 * Its report carries SHA-512(nonce || manifest), and the manifest is the TPM's endorsement key:
 * alone, or in a table of all services. So the report binds the key to this launch, and activating
 * a credential with that key binds the attestation key of the quote.
 */
#ifndef TOOLS_EVIDENCE_SNP_SVSM_H
#define TOOLS_EVIDENCE_SNP_SVSM_H

#include "tools/evidence/snp/authenticate.h"

#define SVSM_MANIFEST_MAX 4096u

/*
 * The vTPM's TPMT_PUBLIC in a manifest of the vTPM alone or of all services; borrowed from the
 * manifest. Whether the area is a good endorsement key is for who uses it.
 */
struct failure svsm_manifest_parse(struct span manifest, struct span *out_ek) MUST_CHECK;

/*
 * As snp_authenticate(), for a report at VMPL 0 that commits to nonce (64 bytes, not all zero) and
 * manifest. *out_ek must equal the claims' EK: the caller compares, and the judged set says VMPL 0.
 */
struct failure svsm_authenticate(const struct snp_trust *t, struct span report, struct span table,
	struct span manifest, const uint8_t nonce[static SNP_REPORT_DATA_LEN], int64_t now_s,
	struct snp_report *out, struct span *out_ek) MUST_CHECK;

#endif
