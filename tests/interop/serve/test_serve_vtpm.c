/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole joins by a TPM that the processor answers for: an SVSM's, and that of Azure's paravisor
 * over SEV-SNP and over TDX.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/unit/test.h"

static uint16_t boot(const struct tee_node *n, const uint8_t *disk)
{
	struct outcome o;

	return tee_boot(n, disk, &o);
}

static void flip_measurement(uint8_t report[SNP_REPORT_LEN])
{
	report[0x090] ^= 1;
}

static void set_vmpl(uint8_t report[SNP_REPORT_LEN])
{
	report[0x030] = 2;
}

static void flip_mrtd(struct tdx_quote_spec *q)
{
	q->body.mrtd[0] ^= 1;
}

static const struct tee_node svsm = {.tpm = &at.a, .kinds = TEE(EVIDENCE_SVSM)};
static const struct tee_node hcl = {.tpm = &at.b, .kinds = TEE(EVIDENCE_HCL)};
static const struct tee_node hcl_tdx = {.tpm = &at.b, .kinds = TEE(EVIDENCE_HCL), .on_tdx = true};

#define WITH(node, ...)      \
	(&(struct tee_node){ \
		.kinds = (node).kinds, .tpm = (node).tpm, .on_tdx = (node).on_tdx, __VA_ARGS__})

static void test_svsm(void)
{
	struct outcome o;

	tee_serve_tpm_and("\"svsm\":" SNP_GOOD, "");
	CHECK(tee_boot(&svsm, disk_1, &o) == 0 && o.challenged);
	CHECK(boot(WITH(svsm, .made = OF_BEFORE), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(svsm, .made = OF_BOOT), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(svsm, .quote_of_before = true), disk_1) == E_DENY_QUOTE);
	/* The report is of another TPM. */
	CHECK(boot(WITH(svsm, .paravisor_of = &at.b), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(svsm, .change_snp = set_vmpl), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(svsm, .change_snp = flip_measurement), disk_1) == E_DENY_MEASUREMENTS);
	/* A plain report, or the TPM by itself, is not what the set demands. */
	CHECK(boot(&(struct tee_node){.tpm = &at.a, .kinds = TEE(EVIDENCE_SNP)}, disk_1) ==
		E_DENY_KIND);
	CHECK(boot(&(struct tee_node){.tpm = &at.a}, disk_1) == E_DENY_KIND);
	CHECK(tee_boot(&svsm, disk_1, &o) == 0 && o.grant.action == ACTION_OPEN);
}

#define AZURE                                                   \
	"\"azure\":{\"secure_boot\":true,\"tpm_enabled\":true," \
	"\"waive\":[\"console_enabled\",\"tpm_persisted\",\"vm_id\"]},\"recognise\":\"ak\","

/* B's key is RSA and has no EK beside it, as the paravisor's. */
static void test_paravisor_on_snp(void)
{
	struct tee_node stranger = hcl;
	struct outcome o;

	tee_serve_tpm_and(AZURE "\"snp\":" SNP_GOOD, "");
	CHECK(tee_boot(&hcl, disk_1, &o) == 0 && !o.challenged);
	CHECK(o.grant.action == ACTION_FORMAT);
	CHECK(tee_boot(&hcl, disk_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(boot(WITH(hcl, .made = OF_BEFORE), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(hcl, .made = OF_BOOT), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(hcl, .quote_of_before = true), disk_1) == E_DENY_QUOTE);
	CHECK(boot(WITH(hcl, .change_snp = flip_measurement), disk_1) == E_DENY_MEASUREMENTS);
	CHECK(boot(WITH(hcl, .change_snp = set_vmpl), disk_1) == E_DENY_PLATFORM);
	CHECK(boot(WITH(hcl, .secure_boot = "false"), disk_1) == E_DENY_PLATFORM);
	CHECK(boot(&hcl_tdx, disk_1) == E_DENY_PLATFORM);
	CHECK(boot(&(struct tee_node){.tpm = &at.b}, disk_1) == E_DENY_KIND);
	/* Another TPM's quote beside this one's report: of an RSA key, and of PID 1's own kind. */
	stranger.tpm = &at.a;
	stranger.paravisor_of = &at.b;
	CHECK(boot(&stranger, disk_1) == E_DENY_HARDWARE);
	machine_rsa_ak(&at.a);
	CHECK(boot(&stranger, disk_1) == E_DENY_HARDWARE);
	/* A VM of its own, with a good report: not the one whose disk this is. */
	stranger.paravisor_of = NULL;
	CHECK(boot(&stranger, disk_1) == E_DENY_NODE_DISK);
	CHECK(boot(&stranger, disk_2) == 0);
}

static void test_paravisor_on_tdx(void)
{
	struct outcome o;

	tee_serve_tpm_and(AZURE "\"tdx\":" TDX_GOOD, "");
	CHECK(tee_boot(&hcl_tdx, disk_1, &o) == 0 && !o.challenged);
	CHECK(tee_boot(&hcl_tdx, disk_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(boot(WITH(hcl_tdx, .made = OF_BEFORE), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(hcl_tdx, .change_tdx = flip_mrtd), disk_1) == E_DENY_MEASUREMENTS);
	CHECK(boot(&hcl, disk_1) == E_DENY_PLATFORM);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	tee_open();
	RUN(test_svsm);
	machine_rsa_ak(&at.b);
	RUN(test_paravisor_on_snp);
	RUN(test_paravisor_on_tdx);
	tee_close();
	setting_close();
	return test_summary();
}
