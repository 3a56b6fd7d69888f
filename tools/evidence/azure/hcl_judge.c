/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tools/evidence/azure/hcl.h"

static const char *const names[HCL_MEMBERS] = {
	[HCL_SECURE_BOOT] = "secure_boot",
	[HCL_TPM_ENABLED] = "tpm_enabled",
	[HCL_CONSOLE] = "console_enabled",
	[HCL_TPM_PERSISTED] = "tpm_persisted",
	[HCL_VM_ID] = "vm_id",
};

const char *hcl_member_name(enum hcl_member m)
{
	return m < HCL_MEMBERS ? names[m] : "unknown";
}

struct failure hcl_expected_complete(const struct hcl_expected *e)
{
	for (enum hcl_member m = 0; m < HCL_MEMBERS; m++) {
		bool given = e->given & HCL_MEMBER_BIT(m), waived = e->waived & HCL_MEMBER_BIT(m);

		if (given && waived)
			return refuse("\"%s\" is there, and waived", names[m]);
		if (!given && !waived)
			return refuse(
				"\"%s\" is missing: give it, or name it in \"waive\"", names[m]);
		if (given && m == HCL_VM_ID && !e->vm_id_count)
			return refuse("\"%s\" has no value", names[m]);
	}
	return failure_none();
}

void hcl_expected_free(struct hcl_expected *e)
{
	free(e->vm_ids);
	*e = (struct hcl_expected){.given = 0};
}

static bool knows_vm(const struct hcl_expected *e, const char *id)
{
	for (size_t i = 0; i < e->vm_id_count; i++)
		if (strcasecmp(e->vm_ids[i], id) == 0)
			return true;
	return false;
}

static struct failure judge_member(
	const struct hcl_expected *e, const struct hcl_report *r, enum hcl_member m)
{
	if (!(e->given & HCL_MEMBER_BIT(m)))
		return failure_none();
	if (!(r->said & HCL_MEMBER_BIT(m)))
		return refuse("the paravisor's claims do not say \"%s\"", names[m]);
	if (m == HCL_VM_ID ? !knows_vm(e, r->vm_id) : r->flags[m] != e->flags[m])
		return refuse("the VM's \"%s\" is not what the set wants", names[m]);
	return failure_none();
}

struct failure hcl_judge(
	const struct hcl_expected *e, const struct hcl_report *r, enum evidence_fault *out_fault)
{
	*out_fault = FAULT_PLATFORM;
	TRY_FAILURE(hcl_expected_complete(e));
	for (enum hcl_member m = 0; m < HCL_MEMBERS; m++)
		TRY_FAILURE(judge_member(e, r, m));
	*out_fault = FAULT_NONE;
	return failure_none();
}
