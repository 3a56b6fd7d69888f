/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads confidential VMs' logs and the table that points to them, good and broken. */
#include "tests/unit/test.h"
#include "tools/lib/ccel.h"
#include "tools/lib/event_log.h"
#include "tools/lib/hex.h"

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

/*
 * A TDX machine's boot: the events and registers of a dstack guest with 2 GiB (OVMF, kernel started
 * by QEMU), which its users publish with their contracts' tests; MRTD
 * c68518a0ebb42136c12b2275164f8c72f25fa9a34392228687ed6e9caeb9c0f1dbd895e9cf475121c029dc47e70e91fd.
 */
static const struct {
	uint32_t mr, type;
	const char *digest;
} machine[] = {
	{1, 0x8000000b,
		"0e35f1b315ba6c912cf791e5c79dd9d3a2b8704516aa27d4e5aa78fb09ed"
		"e04aef2bbd02ac7a8734c48562b9c26ba35d"},
	{1, 0x8000000a,
		"344bc51c980ba621aaa00da3ed7436f7d6e549197dfe699515dfa2c6583d"
		"95e6412af21c097d473155875ffd561d6790"},
	{1, 0x80000001,
		"9dc3a1f80bcec915391dcda5ffbb15e7419f77eab462bbf72b42166fb70d"
		"50325e37b36f93537a863769bcf9bedae6fb"},
	{1, 0x80000001,
		"6f2e3cbc14f9def86980f5f66fd85e99d63e69a73014ed8a5633ce56eca5"
		"b64b692108c56110e22acadcef58c3250f1b"},
	{1, 0x80000001,
		"d607c0efb41c0d757d69bca0615c3a9ac0b1db06c557d992e906c6b7dee4"
		"0e0e031640c7bfd7bcd35844ef9edeadc6f9"},
	{1, 0x80000001,
		"08a74f8963b337acb6c93682f934496373679dd26af1089cb4eaf0c30cf2"
		"60a12e814856385ab8843e56a9acea19e127"},
	{1, 0x80000001,
		"18cc6e01f0c6ea99aa23f8a280423e94ad81d96d0aeb5180504fc0f7a40c"
		"b3619dd39bd6a95ec1680a86ed6ab0f9828d"},
	{1, 0x4,
		"394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae"
		"41019f5818b4b971c9effc60e1ad9f1289f0"},
	{1, 0xa,
		"68cd79315e70aecd4afe7c1b23a5ed7b3b8e51a477e1739f111b3156def8"
		"6bbc56ebf239dcd4591bc7a9fff90023f481"},
	{1, 0xa,
		"6bc203b3843388cc4918459c3f5c6d1300a796fb594781b7ecfaa3ae7456"
		"975f095bfcc1156c9f2d25e8b8bc1b520f66"},
	{1, 0xa,
		"ec9e8622a100c399d71062a945f95d8e4cdb7294e8b1c6d17a6a8d37b508"
		"4444000a78b007ef533f290243421256d25c"},
	{2, 0x80000003,
		"f51c5215e1ae1e5202fb0a710248e13c2bf2824b7f0b2a1675f63e9fd37b"
		"efb93fbb97a4f8630879168b76aee3b198e2"},
	{1, 0x80000002,
		"1dd6f7b457ad880d840d41c961283bab688e94e4b59359ea45686581e90f"
		"eccea3c624b1226113f824f315eb60ae0a7c"},
	{1, 0x80000002,
		"23ada07f5261f12f34a0bd8e46760962d6b4d576a416f1fea1c64bc656b1"
		"d28eacf7047ae6e967c58fd2a98bfa74c298"},
	{2, 0x80000007,
		"77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a989880"
		"78d3d740f6346bfe0abaa938ca20439a8d71"},
	{2, 0x4,
		"394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae"
		"41019f5818b4b971c9effc60e1ad9f1289f0"},
	{3, 0x6,
		"a68ac6d65dd62f392826c2ae44f6846363ced3418c96574b3e168de9205c"
		"8553b8198c3b9d206bc432d70a923c25b098"},
	{3, 0x6,
		"21a1d39f7395e15c35b91dacf14714cf2e9ead77e69f076ce164798272c1"
		"838312b2d82b3307b91929a4d7dbc6f1e48b"},
	{2, 0x80000007,
		"214b0bef1379756011344877743fdc2a5382bac6e70362d624ccf3f65440"
		"7c1b4badf7d8f9295dd3dabdef65b27677e0"},
	{2, 0x80000007,
		"0a2e01c85deae718a530ad8c6d20a84009babe6c8989269e950d8cf440c6"
		"e997695e64d455c4174a652cd080f6230b74"},
};

static const char *const machine_rtmrs[] = {
	"85e0855a6384fa1c8a6ab36d0dcbfaa11a5753e5a070c08218ae5fe872fc"
	"b86967fd2449c29e22e59dc9fec998cb6547",
	"4a7db64a609c77e85f603c23e9a9fd03bfd9e6b52ce527f774a598e66d58"
	"386026cea79b2aea13b81a0b70cfacdec0ca",
	"8a4fe048fea22663152ef128853caa5c033cbe66baf32ba1ff7f6b1afc16"
	"24c279f50a4cbc522a735ca6f69551e61ef2",
};

static void test_log_of_a_machine(void)
{
	static uint8_t log[4096];
	size_t end = sizeof(header);
	struct event_log reader;
	struct event_cc_replay got;
	uint8_t want[48];

	memset(log, 0xff, sizeof(log));
	memcpy(log, header, end);
	for (size_t i = 0; i < sizeof(machine) / sizeof(machine[0]); i++) {
		size_t at = end;

		end += add_event(log + end, machine[i].mr, machine[i].type, 0, "");
		log[at + 7] = (uint8_t)(machine[i].type >> 24);
		REQUIRE(hex_decode(machine[i].digest, log + at + 14, 48));
	}
	REQUIRE(event_log_open_cc(&reader, log, sizeof(log)));
	REQUIRE(event_log_replay_cc(&reader, &got));
	CHECK(got.events == 20 && got.extended == 7);
	for (size_t i = 0; i < 3; i++) {
		REQUIRE(hex_decode(machine_rtmrs[i], want, 48));
		CHECK_BYTES(got.rtmr[i], want, 48);
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
	RUN(test_log_of_a_machine);
	RUN(test_refusals);
	RUN(test_truncation_at_every_byte);
	RUN(test_bit_flips);
	RUN(test_table);
	return test_summary();
}
