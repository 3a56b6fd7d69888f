/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of Azure's paravisor (HCL): a hardware report whose report data commit to a JSON text
 * of claims: the TPM's attestation key, the VM's configuration, and 64 bytes of the guest's choice.
 *
 * Of itself it is no evidence. Who admits a node has the hardware judged, too: the SEV-SNP report
 * in it by tools/evidence/snp, with `report_data` as what it must carry; a TDREPORT proves nothing
 * (only its own platform could check it), so a TD quote with the same `report_data` comes along and
 * is judged by tools/evidence/tdx.
 */
#ifndef TOOLS_EVIDENCE_AZURE_HCL_H
#define TOOLS_EVIDENCE_AZURE_HCL_H

#include "tools/evidence/azure/hcl_report.h"
#include "tools/evidence/fault.h"
#include "tools/lib/failure.h"

/*
 * Reads the report, to its last byte but for zeros after it. The claims' digest is made of their
 * bytes as received. A TDREPORT whose report data are others is refused. *out borrows from bytes.
 */
struct failure hcl_parse(struct span bytes, struct hcl_report *out) MUST_CHECK;

/*
 * The claims' AK is this key, an RSA public key as the quote's verifier read it, and their user
 * data are exactly these 64 bytes (rd and 32 zeros): the report is of now, not of the boot.
 */
struct failure hcl_authenticate(const struct hcl_report *r, struct span ak_modulus,
	uint32_t ak_exponent, const uint8_t user_data[static HCL_DATA_LEN]) MUST_CHECK;

#define HCL_VM_IDS_MAX 1024u

/* What a set demands; every member is given or waived. Zeroed memory lets nobody in. */
struct hcl_expected {
	uint32_t given, waived;	       /* HCL_MEMBER_BIT() */
	bool flags[HCL_MEMBERS];       /* what the claims must say */
	char (*vm_ids)[HCL_VM_ID_MAX]; /* any of them, upper-case; owned */
	size_t vm_id_count;
};

/* The member's name in a policy. */
const char *hcl_member_name(enum hcl_member m);
struct failure hcl_expected_complete(const struct hcl_expected *e) MUST_CHECK;
void hcl_expected_free(struct hcl_expected *e);

/* After a failure *out_fault is FAULT_PLATFORM. */
struct failure hcl_judge(const struct hcl_expected *e, const struct hcl_report *r,
	enum evidence_fault *out_fault) MUST_CHECK;

#endif
