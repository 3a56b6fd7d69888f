/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the logs of real machines against the PCR values that those machines had. */
#include "tests/unit/test.h"
#include "tools/lib/event_log.h"
#include "tools/lib/hex.h"

#include <json-c/json.h>
#include <stdlib.h>

#define VALUES 190u /* that expected.json states: none may go untested */

static const char *folder;
static uint8_t log_bytes[1u << 18];

static size_t load(const char *name)
{
	char path[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		exit(1);
	}
	n = fread(log_bytes, 1, sizeof(log_bytes), f);
	fclose(f);
	return n;
}

/* {"0":"hex",...} of one bank of one machine. */
static unsigned check_bank(const char *name, uint16_t alg, struct json_object *pcrs)
{
	size_t len = load(name);
	struct event_replay got;
	const char *problem = "";
	unsigned values = 0;

	if (!event_log_replay(log_bytes, len, alg, &got, &problem)) {
		fprintf(stderr, "%s: %s\n", name, problem);
		CHECK(!"the log is refused");
		return 0;
	}
	json_object_object_foreach(pcrs, pcr, value)
	{
		unsigned long n = strtoul(pcr, NULL, 10);
		const char *hex = json_object_get_string(value);
		uint8_t want[DIGEST_MAX];

		CHECK(n < EVENT_LOG_PCRS && hex_decode(hex, want, got.digest_len) &&
			memcmp(got.pcr[n], want, got.digest_len) == 0);
		values++;
	}
	return values;
}

static void test_values_of_the_machines(void)
{
	char path[4096];
	struct json_object *root;
	unsigned values = 0;

	snprintf(path, sizeof(path), "%s/expected.json", folder);
	root = json_object_from_file(path);
	REQUIRE(root != NULL);
	json_object_object_foreach(root, name, banks)
	{
		json_object_object_foreach(banks, bank, pcrs)
		{
			bool sha1 = strcmp(bank, "sha1") == 0;

			CHECK(sha1 || strcmp(bank, "sha256") == 0);
			values += check_bank(name, sha1 ? DIGEST_SHA1 : DIGEST_SHA256, pcrs);
		}
	}
	CHECK(values == VALUES);
	json_object_put(root);
}

static bool replays(const char *name, uint16_t alg, struct event_replay *got)
{
	const char *problem;

	return event_log_replay(log_bytes, load(name), alg, got, &problem);
}

/* They lead to SHA-1 values, and to no others: a policy of SHA-256 gets none out of them. */
static void test_the_older_form(void)
{
	static const struct {
		const char *name;
		const char *pcr0; /* as tpm2_eventlog and go-eventlog have it */
	} logs[] = {
		{"ebs_event_missing_eventlog.bin", "b4766c154feaacaefd61b48c661fc1c294762f4c"},
		{"debian-10.bin", "0f2d3a2a1adaa479aeeca8f5df76aadc41b862ea"},
		{"option_rom_eventlog.bin", "01518aedc87a0ef505d27261ef835809e7da0086"},
		{"short_no_action_eventlog.bin", "0000000000000000000000000000000000000003"},
	};

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct event_replay got;
		uint8_t want[20];

		REQUIRE(replays(logs[i].name, DIGEST_SHA1, &got));
		REQUIRE(hex_decode(logs[i].pcr0, want, sizeof(want)));
		CHECK_BYTES(got.pcr[0], want, sizeof(want));
		CHECK(!replays(logs[i].name, DIGEST_SHA256, &got));
		CHECK(!replays(logs[i].name, DIGEST_SHA384, &got));
	}
}

/* The logs of two TDX guests, as they are and in areas of other sizes and fillings. */
static void test_tdx_guests(void)
{
	static const char *const names[] = {"ccel-CCEL_unpadded.data.bin",
		"ccel-cos-113-intel-tdx-dupe-separator-unpadded.bin"};

	for (size_t i = 0; i < 2; i++) {
		struct event_cc_replay whole, padded;
		struct event_log log;
		size_t len = load(names[i]);

		CHECK(event_log_is_cc(log_bytes, len));
		REQUIRE(event_log_open_cc(&log, log_bytes, len));
		REQUIRE(event_log_replay_cc(&log, &whole));
		CHECK(whole.events > 5 && (whole.extended & 7) == 7);
		for (unsigned fill = 0; fill <= 0xff; fill += 0xff) {
			memset(log_bytes + len, (int)fill, sizeof(log_bytes) - len);
			REQUIRE(event_log_open_cc(&log, log_bytes, sizeof(log_bytes)));
			REQUIRE(event_log_replay_cc(&log, &padded));
			CHECK(memcmp(&whole, &padded, sizeof(whole)) == 0);
		}
	}
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : "tests/unit/data/eventlogs/google";
	RUN(test_values_of_the_machines);
	RUN(test_the_older_form);
	RUN(test_tdx_guests);
	return test_summary();
}
