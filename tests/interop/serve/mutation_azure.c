/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Azure's paravisor, on both kinds of processors. Machine B's key becomes the paravisor's. */
#include <stdio.h>

#include "tests/interop/serve/mutation_snp.h"
#include "tests/interop/serve/mutation_tdx.h"

static const struct tee_node on_snp = {
	.tpm = &at.b, .kinds = TEE(EVIDENCE_HCL), .change_snp = snp_fits};
static const struct tee_node on_tdx = {
	.tpm = &at.b, .kinds = TEE(EVIDENCE_HCL), .on_tdx = true, .change_tdx = tdx_fits};

static uint16_t boot_snp(void)
{
	struct outcome o;

	return tee_boot(&on_snp, disk_1, &o);
}

static uint16_t boot_tdx(void)
{
	struct outcome o;

	return tee_boot(&on_tdx, disk_1, &o);
}

#define FLAG(name, is, other)                                                                   \
	{                                                                                       \
		"azure." name, "\"" name "\":" is, "\"" name "\":" other, E_DENY_PLATFORM, NULL \
	}
static const struct mutation changes[] = {
	FLAG("secure_boot", "true", "false"),
	FLAG("tpm_enabled", "true", "false"),
	FLAG("console_enabled", "false", "true"),
	FLAG("tpm_persisted", "true", "false"),
	{"azure.vm_id", "6332533D", "6332533E", E_DENY_PLATFORM, NULL},
	{"azure.waive", "\"secure_boot\":true", "\"secure_boot\":true,\"waive\":[\"vm_id\"]",
		NOT_READ, NULL},
	{"sets.set.azure", "\"azure\":{\"secure_boot\":true", "\"azure\":{\"secure_boot\":false",
		E_DENY_PLATFORM, NULL},
	/* The report comes without a table of certificates. */
	{"snp_trust.certificates", "\"certificates\":[\"ask.pem\",\"vcek.pem\"]",
		"\"certificates\":[\"ask.pem\",\"ark.pem\"]", E_DENY_HARDWARE, NULL},
};

#define POLICY                                                                    \
	"{\"identity\":{\"tee\":true},\"evidence\":{%s,\"tdx\":" TDX_PKI_EVIDENCE \
	"},\"sets\":[{\"name\":\"one\",%s,\"recognise\":\"ak\",\"azure\":{"       \
	"\"secure_boot\":true,\"tpm_enabled\":true,\"console_enabled\":false,"    \
	"\"tpm_persisted\":true,\"vm_id\":[\"" TEE_VM_ID "\"]},%s}]}"

void mutate_azure(void)
{
	static char policy[16384];
	struct mutated m = {"Azure", policy, boot_snp, NULL, LIST_OF(changes)};

	machine_rsa_ak(&at.b);
	snprintf(policy, sizeof(policy), POLICY, SNP_EVIDENCE(ANY_CHIP), at.set,
		"\"snp\":" SNP_EACH);
	mutate(&m);
	m.name = "Azure on SEV-SNP";
	m.rows = snp_changes;
	m.count = snp_change_count;
	mutate(&m);
	snprintf(policy, sizeof(policy), POLICY, SNP_EVIDENCE(ANY_CHIP), at.set,
		"\"tdx\":" TDX_EACH);
	m = (struct mutated){"Azure on TDX", policy, boot_tdx, NULL, tdx_changes, tdx_change_count};
	mutate(&m);
}
