/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue that `protostar explain` reads, against what the guest links of the same tables. */
#include "early/contract/messages.h"
#include "tests/unit/test.h"
#include "tools/explain/error_catalogue.h"

static const struct catalogue_entry *all;
static size_t count;

static void test_order(void)
{
	for (size_t i = 0; i < count; i++) {
		CHECK(catalogue_find(all[i].code) == &all[i]);
		CHECK(i == 0 || all[i - 1].code < all[i].code);
		CHECK(all[i].causes[CATALOGUE_CAUSES_MAX] == NULL);
	}
	CHECK(count > 300 && all[0].table == CATALOGUE_STUB);
	CHECK(all[count - 1].table == CATALOGUE_EARLY);
}

/* What PID 1 and the services say is what is explained. */
static void test_same_texts(void)
{
	size_t same = 0;

	for (size_t i = 0; i < count; i++) {
		if (all[i].table == CATALOGUE_STUB) {
			CHECK(all[i].retry == ERROR_FINAL);
			continue;
		}
		CHECK(strcmp(error_text(all[i].code), all[i].meaning) == 0);
		CHECK(strcmp(error_advice(all[i].code), all[i].advice) == 0);
		CHECK(error_retry(all[i].code) == all[i].retry);
		same++;
	}
	CHECK(same > 250);
}

static void test_parts(void)
{
	CHECK(catalogue_part(catalogue_find(101)) == CATALOGUE_STUB);
	CHECK(catalogue_part(catalogue_find(237)) == CATALOGUE_CRYPTO);
	CHECK(catalogue_part(catalogue_find(405)) == CATALOGUE_EARLY);
	CHECK(catalogue_part(catalogue_find(DENY_CODE_MIN)) == CATALOGUE_DENIAL);
	CHECK(strstr(catalogue_then(catalogue_find(101)), "switched off"));
	CHECK(strstr(catalogue_then(catalogue_find(237)), "unless every address"));
	CHECK(strstr(catalogue_then(catalogue_find(405)), "the boot ends"));
	CHECK(strstr(catalogue_then(catalogue_find(490)), "protostar.join.timeout"));
	CHECK(strstr(catalogue_then(catalogue_find(602)), "the service tells"));
	CHECK(strstr(catalogue_then(catalogue_find(608)), "the boot ends"));
}

static void test_none(void)
{
	static const uint64_t none[] = {0, 1, 100, 511, 699, 65536 + 405, UINT64_MAX};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(!catalogue_find(none[i]));
}

int main(void)
{
	all = catalogue(&count);
	RUN(test_order);
	RUN(test_same_texts);
	RUN(test_parts);
	RUN(test_none);
	return test_summary();
}
