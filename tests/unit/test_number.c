/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers on command lines: exactly the digits, within the limits. */
#include "tests/unit/test.h"

#include "tools/lib/number.h"

static bool reads(const char *text, int base, uint64_t want)
{
	uint64_t number = ~want;

	return number_read(text, base, 1, 0xFFFF, &number) && number == want;
}

static bool refused(const char *text, int base)
{
	uint64_t number = 7;

	return !number_read(text, base, 1, 0xFFFF, &number) && number == 7;
}

static void test_taken(void)
{
	CHECK(reads("1", 10, 1) && reads("65535", 10, 65535) && reads("007", 10, 7));
	CHECK(reads("1", 16, 1) && reads("FfFf", 16, 0xFFFF) && reads("0x1f", 16, 0x1F));
}

static void test_refused(void)
{
	static const char *const texts[] = {"", " 1", "+1", "-1", "1 ", "1x", "0", "65536", "x",
		"18446744073709551616", "18446744073709551617", "99999999999999999999"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(refused(texts[i], 10));
	CHECK(refused("0x1f", 10) && refused("a", 10) && refused("0", 16) && refused("g", 16));
	CHECK(refused("10000", 16) && refused("-1", 16) && refused("0x", 16));
}

int main(void)
{
	RUN(test_taken);
	RUN(test_refused);
	return test_summary();
}
