/* Reads confidential VMs' logs and the table that points to them, good and broken. */
#include "tests/unit/test.h"
#include "tools/lib/ccel.h"
#include "tools/lib/event_log.h"

#include <stdlib.h>

/* The header as edk2's TdTcg2Dxe writes it: register 1, integers of 64 bits, SHA-384 alone. */
static const uint8_t header[65] = {1, 0, 0, 0, 3, [28] = 33, 0, 0, 0, 'S', 'p', 'e', 'c', ' ', 'I',
	'D', ' ', 'E', 'v', 'e', 'n', 't', '0', '3', 0, 0, 0, 0, 0, 0, 2, 0, 2, 1, 0, 0, 0, 0x0c, 0,
	48, 0, 0};

/* Appends an event whose digest is one byte repeated and whose data are a short text. */
static size_t add_event(uint8_t *at, uint32_t mr, uint32_t type, uint8_t fill, const char *text)
{
	uint8_t len = (uint8_t)strlen(text);

	memset(at, 0, 66);
	at[0] = (uint8_t)mr;
	memset(at + 1, mr == 0xFFFFFFFFu ? 0xff : 0, 3);
	at[4] = (uint8_t)type;
	at[8] = 1;
	at[12] = 0x0c;
	memset(at + 14, fill, 48);
	at[62] = len;
	memcpy(at + 66, text, len);
	return 66u + len;
}

/* Events of each register, then the rest of an area of len bytes. */
static size_t make_log(uint8_t *log, size_t len)
{
	size_t end = sizeof(header);

	memcpy(log, header, end);
	end += add_event(log + end, 0, EVENT_NO_ACTION, 0, "MRTD");
	end += add_event(log + end, 1, EVENT_NO_ACTION, 0, "StartupLocality");
	end += add_event(log + end, 1, 8, 0x11, "first");
	end += add_event(log + end, 3, 13, 0x33, "third");
	end += add_event(log + end, 2, 4, 0x22, "");
	end += add_event(log + end, 1, 4, 0x12, "");
	memset(log + end, 0xff, len - end);
	return end;
}

static void extend(uint8_t rtmr[48], uint8_t fill)
{
	uint8_t measured[48];

	memset(measured, fill, sizeof(measured));
	CHECK(pcr_extend(DIGEST_SHA384, rtmr, measured));
}

static void test_replay(void)
{
	uint8_t log[1024], want[4][48] = {0};
	struct event_log reader;
	struct event_cc_replay got;
	struct event e;
	size_t end = make_log(log, sizeof(log));

	CHECK(event_log_is_cc(log, sizeof(log)));
	REQUIRE(event_log_open_cc(&reader, log, sizeof(log)));
	REQUIRE(event_log_replay_cc(&reader, &got));
	CHECK(reader.pos == end);
	extend(want[0], 0x11);
	extend(want[0], 0x12);
	extend(want[1], 0x22);
	extend(want[2], 0x33);
	CHECK_BYTES(got.rtmr, want, sizeof(want));
	CHECK(got.extended == 7 && got.events == 4);
	REQUIRE(event_log_open_cc(&reader, log, sizeof(log)));
	REQUIRE(event_log_next(&reader, &e) == EVENT_LOG_EVENT);
	CHECK(e.offset == sizeof(header) && e.pcr == 0 && e.data_len == 4);
	/* Without a tail it is the same log, and so it is with a tail too short for a register. */
	for (size_t tail = 0; tail < 8; tail++) {
		bool fine = event_log_open_cc(&reader, log, end + tail) &&
			    event_log_replay_cc(&reader, &got);

		CHECK(fine == (tail == 0 || tail >= 4));
		if (!fine)
			CHECK(event_log_flaw(&reader)->offset >= end);
	}
}

static void test_refusals(void)
{
	uint8_t log[1024];
	struct event_log reader;
	struct event_cc_replay got;
	static const struct {
		uint32_t mr, type;
		bool fine;
	} cases[] = {{0, EVENT_NO_ACTION, true}, {0, 8, false}, {4, 13, true}, {5, 13, false},
		{5, EVENT_NO_ACTION, false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t end = make_log(log, sizeof(log));

		add_event(log + end, cases[i].mr, cases[i].type, 1, "last");
		REQUIRE(event_log_open_cc(&reader, log, sizeof(log)));
		CHECK(event_log_replay_cc(&reader, &got) == cases[i].fine);
		if (!cases[i].fine) {
			CHECK(event_log_flaw(&reader)->offset == end);
			CHECK(event_log_problem(&reader) != NULL);
		}
	}
	make_log(log, sizeof(log));
	log[sizeof(header) - 5] = 0x0b; /* SHA-256, of 32 bytes */
	log[sizeof(header) - 3] = 32;
	CHECK(event_log_open(&reader, log, sizeof(log)));
	CHECK(!event_log_open_cc(&reader, log, sizeof(log)));
	make_log(log, sizeof(log));
	REQUIRE(event_log_open(&reader, log, sizeof(log)));
	CHECK(!event_log_replay_cc(&reader, &got)); /* opened as a log of PCRs */
	log[0] = 0;
	CHECK(!event_log_is_cc(log, sizeof(log)));
	CHECK(!event_log_is_cc(log, 7));
	CHECK(!event_log_is_cc(NULL, 0));
}

/* Every prefix ends at an event, at the tail, or is refused at a byte of its own. */
static void test_truncation_at_every_byte(void)
{
	uint8_t log[1024];
	size_t end = make_log(log, sizeof(log));
	unsigned accepted = 0;

	for (size_t cut = 0; cut <= end + 16; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);
		struct event_log reader;
		struct event_cc_replay got;

		REQUIRE(copy != NULL);
		memcpy(copy, log, cut);
		if (event_log_open_cc(&reader, copy, cut) && event_log_replay_cc(&reader, &got))
			accepted++;
		else
			CHECK(event_log_problem(&reader) && event_log_flaw(&reader)->offset <= cut);
		free(copy);
	}
	CHECK(accepted == 7 + 13); /* after the header, after each event; tails of 4 to 16 bytes */
}

static void test_bit_flips(void)
{
	uint8_t log[600];
	size_t end = make_log(log, sizeof(log));
	struct event_log reader;
	struct event_cc_replay first, got;
	unsigned refused = 0, changed = 0;

	REQUIRE(event_log_open_cc(&reader, log, sizeof(log)));
	REQUIRE(event_log_replay_cc(&reader, &first));
	for (size_t bit = 0; bit < 8 * end; bit++) {
		log[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (!event_log_open_cc(&reader, log, sizeof(log)) ||
			!event_log_replay_cc(&reader, &got))
			refused++;
		else if (memcmp(&first, &got, sizeof(got)) != 0)
			changed++;
		log[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	CHECK(refused > 500);
	CHECK(changed > 4 * 8 * 48 - 1); /* each bit of each digest that is extended */
}

static void make_table(uint8_t table[56])
{
	static const uint8_t fields[56] = {
		'C', 'C', 'E', 'L', 56, [8] = 1, [36] = CCEL_TDX, [42] = 1, [50] = 0x7e};
	uint8_t sum = 0;

	memcpy(table, fields, 56);
	for (size_t i = 0; i < 56; i++)
		sum = (uint8_t)(sum + table[i]);
	table[9] = (uint8_t)-sum;
}

static void test_table(void)
{
	uint8_t table[57] = {0};
	struct ccel_table got = {0};
	struct flaw flaw;

	make_table(table);
	CHECK(ccel_table_is(table, 56) && !ccel_table_is(table, 3));
	REQUIRE(ccel_table_read(table, 56, &got, &flaw));
	CHECK(got.type == CCEL_TDX && got.subtype == 0);
	CHECK(got.log_len == 0x10000 && got.log_address == 0x7e0000);
	for (size_t cut = 0; cut < 56; cut++)
		CHECK(!ccel_table_read(table, cut, &got, &flaw) && flaw.offset <= cut);
	CHECK(!ccel_table_read(table, 57, &got, &flaw));
	/* One bit more or less is never the same sum. */
	for (size_t bit = 0; bit < 8 * 56; bit++) {
		table[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		CHECK(!ccel_table_read(table, 56, &got, &flaw));
		table[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	table[36] = 3;
	table[9]--;
	CHECK(!ccel_table_read(table, 56, &got, &flaw) && flaw.offset == 36);
}

int main(void)
{
	RUN(test_replay);
	RUN(test_refusals);
	RUN(test_truncation_at_every_byte);
	RUN(test_bit_flips);
	RUN(test_table);
	return test_summary();
}
