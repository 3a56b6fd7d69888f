/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows each failure, row by row of the tables, against lists that stand here alone. */
#include <stdbool.h>
#include <stdint.h>

#include "early/contract/errors.h"
#include "early/join/race.h"
#include "tests/unit/test.h"

/*
 * After these a node tries again: TLS, the way to the service, waiting for the operator, three of
 * the denials, a busy host.
 */
static const uint16_t retried[] = {231, 233, 234, 235, 236, 237, 239, 242, 244, 246, 247, 248, 249,
	250, 490, 491, 492, 493, 494, 495, 496, 497, 498, 499, 500, 501, 502, 503, 504, 505, 506,
	507, 508, 509, 510, 594, 595, 596, 597, 598, 599, 602, 617, 622, 656};
#define RETRIED_COUNT (sizeof(retried) / sizeof(retried[0]))

static const uint16_t codes[] = {
#define STATUS_ENUM(code, ...) code,
#include "crypto/errors.def"
#include "early/contract/errors.def"
#undef STATUS_ENUM
};
#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

static bool listed(uint16_t code)
{
	for (size_t i = 0; i < RETRIED_COUNT; i++)
		if (retried[i] == code)
			return true;
	return false;
}

/* Of an address with another key than the pinned one the race decides. */
static bool retries(uint16_t code)
{
	return error_retry(code) == (code == 237 ? ERROR_RETRY_UNLESS_ALL : ERROR_RETRY);
}

static void test_rows(void)
{
	size_t count = 0;

	for (size_t i = 0; i < CODE_COUNT; i++) {
		if (retries(codes[i]) != listed(codes[i])) {
			printf("E%u is %sretried\n", codes[i], listed(codes[i]) ? "not " : "");
			CHECK(false);
		}
		count += retries(codes[i]);
	}
	CHECK(CODE_COUNT > 250 && count == RETRIED_COUNT);
}

static void test_no_rows(void)
{
	static const uint16_t none[] = {0, 1, 101, 251, 254, 511, 649, 9999, UINT16_MAX};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(!retries(none[i]));
}

/* Ranges of numbers decided once; every number still leads to what it led to, where it has a row.
 */
static void test_rounds(void)
{
	static struct race some = {.every_pin_differs = false}, all = {.every_pin_differs = true};

	for (unsigned n = 0; n <= 1000; n++) {
		const struct status s = {(uint16_t)n};
		bool denial = n >= 600 && n <= 649, again = !denial && listed(s.code);

		CHECK(race_worth_retrying(&some, s, 0) == again);
		CHECK(race_worth_retrying(&all, s, 0) == (again && n != 237));
		CHECK(race_worth_retrying(&some, s, 500) == (denial || again));
		CHECK(race_worth_retrying(&all, s, 500) == (denial || (again && n != 237)));
	}
}

int main(void)
{
	RUN(test_rows);
	RUN(test_no_rows);
	RUN(test_rounds);
	return test_summary();
}
