/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report of Azure's paravisor says. */
#ifndef TOOLS_EVIDENCE_AZURE_HCL_REPORT_H
#define TOOLS_EVIDENCE_AZURE_HCL_REPORT_H

#include "early/contract/wire.h"

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

#endif
