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

#include "early/contract/wire.h"
#include "tools/evidence/fault.h"
#include "tools/lib/failure.h"

#define HCL_DATA_LEN	64u  /* report data, and user data */
#define HCL_MODULUS_LEN 256u /* of the AK, RSA 2048 */
#define HCL_VM_ID_MAX	37u  /* a UUID's text and its NUL */

enum hcl_hardware { HCL_SNP = 2, HCL_TDX = 4 };

/* What a VM can be asked for: members of the claims' "vm-configuration". */
enum hcl_member {
	HCL_SECURE_BOOT,   /* "secure-boot", in policies "secure_boot" */
	HCL_TPM_ENABLED,   /* "tpm-enabled" */
	HCL_CONSOLE,	   /* "console-enabled" */
	HCL_TPM_PERSISTED, /* "tpm-persisted" */
	HCL_VM_ID,	   /* "vmUniqueId", in policies "vm_id": a list */
	HCL_MEMBERS
};
#define HCL_MEMBER_BIT(m) (1u << (m))

struct hcl_report {
	enum hcl_hardware kind;
	struct span hardware;		   /* the SNP report or the TDREPORT, borrowed */
	uint8_t report_data[HCL_DATA_LEN]; /* what the hardware report must carry */
	uint8_t ak_modulus[HCL_MODULUS_LEN];
	uint32_t ak_exponent;
	bool has_user_data;
	uint8_t user_data[HCL_DATA_LEN];
	uint32_t said; /* HCL_MEMBER_BIT(): what the claims say; old ones say less */
	bool flags[HCL_MEMBERS];
	char vm_id[HCL_VM_ID_MAX];
};

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
