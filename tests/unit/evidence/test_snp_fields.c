/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SEV-SNP reports with one field wrong each, all of them signed by a key that is trusted. */
#include <stdlib.h>

#include "tests/unit/done.h"
#include "tests/unit/evidence/snp_rig.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/evidence/snp/authenticate.h"

#define NOW_S 1790000000 /* in September 2026 */

static struct snp_pki chain;
static struct snp_trust *trust;
static uint8_t wanted[SNP_REPORT_DATA_LEN];

static bool authentic(const uint8_t report[SNP_REPORT_LEN])
{
	struct snp_report r;

	return done(snp_authenticate(trust, (struct span){report, SNP_REPORT_LEN},
		(struct span){NULL, 0}, wanted, NOW_S, &r));
}

static void put(uint8_t *report, size_t offset, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		report[offset + i] = (uint8_t)(value >> 8 * i);
}

static const struct {
	const char *name;
	size_t offset, width;
	uint64_t value;
	const char *reason;
} cases[] = {
	{"version 0", 0x000, 4, 0, "version 0"},
	{"version 1", 0x000, 4, 1, "version 1"},
	{"version 6", 0x000, 4, 6, "version 6"},
	{"version 2 with CPUID", 0x000, 4, 2, "0x188"},
	{"version 4 with mitigations", 0x000, 4, 4, "0x1f8"},
	{"POLICY without bit 17", 0x008, 8, 0x10000, "POLICY"},
	{"POLICY bit 26", 0x008, 8, 0x4030000, "POLICY"},
	{"POLICY bit 63", 0x008, 8, 1ull << 63 | 0x30000, "POLICY"},
	{"host_report", 0x030, 4, 0xffffffff, "host asked"},
	{"VMPL 4", 0x030, 4, 4, "VMPL 4"},
	{"SIGNATURE_ALGO 0", 0x034, 4, 0, "SIGNATURE_ALGO"},
	{"SIGNATURE_ALGO 2", 0x034, 4, 2, "SIGNATURE_ALGO"},
	{"KEY_INFO bit 5", 0x048, 4, 1 << 5, "KEY_INFO"},
	{"KEY_INFO bit 31", 0x048, 4, 1u << 31, "KEY_INFO"},
	{"SIGNING_KEY 2", 0x048, 4, 2 << 2, "KEY_INFO"},
	{"SIGNING_KEY 7, none", 0x048, 4, 7 << 2, "KEY_INFO"},
	{"SIGNING_KEY 1 with a VCEK", 0x048, 4, 1 << 2, "no certificate"},
	{"reserved 04c", 0x04c, 1, 1, "0x4c"},
	{"reserved 04f", 0x04f, 1, 0x80, "0x4c"},
	{"first byte of REPORT_DATA", 0x050, 1, 0, "this connection"},
	{"last byte of REPORT_DATA", 0x08f, 1, 0, "this connection"},
	{"AUTHOR_KEY_DIGEST without its bit", 0x110, 1, 1, "author key"},
	{"family", 0x188, 1, 0x17, "no certificate"},
	{"model of Genoa", 0x189, 1, 0x11, "no certificate"},
	{"model of nothing", 0x189, 1, 0x50, "no certificate"},
	{"reserved 18b", 0x18b, 1, 1, "0x18b"},
	{"reserved 19f", 0x19f, 1, 1, "0x18b"},
	{"CHIP_ID, first byte", 0x1a0, 1, 0, "no certificate"},
	{"CHIP_ID, last byte", 0x1df, 1, 0, "no certificate"},
	{"reserved 1eb", 0x1eb, 1, 1, "0x1eb"},
	{"reserved 1ef", 0x1ef, 1, 1, "0x1ef"},
	{"COMMITTED newer than CURRENT", 0x1ec, 1, 30, "committed firmware"},
	{"reserved 208", 0x208, 1, 1, "0x208"},
	{"reserved 29f", 0x29f, 1, 1, "0x208"},
};

static void test_each_field_wrong(void)
{
	uint8_t report[SNP_REPORT_LEN];

	snp_pki_report(&chain, wanted, report);
	REQUIRE(authentic(report));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool refused;

		snp_pki_report(&chain, wanted, report);
		put(report, cases[i].offset, cases[i].width, cases[i].value);
		snp_pki_sign(&chain, report);
		refused = !authentic(report) && strstr(last_failure.text, cases[i].reason);
		if (!refused)
			fprintf(stderr, "%s: %s\n", cases[i].name, last_failure.text);
		CHECK(refused);
	}
}

/* Nothing that the signature covers is free, and nothing after it has a second form. */
static void test_report_bit_flipped(void)
{
	uint8_t report[SNP_REPORT_LEN];

	snp_pki_report(&chain, wanted, report);
	for (size_t i = 0; i < SNP_REPORT_LEN; i++) {
		report[i] ^= (uint8_t)(1u << i % 8);
		if (authentic(report))
			fprintf(stderr, "byte 0x%zx\n", i);
		CHECK(last_failure.happened);
		last_failure.happened = false;
		report[i] ^= (uint8_t)(1u << i % 8);
	}
	CHECK(authentic(report));
	report[0x090] ^= 1;
	CHECK(!authentic(report));
	CHECK(strstr(last_failure.text, "signature is wrong"));
}

/* Every component of the TCB that the certificate names, one below and one above. */
static void test_tcb_of_the_certificate(void)
{
	uint8_t report[SNP_REPORT_LEN];

	for (size_t i = 0; i < SNP_TCB_LEN; i++) {
		snp_pki_report(&chain, wanted, report);
		put(report, 0x038 + i, 1, 0xff); /* the current and the committed one are above */
		put(report, 0x1e0 + i, 1, 0xff);
		put(report, 0x180 + i, 1, chain.spec.tcb[i] + 1u);
		snp_pki_sign(&chain, report);
		CHECK(!authentic(report));
		CHECK(strstr(last_failure.text, "no certificate"));
		if (!chain.spec.tcb[i])
			continue;
		put(report, 0x180 + i, 1, chain.spec.tcb[i] - 1u);
		snp_pki_sign(&chain, report);
		CHECK(!authentic(report));
	}
}

static void test_order_of_tcbs(void)
{
	uint8_t report[SNP_REPORT_LEN];

	for (size_t i = 0; i < SNP_TCB_LEN; i++) {
		if (!chain.spec.tcb[i])
			continue;
		snp_pki_report(&chain, wanted, report);
		put(report, 0x1e0 + i, 1, chain.spec.tcb[i] - 1u);
		snp_pki_sign(&chain, report);
		CHECK(!authentic(report));
		CHECK(strstr(last_failure.text, "not in that order"));
		snp_pki_report(&chain, wanted, report);
		put(report, 0x038 + i, 1, chain.spec.tcb[i] - 1u);
		snp_pki_sign(&chain, report);
		CHECK(!authentic(report));
		CHECK(strstr(last_failure.text, "not in that order"));
	}
}

static void test_length(void)
{
	uint8_t report[SNP_REPORT_LEN + 1] = {0};
	const size_t lengths[] = {0, 1, SNP_REPORT_LEN - 1, SNP_REPORT_LEN + 1};
	struct snp_report r;

	snp_pki_report(&chain, wanted, report);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		CHECK(!done(snp_authenticate(trust, (struct span){report, lengths[i]},
			(struct span){NULL, 0}, wanted, NOW_S, &r)));
		CHECK(strstr(last_failure.text, "has 1184 bytes"));
	}
}

/* cocos, constellation: report data that are not compared, or compared as far as they go. */
static void test_empty_and_truncated_report_data(void)
{
	static const uint8_t none[SNP_REPORT_DATA_LEN];
	uint8_t report[SNP_REPORT_LEN], shorter[SNP_REPORT_DATA_LEN];
	struct snp_report r;

	snp_pki_report(&chain, none, report);
	CHECK(!done(snp_authenticate(trust, (struct span){report, sizeof(report)},
		(struct span){NULL, 0}, none, NOW_S, &r)));
	CHECK(strstr(last_failure.text, "nothing that the SEV-SNP report has to carry"));
	memcpy(shorter, wanted, sizeof(shorter));
	memset(shorter + 32, 0, 32);
	snp_pki_report(&chain, shorter, report);
	CHECK(!authentic(report));
	CHECK(strstr(last_failure.text, "this connection"));
	snp_pki_report(&chain, none, report);
	CHECK(!authentic(report));
}

/* A genuine report of an older firmware: no CPUID, no mitigations. */
static void test_version_2(void)
{
	uint8_t report[SNP_REPORT_LEN];

	snp_pki_report(&chain, wanted, report);
	put(report, 0x000, 4, 2);
	put(report, 0x188, 3, 0);
	put(report, 0x1f8, 8, 0);
	put(report, 0x200, 8, 0);
	snp_pki_sign(&chain, report);
	CHECK(authentic(report));
}

/* Reserved bits of PLATFORM_INFO are set by genuine firmware: a policy's question. */
static void test_unknown_bits_of_platform_info(void)
{
	uint8_t report[SNP_REPORT_LEN];

	snp_pki_report(&chain, wanted, report);
	put(report, 0x040, 8, UINT64_MAX);
	snp_pki_sign(&chain, report);
	CHECK(authentic(report));
}

int main(void)
{
	struct snp_pki_spec spec = snp_pki_spec(SNP_MILAN, SNP_KEY_VCEK, NOW_S);

	memset(wanted, 0xd5, sizeof(wanted));
	scratch_open();
	snp_pki_make(&chain, &spec);
	if (!done(rig_trust_chain(&chain, scratch, &trust)))
		return 2;
	RUN(test_each_field_wrong);
	RUN(test_report_bit_flipped);
	RUN(test_tcb_of_the_certificate);
	RUN(test_order_of_tcbs);
	RUN(test_length);
	RUN(test_empty_and_truncated_report_data);
	RUN(test_version_2);
	RUN(test_unknown_bits_of_platform_info);
	rig_trust_free(trust);
	snp_pki_free(&chain);
	scratch_close();
	return test_summary();
}
