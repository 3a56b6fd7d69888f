/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model: events, their digests in every bank, and what they lead to. */
#include "tests/unit/test.h"

#include <string.h>
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/model/boot.h"

#define ALL_BANKS                                                              \
	(BANK_BIT(BANK_SHA1) | BANK_BIT(BANK_SHA256) | BANK_BIT(BANK_SHA384) | \
		BANK_BIT(BANK_SHA512))

static bool digest_is(const struct boot_event *e, enum bank bank, const char *hex)
{
	char got[2 * BANK_DIGEST_MAX + 1];

	hex_encode(e->digest[bank], bank_len(bank), got);
	return strcmp(got, hex) == 0;
}

/* The separator's digests as every event log has them. */
static void test_hashes_every_bank(void)
{
	static const uint8_t zeros[4];
	struct boot boot;
	struct boot_event *e, *piecewise;
	struct boot_piece piece = {.data = zeros, .len = 1, .zeros = 3};

	boot_init(&boot);
	e = boot_add_shown(&boot, 4, TCG_SEPARATOR, RULE_SEPARATOR, "", "separator", zeros, 4);
	piecewise = boot_add(&boot, 5, TCG_SEPARATOR, RULE_SEPARATOR, "", "separator");
	CHECK(boot_piece(&boot, piecewise, &piece));
	REQUIRE(boot_hash(&boot, ALL_BANKS));
	CHECK(digest_is(e, BANK_SHA1, "9069ca78e7450a285173431b3e52c5c25299e473"));
	CHECK(digest_is(e, BANK_SHA256,
		"df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119"));
	CHECK(memcmp(e->digest, piecewise->digest, sizeof(e->digest)) == 0);
	CHECK(e->data_len == 4 && e->banks == ALL_BANKS);
	boot_free(&boot);
}

/* PCR 2 of most machines: one separator. */
static void test_replays(void)
{
	static const uint8_t zeros[4];
	struct boot_values values;
	struct boot_event *cc_only;
	struct boot boot;
	char hex[2 * BANK_DIGEST_MAX + 1];

	boot_init(&boot);
	boot_add_shown(&boot, 2, TCG_SEPARATOR, RULE_SEPARATOR, "", "separator", zeros, 4);
	cc_only = boot_add_shown(&boot, 2, TCG_IPL, RULE_PROFILE, "", "not for the TPM", "x", 1);
	cc_only->to = BOOT_TO_CC;
	REQUIRE(boot_hash(&boot, BANK_BIT(BANK_SHA256)));
	boot_replay(&boot, BANK_SHA256, &values);
	hex_encode(values.pcr[2], 32, hex);
	CHECK(strcmp(hex, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969") == 0);
	CHECK(values.events[2] == 1 && values.events[3] == 0);
	CHECK(values.pcr[3][0] == 0 && values.pcr[17][31] == 0xff);
	boot_free(&boot);
}

/* Several large runs of bytes on several threads: each digest lands at its own event. */
static void test_shares_work(void)
{
	static uint8_t large[1 << 20];
	struct boot boot;
	uint8_t wanted[BANK_DIGEST_MAX];
	bool same = true;

	boot_init(&boot);
	for (unsigned i = 0; i < 64; i++) {
		struct boot_piece piece = {.data = large, .len = sizeof(large) - i % 32};

		CHECK(boot_piece(
			&boot, boot_add(&boot, 9, TCG_IPL, RULE_SECTION_DATA, "", "x"), &piece));
	}
	REQUIRE(boot_hash(&boot, BANK_BIT(BANK_SHA256) | BANK_BIT(BANK_SHA384)));
	for (unsigned i = 0; i < 64; i++) {
		bank_hash(BANK_SHA384, large, sizeof(large) - i % 32, wanted);
		same = same && memcmp(wanted, boot.events[i].digest[BANK_SHA384], 48) == 0;
	}
	CHECK(same);
	boot_free(&boot);
}

static void test_refuses(void)
{
	struct boot boot;

	boot_init(&boot);
	CHECK(boot_add(&boot, BOOT_PCRS, TCG_IPL, RULE_PHASE, "", "x") == NULL);
	CHECK(boot_add(&boot, 4, TCG_IPL, RULE_PHASE, "", "no bytes, no digest") != NULL);
	CHECK(!boot_hash(&boot, BANK_BIT(BANK_SHA256)));
	while (boot.count < BOOT_EVENTS_MAX)
		boot_add(&boot, 4, TCG_IPL, RULE_PHASE, "", "x");
	CHECK(boot_add(&boot, 4, TCG_IPL, RULE_PHASE, "", "one too many") == NULL);
	CHECK(boot_map(&boot, "/nonexistent") == NULL);
	boot_free(&boot);
}

static void test_names_of_cc_registers(void)
{
	enum boot_cc got;

	for (unsigned cc = 0; cc < BOOT_CC_COUNT; cc++) {
		REQUIRE(boot_cc_by_name(boot_cc_name((enum boot_cc)cc), &got));
		CHECK(got == cc);
	}
	CHECK(!boot_cc_by_name("rtmr4", &got));
}

int main(void)
{
	report_silence();
	RUN(test_hashes_every_bank);
	RUN(test_replays);
	RUN(test_shares_work);
	RUN(test_refuses);
	RUN(test_names_of_cc_registers);
	return test_summary();
}
