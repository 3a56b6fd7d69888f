/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What events say of themselves: proven only by their digests, and never more than plain text. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include "tools/lib/bank.h"
#include "tools/lib/bytes.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/output/event_text.h"

static const char *folder;

/* An event of these bytes whose digest is that of others. */
static struct event event_of(uint32_t type, const void *data, size_t len, const void *measured,
	size_t measured_len, uint8_t digest[32])
{
	struct event event = {.pcr = 4, .type = type, .data = data, .data_len = len};

	bank_hash(BANK_SHA256, measured, measured_len, digest);
	event.digest_count = 1;
	event.digests[0] = (struct event_digest){bank_alg(BANK_SHA256), digest, 32};
	return event;
}

static char *text_of(const struct event *event, bool quoted)
{
	const struct printable_form form = {.max = 120, .quoted = quoted};
	struct bytes text = {0};

	event_text(&text, event->type, event->data, event->data_len, &form);
	bytes_add(&text, "", 1);
	return (char *)text.data;
}

static bool says_so(const struct event *event, bool quoted, const char *want)
{
	char *text = text_of(event, quoted);
	bool same = strcmp(text, want) == 0;

	if (!same)
		fprintf(stderr, "says: %s\n", text);
	free(text);
	return same;
}

static bool says(const struct event *event, const char *want)
{
	return says_so(event, false, want);
}

static void test_only_digests_prove(void)
{
	static const char line[] = "Calling EFI Application from Boot Option";
	static const uint8_t name[] = ".\0l\0i\0n\0u\0x\0\0";
	uint8_t digest[32], other[32] = {0};
	struct event e = event_of(TCG_EFI_ACTION, line, 40, line, 40, digest);

	CHECK(event_text_proven(&e) && says(&e, line));
	digest[31] ^= 1;
	CHECK(!event_text_proven(&e) && says(&e, line));
	digest[31] ^= 1;
	/* Every bank must agree, and one that is not known here proves nothing. */
	e.digests[1] = (struct event_digest){bank_alg(BANK_SHA1), other, 20};
	e.digest_count = 2;
	CHECK(!event_text_proven(&e));
	e.digests[0].alg = e.digests[1].alg = 0x12;
	CHECK(!event_text_proven(&e));
	e.digest_count = 0;
	CHECK(!event_text_proven(&e));
	e = event_of(TCG_IPL, name, 14, ".linux", 7, digest);
	CHECK(event_text_proven(&e) && says(&e, ".linux"));
	e = event_of(TCG_IPL, name, 14, "contents", 8, digest);
	CHECK(!event_text_proven(&e) && says(&e, ".linux"));
	e = event_of(TCG_EVENT_TAG, name, 14, ".linux", 7, digest);
	CHECK(!event_text_proven(&e));
}

static void test_texts(void)
{
	static const uint8_t variable[] = "0123456789abcdef"
					  "\4\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0"
					  "B\0o\0o\0t\0xyz";
	static const uint8_t image[] =
		"\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\16\0\0\0\0\0\0\0"
		"\4\4\12\0\\\0A\0\0\0\x7f\xff\4\0";
	uint8_t digest[32], huge[50] = {0};
	struct event e = event_of(TCG_EFI_VARIABLE_BOOT, variable, 43, "", 0, digest);

	CHECK(says(&e, "variable Boot, 3 bytes"));
	e.data_len--;
	CHECK(says(&e, "42 bytes: 30313233343536373839616263646566..."));
	e = event_of(TCG_EFI_APPLICATION, image, 46, "", 0, digest);
	CHECK(says(&e, "image of 256 bytes: File(\\\\A)"));
	CHECK(says_so(&e, true, "image of 256 bytes: File(\"\\\\A\")"));
	e.data_len = 40;
	CHECK(says(&e, "image of 256 bytes: no path"));
	e.data_len = 31;
	CHECK(says(&e, "31 bytes: 00000000000000000001000000000000..."));
	e = event_of(TCG_EFI_ACTION, "\x1b[2J\xff\n", 6, "", 0, digest);
	CHECK(says(&e, "\\x1b[2J\\xff\\x0a"));
	memset(huge + 16, 0xff, 16);
	e = event_of(TCG_EFI_VARIABLE_BOOT, huge, sizeof(huge), "", 0, digest);
	CHECK(says(&e, "50 bytes: 00000000000000000000000000000000..."));
	e = event_of(0x8000000E, "", 0, "", 0, digest);
	CHECK(says(&e, "0 bytes"));
}

/* Within a sentence no text can end its own quotes, nor be longer than was asked for. */
static void test_quotes(void)
{
	static const uint8_t wide[] = "a\0\"\0\33\0\x3b\6\0\0";
	static const uint8_t tagged[] = "\xed\x22\x3b\x8f\6\0\0\0quiet\0";
	uint8_t digest[32], line[121];
	char shown[128];
	struct event e = event_of(TCG_IPL, "say \"x\"\\", 8, "", 0, digest);

	CHECK(says_so(&e, true, "\"say \\\"x\\\"\\\\\"") && says(&e, "say \"x\"\\\\"));
	e = event_of(TCG_IPL, wide, 10, "", 0, digest);
	CHECK(says_so(&e, true, "\"a\\\"\\u{1b}\\u{63b}\""));
	e = event_of(TCG_EVENT_TAG, tagged, 14, "", 0, digest);
	CHECK(says_so(&e, true, "tag 0x8f3b22ed \"quiet\""));
	e.data_len--;
	CHECK(says_so(&e, true, "13 bytes: ed223b8f060000007175696574"));
	memset(line, 'x', sizeof(line));
	e = event_of(TCG_ACTION, line, 120, "", 0, digest);
	snprintf(shown, sizeof(shown), "\"%.120s\"", (const char *)line);
	CHECK(says_so(&e, true, shown));
	e.data_len = 121;
	snprintf(shown, sizeof(shown), "\"%.117s\"...", (const char *)line);
	CHECK(says_so(&e, true, shown));
}

/* Any type with any bytes: plain text of bounded length. */
static void test_hostile_data(void)
{
	static const uint32_t types[] = {0x3, 0x4, 0x5, 0x6, 0x7, 0x8, 0xA, 0xD, 0x80000001,
		0x80000002, 0x80000003, 0x80000004, 0x80000006, 0x80000007, 0x80000008, 0x8000000C,
		0x800000E0, 0x1234};
	uint8_t data[600], digest[32];
	uint32_t seed = 1;

	for (unsigned round = 0; round < 4000; round++) {
		size_t len = round % sizeof(data), i;
		uint32_t type = types[round % (sizeof(types) / sizeof(types[0]))];
		struct event e;
		char *text;

		for (i = 0; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			data[i] = round % 3 && i % 2 ? 0 : (uint8_t)(seed >> 16);
		}
		e = event_of(type, data, len, "", 0, digest);
		text = text_of(&e, round & 1);
		for (i = 0; text[i] >= 0x20 && text[i] < 0x7F; i++)
			;
		CHECK(!text[i] && i < 800);
		free(text);
	}
}

/* In the log of a real boot: what is hashed as it is shown is proven, an image is not. */
static void test_real_log(void)
{
	static uint8_t bytes[65536];
	char path[4096];
	struct event_log log;
	struct event e;
	unsigned actions = 0, images = 0, names = 0;
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "%s/s257.evlog", folder);
	f = fopen(path, "rb");
	REQUIRE(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	REQUIRE(event_log_open(&log, bytes, len));
	while (event_log_next(&log, &e) == EVENT_LOG_EVENT) {
		actions += e.type == TCG_EFI_ACTION && event_text_proven(&e);
		images += e.type == TCG_EFI_APPLICATION && !event_text_proven(&e);
		names += e.type == TCG_IPL && event_text_proven(&e);
	}
	CHECK(actions == 3 && images == 1 && names == 6);
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : ".";
	RUN(test_only_digests_prove);
	RUN(test_texts);
	RUN(test_quotes);
	RUN(test_hostile_data);
	RUN(test_real_log);
	return test_summary();
}
