/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole joins by evidence of processors, alone and beside a TPM's, each with its twin that is wrong
 * in one thing: the code says in which.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "early/contract/errors.h"
#include "tests/interop/serve/identity_setting.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/unit/test.h"

static uint16_t boot(const struct tee_node *n, const uint8_t *disk)
{
	struct outcome o;

	return tee_boot(n, disk, &o);
}

/* Wrong hardware. */
static void flip_measurement(uint8_t report[SNP_REPORT_LEN])
{
	report[0x090] ^= 1;
}

static void set_debug(uint8_t report[SNP_REPORT_LEN])
{
	report[0x00a] |= 1 << 3; /* POLICY bit 19 */
}

static void set_vmpl(uint8_t report[SNP_REPORT_LEN])
{
	report[0x030] = 2;
}

static void set_host_data(uint8_t report[SNP_REPORT_LEN])
{
	memset(report + 0x0c0, 0x77, 32);
}

static void flip_mrtd(struct tdx_quote_spec *q)
{
	q->body.mrtd[0] ^= 1;
}

static void flip_rtmr2(struct tdx_quote_spec *q)
{
	q->body.rtmr[2][47] ^= 1;
}

/* What early does before it hands over. */
static void extend_rtmr3(struct tdx_quote_spec *q)
{
	q->body.rtmr[3][0] = 0x99;
}

static void set_td_debug(struct tdx_quote_spec *q)
{
	q->body.td_attributes |= TDX_DEBUG;
}

static void set_config_id(struct tdx_quote_spec *q)
{
	memset(q->body.mrconfigid, 0x42, TDX_DIGEST_LEN);
}

static const struct tee_node snp = {.kinds = TEE(EVIDENCE_SNP)};
static const struct tee_node tdx = {.kinds = TEE(EVIDENCE_TDX)};

#define WITH(node, ...) (&(struct tee_node){.kinds = (node).kinds, .tpm = (node).tpm, __VA_ARGS__})

static void test_snp_alone(void)
{
	struct outcome o;

	tee_serve(SNP_ALONE);
	CHECK(tee_boot(&snp, disk_1, &o) == 0 && o.grant.action == ACTION_FORMAT);
	CHECK(!o.challenged);
	/* It comes again, known by its chip. */
	CHECK(tee_boot(&snp, disk_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(boot(WITH(snp, .made = OF_BEFORE), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(snp, .made = OF_BOOT), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(snp, .change_snp = flip_measurement), disk_1) == E_DENY_MEASUREMENTS);
	CHECK(boot(WITH(snp, .change_snp = set_debug), disk_1) == E_DENY_PLATFORM);
	CHECK(boot(WITH(snp, .change_snp = set_vmpl), disk_1) == E_DENY_PLATFORM);
	CHECK(boot(&tdx, disk_1) == E_DENY_KIND);
	CHECK(boot(&(struct tee_node){.tpm = &at.a}, disk_1) == E_DENY_KIND);
	CHECK(boot(&snp, disk_1) == 0);
}

static void test_unknown_roots(void)
{
	struct snp_pki amd;
	struct tdx_pki intel;

	snp_pki_make(&amd, &tee_amd.spec);
	tdx_pki_make(&intel, &tee_intel.spec);
	tee_serve(SNP_ALONE "," TDX_ALONE);
	CHECK(boot(WITH(snp, .amd = &amd), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(tdx, .intel = &intel), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(&snp, disk_1) == 0 && boot(&tdx, disk_2) == 0);
	snp_pki_free(&amd);
	tdx_pki_free(&intel);
}

/* Another machine of the same maker: the third chain has the first one's RSA keys. */
static void test_chips(void)
{
	struct snp_pki_spec spec = tee_amd.spec;
	struct snp_pki other;

	spec.chip_id[0] ^= 1;
	snp_pki_make(&other, &spec);
	REQUIRE(EVP_PKEY_eq(other.ark_key, tee_amd.ark_key) == 1);
	tee_serve_chips(SNP_EVIDENCE("\"waive\":[\"crls\"],\"chips\":{\"deny\":[\"" OF_4(
				"0123456789abcdef0123456789abcdef") "\"]}"),
		SNP_ALONE);
	CHECK(boot(&snp, disk_1) == 0);
	/* Another chip with its disk, and its chip with another disk. */
	CHECK(boot(WITH(snp, .amd = &other), disk_1) == E_DENY_NODE_DISK);
	CHECK(boot(&snp, disk_2) == E_DENY_NODE_DISK);
	CHECK(boot(WITH(snp, .amd = &other), disk_2) == 0);
	snp_pki_free(&other);
}

static void test_denied_chip(void)
{
	char chips[512] = "\"waive\":[\"crls\"],\"chips\":{\"deny\":[\"", evidence[1024];
	size_t len = strlen(chips);

	for (size_t i = 0; i < SNP_CHIP_ID_LEN; i++)
		len += (size_t)snprintf(
			chips + len, sizeof(chips) - len, "%02x", tee_amd.spec.chip_id[i]);
	snprintf(chips + len, sizeof(chips) - len, "\"]}");
	snprintf(evidence, sizeof(evidence), SNP_EVIDENCE("%s"), chips);
	tee_serve_chips(evidence, SNP_ALONE);
	CHECK(boot(&snp, disk_1) == E_DENY_PLATFORM);
}

/* A minimum above what the platform has; and a set of another level. */
static void test_snp_members(void)
{
	tee_serve("{\"name\":\"snp\",\"recognise\":\"chip\"," NO_SEAL
		  ",\"snp\":" SNP_WANTS(HEX_48("11"), "255", "1") "}");
	CHECK(boot(&snp, disk_1) == E_DENY_PLATFORM);
	tee_serve("{\"name\":\"snp\",\"recognise\":\"chip\"," NO_SEAL
		  ",\"snp\":" SNP_WANTS(HEX_48("12"), "255", "0") "}");
	CHECK(boot(&snp, disk_1) == E_DENY_MEASUREMENTS);
}

static void test_tdx_alone(void)
{
	struct outcome o;

	tee_serve(TDX_ALONE);
	CHECK(tee_boot(&tdx, disk_1, &o) == 0 && o.grant.action == ACTION_FORMAT);
	CHECK(tee_boot(&tdx, disk_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(boot(WITH(tdx, .made = OF_BEFORE), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(tdx, .made = OF_BOOT), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(tdx, .change_tdx = flip_mrtd), disk_1) == E_DENY_MEASUREMENTS);
	CHECK(boot(WITH(tdx, .change_tdx = flip_rtmr2), disk_1) == E_DENY_MEASUREMENTS);
	/* The seal: what runs after the hand-over cannot join as PID 1 did. */
	CHECK(boot(WITH(tdx, .change_tdx = extend_rtmr3), disk_1) == E_DENY_MEASUREMENTS);
	CHECK(boot(WITH(tdx, .change_tdx = set_td_debug), disk_1) == E_DENY_PLATFORM);
	CHECK(boot(&tdx, disk_2) == E_DENY_NODE_DISK);
	CHECK(boot(&snp, disk_1) == E_DENY_KIND);
}

static void test_tdx_out_of_date(void)
{
	struct tdx_collateral_spec c = tdx_collateral_spec((int64_t)time(NULL));
	char level[TDX_LEVEL_TEXT_MAX], levels[TDX_LEVEL_TEXT_MAX + 2];

	tdx_pki_level(&tee_intel, 0, 3, "OutOfDate", "[]", level);
	snprintf(levels, sizeof(levels), "%s", level);
	c.tcb_levels = levels;
	tdx_pki_write_all(&tee_intel, &c, at.folder);
	tee_serve(TDX_ALONE);
	CHECK(boot(&tdx, disk_1) == E_DENY_PLATFORM);
	c.tcb_levels = NULL;
	tdx_pki_write_all(&tee_intel, &c, at.folder);
	tee_serve(TDX_ALONE);
	CHECK(boot(&tdx, disk_1) == 0);
}

/* Each way to know a node again, and the same node without what it goes by. */
static void test_recognised(void)
{
	struct outcome o;

	tee_serve("{\"name\":\"snp\",\"recognise\":\"host_data\"," NO_SEAL ",\"snp\":" SNP_GOOD "},"
		  "{\"name\":\"tdx\",\"recognise\":\"config_id\",\"tdx\":" TDX_GOOD "}");
	CHECK(boot(&snp, disk_1) == E_DENY_IDENTITY);
	CHECK(boot(&tdx, disk_2) == E_DENY_IDENTITY);
	for (unsigned time = 0; time < 2; time++) {
		CHECK(tee_boot(WITH(snp, .change_snp = set_host_data), disk_1, &o) == 0);
		CHECK(o.grant.action == (time ? ACTION_OPEN : ACTION_FORMAT));
		CHECK(tee_boot(WITH(tdx, .change_tdx = set_config_id), disk_2, &o) == 0);
		CHECK(o.grant.action == (time ? ACTION_OPEN : ACTION_FORMAT));
	}
	CHECK(boot(WITH(tdx, .change_tdx = set_config_id), disk_1) == E_DENY_NODE_DISK);
	tee_serve("{\"name\":\"tdx\",\"recognise\":\"set\",\"tdx\":" TDX_GOOD "}");
	CHECK(tee_boot(&tdx, disk_1, &o) == 0 && tee_boot(&tdx, disk_2, &o) == 0);
	CHECK(tee_boot(&tdx, disk_1, &o) == 0 && o.grant.action == ACTION_OPEN);
}

/* A machine that keeps nothing opens its disk again as often as an operator said that it may. */
static void test_ticket(void)
{
	struct outcome o;

	tee_serve("{\"name\":\"tdx\",\"recognise\":\"ticket\",\"tdx\":" TDX_GOOD "}");
	CHECK(boot(&tdx, disk_1) == E_DENY_IDENTITY);
	CHECK(NODE("ticket", "--disk", DISK_1, "--uses", "2") == 0);
	CHECK(boot(&tdx, disk_2) == E_DENY_IDENTITY);
	CHECK(tee_boot(&tdx, disk_1, &o) == 0 && o.grant.action == ACTION_FORMAT);
	CHECK(NODE("show", DISK_1) == 0 && printed("identity     ticket") == 1);
	/* Nothing of the machine is what it is known by. */
	CHECK(tee_boot(WITH(tdx, .change_tdx = set_config_id), disk_1, &o) == 0);
	CHECK(o.grant.action == ACTION_OPEN && !o.challenged);
	CHECK(boot(&tdx, disk_1) == E_DENY_IDENTITY);
	/* A ticket is no measurement. */
	CHECK(NODE("ticket", "--disk", DISK_1) == 0);
	CHECK(boot(WITH(tdx, .change_tdx = flip_mrtd), disk_1) == E_DENY_MEASUREMENTS);
	CHECK(tee_boot(&tdx, disk_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(o.grant.generation == 2);
}

static void test_beside_a_tpm(void)
{
	struct tee_node node = {.tpm = &at.a, .kinds = TEE(EVIDENCE_SNP) | TEE(EVIDENCE_TDX)};
	struct outcome o;

	tee_serve_tpm_and(NO_SEAL ",\"snp\":" SNP_GOOD, "");
	CHECK(tee_boot(&node, disk_1, &o) == 0 && o.challenged);
	CHECK(boot(WITH(node, .made = OF_BEFORE), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(WITH(node, .quote_of_before = true), disk_1) == E_DENY_QUOTE);
	CHECK(boot(WITH(node, .change_snp = flip_measurement), disk_1) == E_DENY_MEASUREMENTS);
	CHECK(boot(&snp, disk_1) == E_DENY_KIND);
	CHECK(boot(&(struct tee_node){.tpm = &at.a}, disk_1) == E_DENY_KIND);
	/* What the set does not name does not matter to it. */
	CHECK(boot(WITH(node, .change_tdx = flip_mrtd), disk_1) == 0);
	tee_serve_tpm_and("\"tdx\":" TDX_GOOD, "");
	CHECK(tee_boot(&node, disk_1, &o) == 0 && o.challenged);
	CHECK(boot(WITH(node, .change_tdx = extend_rtmr3), disk_1) == E_DENY_MEASUREMENTS);
	CHECK(boot(WITH(node, .change_tdx = flip_mrtd), disk_1) == E_DENY_MEASUREMENTS);
}

/* A host's TPM that is broken beside a good TD: a set that takes the TD alone still serves. */
static void test_one_source_fails(void)
{
	struct tee_node node = {.tpm = &at.a, .kinds = TEE(EVIDENCE_TDX)};
	struct outcome o;

	tee_serve_tpm_and("\"tdx\":" TDX_GOOD, "," TDX_ALONE);
	CHECK(tee_boot(WITH(node, .quote_of_before = true), disk_1, &o) == 0 && !o.challenged);
	CHECK(boot(WITH(node, .quote_of_before = true, .made = OF_BOOT), disk_1) != 0);
	tee_serve_tpm_and("\"tdx\":" TDX_GOOD, "");
	CHECK(boot(WITH(node, .quote_of_before = true), disk_1) == E_DENY_QUOTE);
}

/* The other way round: a TD's quote that is not good beside a good TPM, which may come alone. */
static void test_other_source_fails(void)
{
	struct tee_node node = {.tpm = &at.a, .kinds = TEE(EVIDENCE_TDX)};
	char tpm_alone[sizeof(at.set) + 64];
	struct outcome o;

	snprintf(tpm_alone, sizeof(tpm_alone), ",{\"name\":\"tpm\",\"role\":\"less\",%s}", at.set);
	tee_serve_first_use("\"tdx\":" TDX_GOOD, tpm_alone);
	CHECK(tee_boot(WITH(node, .made = OF_BOOT), disk_1, &o) == 0 && o.challenged);
	CHECK(strcmp(o.role, "less") == 0);
	CHECK(tee_boot(&node, disk_1, &o) == 0 && strcmp(o.role, "") == 0);
	CHECK(tee_boot(WITH(node, .change_tdx = flip_mrtd), disk_1, &o) == 0);
	CHECK(strcmp(o.role, "less") == 0);
	CHECK(boot(WITH(node, .quote_of_before = true), disk_1) == E_DENY_QUOTE);
	CHECK(boot(&tdx, disk_1) == E_DENY_KIND);
	/* Where it may not, it does not. */
	tee_serve_first_use("\"tdx\":" TDX_GOOD, "");
	CHECK(boot(WITH(node, .made = OF_BOOT), disk_1) == E_DENY_HARDWARE);
	CHECK(boot(&node, disk_1) == 0);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	tee_open();
	RUN(test_snp_alone);
	RUN(test_unknown_roots);
	RUN(test_chips);
	RUN(test_denied_chip);
	RUN(test_snp_members);
	RUN(test_tdx_alone);
	RUN(test_tdx_out_of_date);
	RUN(test_recognised);
	RUN(test_ticket);
	RUN(test_beside_a_tpm);
	RUN(test_one_source_fails);
	RUN(test_other_source_fails);
	tee_close();
	setting_close();
	return test_summary();
}
