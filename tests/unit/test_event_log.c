/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays logs of real boots against the PCRs that the TPM held, and feeds broken ones. */
#include "tests/unit/test.h"
#include "tools/lib/event_log.h"

#include <stdlib.h>

static const char *folder;
static const char *const boots[] = {"c257", "h252", "m4", "o252", "o257", "o257n", "s252", "s257"};
#define BOOTS	   (sizeof(boots) / sizeof(boots[0]))
#define PCR_OF_IMA 10u /* the kernel extends it, and not from the firmware's log */

static uint8_t log_bytes[65536];

static size_t load(const char *boot, const char *suffix, uint8_t *out, size_t cap)
{
	char path[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s.%s", folder, boot, suffix);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		exit(1);
	}
	n = fread(out, 1, cap, f);
	fclose(f);
	return n;
}

/* Lines of the form "@@PCR 4 691E6C...". */
static unsigned load_pcrs(const char *boot, uint8_t pcr[EVENT_LOG_PCRS][32])
{
	static char text[8192];
	size_t len = load(boot, "pcrs", (uint8_t *)text, sizeof(text) - 1);
	unsigned count = 0;

	text[len] = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned n;
		char hex[65];

		if (sscanf(line, "@@PCR %u %64[0-9A-F]", &n, hex) != 2 || n >= EVENT_LOG_PCRS)
			continue;
		for (size_t i = 0; i < 32; i++)
			if (sscanf(hex + 2 * i, "%2hhx", &pcr[n][i]) != 1)
				exit(1);
		count++;
	}
	return count;
}

static void test_replay_equals_the_tpm(void)
{
	for (size_t b = 0; b < BOOTS; b++) {
		uint8_t want[EVENT_LOG_PCRS][32];
		size_t len = load(boots[b], "evlog", log_bytes, sizeof(log_bytes));
		struct event_replay got;
		const char *problem = NULL;

		REQUIRE(load_pcrs(boots[b], want) == EVENT_LOG_PCRS);
		REQUIRE(event_log_replay(log_bytes, len, DIGEST_SHA256, &got, &problem));
		CHECK(got.digest_len == 32);
		CHECK(got.events > 10);
		CHECK(got.extended & (1u << 4));
		for (unsigned pcr = 0; pcr < EVENT_LOG_PCRS; pcr++)
			if (pcr != PCR_OF_IMA)
				CHECK_BYTES(got.pcr[pcr], want[pcr], 32);
	}
}

static void test_other_banks(void)
{
	size_t len = load("o257", "evlog", log_bytes, sizeof(log_bytes));
	struct event_replay got;
	const char *problem = NULL;

	CHECK(event_log_replay(log_bytes, len, DIGEST_SHA384, &got, &problem));
	CHECK(got.digest_len == 48);
	CHECK(!event_log_replay(log_bytes, len, 0x0012, &got, &problem)); /* SM3: not in the log */
	CHECK(problem != NULL);
}

/* A log cut at an event's end is a shorter log; anywhere else it is refused. */
static void test_truncation_at_every_byte(void)
{
	size_t len = load("o252", "evlog", log_bytes, sizeof(log_bytes));
	struct event_log log;
	struct event e;
	unsigned whole = 0, accepted = 0;

	REQUIRE(event_log_open(&log, log_bytes, len));
	while (event_log_next(&log, &e) == EVENT_LOG_EVENT)
		whole++;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);
		struct event_replay got;
		const char *problem = NULL;

		REQUIRE(copy != NULL);
		memcpy(copy, log_bytes, cut);
		if (event_log_replay(copy, cut, DIGEST_SHA256, &got, &problem))
			accepted++;
		else
			CHECK(problem != NULL);
		free(copy);
	}
	CHECK(accepted == whole); /* the header alone, and each event but the last */
}

static void test_bit_flips_change_or_break_it(void)
{
	size_t len = load("o252", "evlog", log_bytes, sizeof(log_bytes));
	struct event_replay first, got;
	const char *problem = NULL;
	unsigned refused = 0, changed = 0;

	REQUIRE(event_log_replay(log_bytes, len, DIGEST_SHA256, &first, &problem));
	for (size_t bit = 0; bit < 8 * len; bit += 7) {
		log_bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (!event_log_replay(log_bytes, len, DIGEST_SHA256, &got, &problem))
			refused++;
		else if (memcmp(&first, &got, sizeof(got)) != 0)
			changed++;
		log_bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	CHECK(refused > 0);
	CHECK(changed > 0);
}

static const uint8_t header[] = {0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 33, 0, 0, 0, 'S', 'p', 'e', 'c', ' ', 'I', 'D', ' ', 'E', 'v', 'e', 'n',
	't', '0', '3', 0, 0, 0, 0, 0, 0, 2, 0, 2, 1, 0, 0, 0, 0x0b, 0, 32, 0, 0};

/* Appends one event with a single SHA-256 digest of the given byte repeated. */
static size_t add_event(
	uint8_t *at, uint32_t pcr, uint32_t type, uint8_t fill, const void *data, uint8_t len)
{
	uint8_t head[14] = {(uint8_t)pcr, (uint8_t)(pcr >> 8), (uint8_t)(pcr >> 16),
		(uint8_t)(pcr >> 24), (uint8_t)type, 0, 0, (uint8_t)(type >> 24), 1, 0, 0, 0, 0x0b};

	memcpy(at, head, 14);
	memset(at + 14, fill, 32);
	memset(at + 46, 0, 4);
	at[46] = len;
	if (len)
		memcpy(at + 50, data, len);
	return 50u + len;
}

static void test_startup_locality(void)
{
	uint8_t log[512], want[32] = {0}, measured[32];
	size_t len = sizeof(header), before;
	struct event_replay got;
	const char *problem = NULL;

	memcpy(log, header, len);
	len += add_event(log + len, 0, EVENT_NO_ACTION, 0, "StartupLocality\0\3", 17);
	before = len;
	len += add_event(log + len, 0, 8, 0x5a, "v", 1);
	REQUIRE(event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
	want[31] = 3;
	memset(measured, 0x5a, sizeof(measured));
	REQUIRE(pcr_extend(DIGEST_SHA256, want, measured));
	CHECK_BYTES(got.pcr[0], want, 32);
	CHECK(got.extended == 1);
	log[before - 1] = 7;
	CHECK(!event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
	len += add_event(log + len, 0, EVENT_NO_ACTION, 0, "StartupLocality\0\0", 17);
	log[before - 1] = 3;
	CHECK(!event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
}

static void test_refusals(void)
{
	uint8_t log[512];
	struct event_replay got;
	const char *problem = NULL;
	size_t len = sizeof(header);

	memcpy(log, header, len);
	CHECK(event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
	CHECK(got.extended == 0);
	CHECK(!event_log_replay(log, len, DIGEST_SHA384, &got, &problem));
	len += add_event(log + len, 24, 8, 1, NULL, 0);
	CHECK(!event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
	len = sizeof(header);
	len += add_event(log + len, 0xffffffff, 8, 1, NULL, 0);
	CHECK(!event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
	len = sizeof(header);
	len += add_event(log + len, 0xffffffff, EVENT_NO_ACTION, 1, NULL, 0);
	CHECK(event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
	log[sizeof(header) + 12] = 0x0c; /* a digest that the header does not name */
	CHECK(!event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
	log[sizeof(header) + 12] = 0x0b;
	memset(log + len - 4, 0xff, 4); /* an event of 4 GiB */
	CHECK(!event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
}

static void test_event_count_is_bounded(void)
{
	static uint8_t log[sizeof(header) + 50 * (EVENT_LOG_EVENTS_MAX + 1)];
	struct event_replay got;
	const char *problem = NULL;
	size_t len = sizeof(header);

	memcpy(log, header, len);
	for (unsigned i = 0; i < EVENT_LOG_EVENTS_MAX; i++)
		len += add_event(log + len, 1, 8, 1, NULL, 0);
	CHECK(event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
	len += add_event(log + len, 1, 8, 1, NULL, 0);
	CHECK(!event_log_replay(log, len, DIGEST_SHA256, &got, &problem));
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : "tests/unit/data/eventlogs";
	RUN(test_replay_equals_the_tpm);
	RUN(test_other_banks);
	RUN(test_truncation_at_every_byte);
	RUN(test_bit_flips_change_or_break_it);
	RUN(test_startup_locality);
	RUN(test_refusals);
	RUN(test_event_count_is_bounded);
	return test_summary();
}
