/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs in the older form of TPM 1.2, made of a crypto-agile one of a real boot, and logs that lie
 * in a larger area: both lead to the values that the boot's own log leads to.
 */
#include "tests/unit/test.h"
#include "tools/lib/event_log.h"

#include <stdlib.h>

#define AREA 65536u
#define FLAW "zeros stand where a record should begin"

static const char *folder;
static uint8_t golden[AREA], area[AREA];
static size_t golden_len;
static struct event_replay want; /* of SHA-1 */

static void load(void)
{
	char path[4096];
	const char *problem;
	FILE *f;

	snprintf(path, sizeof(path), "%s/o252.evlog", folder);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		exit(1);
	}
	golden_len = fread(golden, 1, sizeof(golden), f);
	fclose(f);
	if (!event_log_replay(golden, golden_len, DIGEST_SHA1, &want, &problem))
		exit(1);
}

static void put_number(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* One record of the older form. */
static size_t put_record(
	uint8_t *at, uint32_t pcr, uint32_t type, const uint8_t *sha1, const void *data, size_t len)
{
	put_number(at, pcr);
	put_number(at + 4, type);
	memcpy(at + 8, sha1, 20);
	put_number(at + 28, (uint32_t)len);
	memcpy(at + 32, data, len);
	return 32 + len;
}

/* The golden boot in the older form, behind len bytes that are in the area already. */
static size_t put_boot(size_t len)
{
	struct event_log log;
	struct event e;

	if (!event_log_open(&log, golden, golden_len))
		exit(1);
	while (event_log_next(&log, &e) == EVENT_LOG_EVENT)
		len += put_record(area + len, e.pcr, e.type, event_digest_in(&e, DIGEST_SHA1)->data,
			e.data, e.data_len);
	return len;
}

static bool replays(size_t len, uint16_t bank, struct event_replay *got)
{
	/* Of a block that is no longer than it says. */
	uint8_t *copy = malloc(len ? len : 1);
	const char *problem = NULL;
	bool fine;

	if (!copy)
		exit(1);
	memcpy(copy, area, len);
	fine = event_log_replay(copy, len, bank, got, &problem);
	CHECK(fine == !problem);
	free(copy);
	return fine;
}

static bool same_pcrs(const struct event_replay *got)
{
	return memcmp(got->pcr, want.pcr, sizeof(want.pcr)) == 0 &&
	       got->extended == want.extended && got->events == want.events;
}

static void test_records_without_header(void)
{
	size_t len = put_boot(0);
	struct event_replay got;
	const char *problem = "";

	REQUIRE(replays(len, DIGEST_SHA1, &got));
	CHECK(same_pcrs(&got));
	CHECK(!event_log_replay(area, len, DIGEST_SHA256, &got, &problem));
	CHECK(strstr(problem, "older form") != NULL);
}

/* The headers of TCG 1.2's specifications name no algorithm. */
static void test_records_behind_a_first_one(void)
{
	static const struct {
		const char text[17];
		size_t len;
		uint8_t locality;
	} first[] = {{"Spec ID Event00", 24, 0}, {"Spec ID Event02", 31, 0},
		{"StartupLocality\0\3", 17, 3}, {"StartupLocality", 17, 0}, {"", 0, 0}};
	static const uint8_t zeros[20];

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		uint8_t data[32] = {0};
		struct event_replay got;
		size_t len;

		memcpy(data, first[i].text, sizeof(first[i].text));
		len = put_boot(put_record(area, 0, EVENT_NO_ACTION, zeros, data, first[i].len));
		REQUIRE(replays(len, DIGEST_SHA1, &got));
		CHECK((memcmp(got.pcr[0], want.pcr[0], 20) == 0) == !first[i].locality);
		memcpy(got.pcr[0], want.pcr[0], sizeof(want.pcr[0]));
		CHECK(same_pcrs(&got));
	}
}

static void test_cut_at_every_byte(void)
{
	size_t len = put_boot(0);
	struct event_replay got;
	unsigned taken = 0;

	for (size_t cut = 0; cut < len; cut++)
		taken += replays(cut, DIGEST_SHA1, &got);
	CHECK(taken == want.events - 1); /* at the end of each event but the last */
}

/* Wherever the log ends within its area, it is the same log. */
static void test_areas(void)
{
	for (unsigned older = 0; older < 2; older++) {
		size_t len = older ? put_boot(0) : golden_len;
		uint16_t banks[] = {DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384};

		if (!older)
			memcpy(area, golden, len);
		for (unsigned bank = 0; bank < (older ? 1 : 3); bank++) {
			struct event_replay whole, got;

			REQUIRE(replays(len, banks[bank], &whole));
			for (unsigned fill = 0; fill <= 0xff; fill += 0xff) {
				static const size_t tails[] = {8, 9, 31, 32, 33, 4096};

				memset(area + len, (int)fill, AREA - len);
				for (size_t i = 0; i < 6; i++) {
					REQUIRE(replays(len + tails[i], banks[bank], &got));
					CHECK(memcmp(&got, &whole, sizeof(got)) == 0);
				}
				/* So few bytes may be a record that was cut. */
				CHECK(!replays(len + 7, banks[bank], &got));
			}
		}
	}
}

/* Zeros extend nothing, and hide nothing. */
static void test_zeros_before_something(void)
{
	for (unsigned older = 0; older < 2; older++) {
		size_t len = older ? put_boot(0) : golden_len;
		struct event_replay got;
		const char *problem = "";

		if (!older)
			memcpy(area, golden, len);
		memset(area + len, 0, 64);
		for (size_t at = 8; at < 64; at++) {
			area[len + at] = 1;
			CHECK(!event_log_replay(area, len + 64, DIGEST_SHA1, &got, &problem));
			CHECK(strcmp(problem, FLAW) == 0);
			area[len + at] = 0;
		}
	}
}

static const char *refusal(const void *bytes, size_t len)
{
	static struct event_log log;

	return event_log_open(&log, bytes, len) ? "" : event_log_problem(&log);
}

static void test_what_is_no_log(void)
{
	static const char yaml[] = "---\nversion: 1\nevents:\n- EventNum: 0\n  PCRIndex: 0\n";
	static const uint8_t elf[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

	CHECK(strstr(refusal(yaml, sizeof(yaml) - 1), "this is text") != NULL);
	CHECK(strstr(refusal(elf, sizeof(elf)), "this is no event log") != NULL);
	CHECK(strstr(refusal("", 0), "this is no event log") != NULL);
	memset(area, 0, 64);
	CHECK(strstr(refusal(area, 64), "the log is empty") != NULL);
	memset(area, 0xff, 64);
	CHECK(strstr(refusal(area, 64), "the log is empty") != NULL);
}

/* Where it breaks is named by byte and event. */
static void test_flaws_name_the_event(void)
{
	struct event_log log;
	struct event_replay got;

	memcpy(area, golden, golden_len);
	REQUIRE(event_log_open(&log, area, golden_len - 1));
	CHECK(!event_log_replay_rest(&log, DIGEST_SHA1, &got));
	CHECK(strcmp(log.flaw.part, "event") == 0);
	CHECK(log.flaw.number == log.events + 1u);
	/* What extends nothing may have no digest, and only that. */
	REQUIRE(event_log_open(&log, golden, golden_len));
	memset(area + log.pos, 0, 20);
	area[log.pos + 4] = EVENT_NO_ACTION;
	area[log.pos + 12] = 4;
	CHECK(replays(log.pos + 20, DIGEST_SHA1, &got) && !got.extended);
	area[log.pos + 4] = EVENT_SEPARATOR;
	CHECK(!replays(log.pos + 20, DIGEST_SHA1, &got));
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : "tests/unit/data/eventlogs";
	load();
	RUN(test_records_without_header);
	RUN(test_records_behind_a_first_one);
	RUN(test_cut_at_every_byte);
	RUN(test_areas);
	RUN(test_zeros_before_something);
	RUN(test_what_is_no_log);
	RUN(test_flaws_name_the_event);
	return test_summary();
}
