/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The measurements file: what is written is read back, and what is damaged is refused. */
#include "tests/unit/measure/sample_boot.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include "tools/lib/report.h"
#include "tools/measure/output/output.h"

/* 2, 3, 4, 9, 11, 12, 13 and 15: what a policy names of the sample, whose keys were not given. */
#define SAMPLE_PCRS 0xba1cu
#define ALL_BANKS                                                              \
	(BANK_BIT(BANK_SHA1) | BANK_BIT(BANK_SHA256) | BANK_BIT(BANK_SHA384) | \
		BANK_BIT(BANK_SHA512))

static const char *corpus;

static bool parse(const char *text, size_t len, struct boot *boot, struct register_values *values)
{
	boot_init(boot);
	if (measurements_parse("file", (const uint8_t *)text, len, boot, values))
		return true;
	boot_free(boot);
	return false;
}

/* Whether this text is taken; forgets what was read. */
static bool taken(const char *text)
{
	struct register_values values;
	struct boot boot;

	if (!parse(text, strlen(text), &boot, &values))
		return false;
	boot_free(&boot);
	return true;
}

/* A full measurements file of the sample, NUL-terminated. */
static char *sample_text(unsigned banks)
{
	struct bytes out = {0};
	struct boot boot;

	if (!sample_boot(&boot, banks))
		exit(1);
	output_full(&boot, 0, &out);
	bytes_add(&out, "", 1);
	boot_free(&boot);
	return (char *)out.data;
}

/* The text with the first `from` replaced; a text that has none fails the test. */
static char *edited(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	struct bytes out = {0};

	CHECK(at);
	if (at)
		bytes_add(&out, text, (size_t)(at - text));
	bytes_add_text(&out, to);
	bytes_add_text(&out, at ? at + strlen(from) : "");
	bytes_add(&out, "", 1);
	return (char *)out.data;
}

static bool same_event(const struct boot_event *a, const struct boot_event *b)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (a->banks & BANK_BIT(bank) &&
			memcmp(a->digest[bank], b->digest[bank], bank_len((enum bank)bank)) != 0)
			return false;
	for (size_t i = 0; i < a->piece_count && i < b->piece_count; i++)
		if (a->pieces[i].len != b->pieces[i].len ||
			a->pieces[i].zeros != b->pieces[i].zeros ||
			a->pieces[i].offset != b->pieces[i].offset ||
			a->pieces[i].source_len != b->pieces[i].source_len ||
			!a->pieces[i].form != !b->pieces[i].form ||
			!a->pieces[i].source != !b->pieces[i].source)
			return false;
	return a->pcr == b->pcr && a->type == b->type && a->rule == b->rule && a->to == b->to &&
	       strcmp(a->subject, b->subject) == 0 && a->piece_count == b->piece_count &&
	       a->data_len == b->data_len &&
	       (!a->data_len || memcmp(a->data, b->data, a->data_len) == 0);
}

static void test_reads_back_what_was_written(void)
{
	struct register_values values, before;
	struct bytes again = {0};
	struct boot boot, copy;
	char *text = sample_text(SAMPLE_BANKS);

	REQUIRE(sample_boot(&boot, SAMPLE_BANKS));
	REQUIRE(parse(text, strlen(text), &copy, &values));
	CHECK(copy.count == boot.count && copy.banks == boot.banks);
	for (size_t i = 0; i < boot.count; i++)
		CHECK(same_event(&boot.events[i], &copy.events[i]));
	CHECK(strcmp(copy.events[2].pieces[0].source, "uki \"1\".efi") == 0);
	CHECK(strcmp(copy.events[2].pieces[3].form, "signature list") == 0);
	CHECK(strcmp(copy.events[2].what, "image\n\xef\xbf\xbd") == 0);
	CHECK(copy.cc[BOOT_MRTD].asked && copy.cc[BOOT_MRTD].value[0] == 7);
	CHECK(copy.cc[BOOT_RTMR1].asked && copy.cc[BOOT_RTMR1].unknown &&
		!copy.cc[BOOT_SNP_LAUNCH].asked);
	CHECK(copy.unknown[0] && strcmp(copy.unknown[0], boot.unknown[0]) == 0);
	CHECK(copy.remark[4] && strcmp(copy.remark[4], boot.remark[4]) == 0);
	register_values_of(&boot, &before);
	CHECK(memcmp(&values.known, &before.known, sizeof(values.known)) == 0);
	CHECK(values.known[BANK_SHA256] == 0xFFFFFE && values.known[BANK_SHA1] == 0);
	CHECK(memcmp(values.pcr[BANK_SHA384][4], before.pcr[BANK_SHA384][4], 48) == 0);
	output_full(&copy, 0, &again);
	CHECK(again.len == strlen(text) && memcmp(again.data, text, again.len) == 0);
	/* Its files are not at hand, so another bank cannot be had; its own can. */
	CHECK(boot_hash(&copy, SAMPLE_BANKS) && !boot_hash(&copy, ALL_BANKS));
	bytes_free(&again);
	boot_free(&boot);
	boot_free(&copy);
	free(text);
}

static void test_constellation_shape(void)
{
	static const char start[] = "{\"measurements\":{\"2\":{\"expected\":\"";
	struct register_values values;
	struct bytes out = {0};
	struct boot boot, copy;

	REQUIRE(sample_boot(&boot, SAMPLE_BANKS));
	output_measurements(&boot, BANK_SHA384, 0, &out);
	CHECK(out.len > sizeof(start) && memcmp(out.data, start, strlen(start)) == 0);
	REQUIRE(parse((const char *)out.data, out.len, &copy, &values));
	CHECK(values.banks == BANK_BIT(BANK_SHA384));
	CHECK(values.known[BANK_SHA384] == SAMPLE_PCRS && !values.secure_boot_keys);
	CHECK(copy.count == 0 && copy.unknown[7] && !copy.unknown[2]);
	boot_free(&copy);
	boot_free(&boot);
	bytes_free(&out);
}

/* Whether PCR 7 is a policy's is told by the file: by a member, or by the value where it is alone.
 */
static void test_tells_whether_keys_were_given(void)
{
	static const char flag[] = "\"secureBootKeys\": false,";
	static const char *const texts[] = {"\"secureBootKeys\": true,", flag, "",
		"{\"measurements\":{\"7\":\"b2a83b0ebf2f8374299a5b2bdfc31ea955ad7236\"}}"};
	static const bool given[] = {true, false, false, true};
	char *text = sample_text(SAMPLE_BANKS);

	for (size_t i = 0; i < 4; i++) {
		char *changed = i < 3 ? edited(text, flag, texts[i]) : edited(texts[i], "", "");
		struct register_values values;
		struct boot boot;

		REQUIRE(parse(changed, strlen(changed), &boot, &values));
		CHECK(boot.secure_boot_keys == given[i] && values.secure_boot_keys == given[i]);
		boot_free(&boot);
		free(changed);
	}
	free(text);
}

static void test_chooses_registers(void)
{
	struct bytes out = {0};
	struct boot boot;

	REQUIRE(sample_boot(&boot, ALL_BANKS));
	CHECK(output_known(&boot, 0) == SAMPLE_PCRS);
	boot.secure_boot_keys = true;
	CHECK(output_known(&boot, 0) == (SAMPLE_PCRS | 1u << 7));
	CHECK(output_known(&boot, 1u << 2 | 1u << 0) == 1u << 2);
	output_measurements(&boot, BANK_SHA1, 1u << 2 | 1u << 0, &out);
	bytes_add(&out, "", 1);
	CHECK(strcmp((char *)out.data,
		      "{\"measurements\":{\"2\":{\"expected\":"
		      "\"b2a83b0ebf2f8374299a5b2bdfc31ea955ad7236\",\"warnOnly\":false}}}\n") == 0);
	CHECK(output_bank(ALL_BANKS) == BANK_SHA256);
	CHECK(output_bank(BANK_BIT(BANK_SHA1) | BANK_BIT(BANK_SHA512)) == BANK_SHA512);
	boot_free(&boot);
	bytes_free(&out);
}

#define SHA1_HEX "b2a83b0ebf2f8374299a5b2bdfc31ea955ad7236"

static void test_takes_only_measurements(void)
{
	CHECK(taken("{\"measurements\":{\"2\":\"" SHA1_HEX "\"}}"));
	CHECK(taken("{\"measurements\":{\"23\":{\"expected\":\"" SHA1_HEX "\"}}}\n \n"));
	CHECK(taken(
		"{\"measurements\":{\"2\":{\"expected\":\"" SHA1_HEX "\",\"warnOnly\":true}}}"));
	CHECK(!taken(""));
	CHECK(!taken("null"));
	CHECK(!taken("[]"));
	CHECK(!taken("{}"));
	CHECK(!taken("{\"measurements\":{}}"));
	CHECK(!taken("{\"measurements\":[]}"));
	CHECK(!taken("{\"measurements\":{\"24\":\"" SHA1_HEX "\"}}"));
	CHECK(!taken("{\"measurements\":{\"02\":\"" SHA1_HEX "\"}}"));
	CHECK(!taken("{\"measurements\":{\"-1\":\"" SHA1_HEX "\"}}"));
	CHECK(!taken("{\"measurements\":{\"\":\"" SHA1_HEX "\"}}"));
	CHECK(!taken("{\"measurements\":{\"2\":\"b2a83b\"}}"));
	CHECK(!taken("{\"measurements\":{\"2\":\"g2a83b0ebf2f8374299a5b2bdfc31ea955ad7236\"}}"));
	CHECK(!taken("{\"measurements\":{\"2\":5}}"));
	CHECK(!taken(
		"{\"measurements\":{\"2\":{\"expected\":\"" SHA1_HEX "\",\"warnonly\":true}}}"));
	CHECK(!taken("{\"measurements\":{\"2\":{\"warnOnly\":true}}}"));
	CHECK(!taken("{\"measurements\":{\"2\":{\"expected\":\"" SHA1_HEX "\",\"warnOnly\":1}}}"));
	CHECK(!taken("{\"measurements\":{\"2\":\"" SHA1_HEX "\"},\"sets\":[]}"));
	CHECK(!taken("{\"measurements\":{\"2\":\"" SHA1_HEX "\"}} x"));
	CHECK(!taken("{\"measurements\":{\"2\":\"" SHA1_HEX "\",\"2\":\"" SHA1_HEX "\"}}"));
	CHECK(!taken("{\"measurements\":{\"2\":\"" SHA1_HEX "\",\"\\u0032\":\"" SHA1_HEX "\"}}"));
	CHECK(!taken("{\"measurements\":{\"2\\u0000\":\"" SHA1_HEX "\"}}"));
	CHECK(!taken("{\"measurements\":{\"2\":\"" SHA1_HEX "\\u0000\"}}"));
}

/* Each of these changes makes the file contradict itself or breaks a rule of its form. */
static void test_refuses_changed_files(void)
{
	static const char *const changes[][2] = {
		{"protostar-measurements-1", "protostar-measurements-2"},
		{"\"bank\": \"sha256\"", "\"bank\": \"sha1\""},
		{"\"bank\": \"sha256\"", "\"bank\": \"md5\""},
		{"\"sha256\",", "\"sha256\",\n    \"sha256\","},
		{"\"sha384\"\n", "\"sha1\"\n"},
		{"\"secureBootKeys\": false", "\"secureBootKeys\": 0"},
		{"\"secureBootKeys\": false", "\"secureBootKeys\": false,\"secureBootKeys\": true"},
		{"\"known\": false,\"reason\": ", "\"known\": true,\"reason\": "},
		{"\"known\": false", "\"known\": 0"},
		{"\"pcr\": 1,", "\"pcr\": 2,"},
		{"\"pcr\": 4,\"type\"", "\"pcr\": 5,\"type\""},
		{"\"pcr\": 4,\"type\"", "\"pcr\": 24,\"type\""},
		{"\"pcr\": 4,\"type\"", "\"pcr\": -4,\"type\""},
		{"\"pcr\": 4,\"type\"", "\"pcr\": 4.0,\"type\""},
		{"\"pcr\": 4,\"type\"", "\"pcr\": 18446744073709551616,\"type\""},
		{"\"type\": 13,", "\"type\": 14,"},
		{"\"type\": 13,", "\"type\": 4294967309,"},
		{"\"rule\": \"separator\"", "\"rule\": \"separators\""},
		{"\"subject\": \"\"", "\"subject\": null"},
		{"\"tpm\": true", "\"tpm\": false"},
		{"\"zeros\": 7", "\"zeros\": \"7\""},
		{"\"offset\": 9,", ""},
		{"\"source\": \"uki \\\"1\\\".efi\",\"offset\"", "\"offset\""},
		{"\"sourceLen\": 6,", ""},
		{"\"sourceLen\": 6", "\"sourceLen\": -6"},
		{",\"form\": \"signature list\"", ""},
		{"\"form\": \"signature list\"", "\"form\": 7"},
		{"\"source\": \"a.pem\",\"offset\": 2,", ""},
		{"\"data\": \"01ff\"", "\"data\": \"01f\""},
		{"\"data\": \"01ff\"", "\"data\": \"01fg\""},
		{"\"data\": \"01ff\"", "\"data\": \"01ff\",\"extra\": 1"},
		{"\"register\": \"rtmr1\"", "\"register\": \"mrtd\""},
		{"\"register\": \"rtmr1\"", "\"register\": \"rtmr4\""},
		{"\"known\": false,\"reason\": \"no", "\"known\": true,\"reason\": \"no"},
		{"\"value\": \"07", "\"value\": \"0g"},
		{"\"value\": \"07", "\"value\": \"7"},
		{"\"events\": 3}", "\"events\": 2}"},
		{"\"cc\": true,\"digests\": {\"sha256\": \"2d71",
			"\"cc\": false,\"digests\": {\"sha256\": \"2d71"},
		{"\"cc\": [", "\"cc\": [1,"},
		{"\"events\": [", "\"events\": {"},
		{"\"registers\": [", "\"registers\": [7,"},
	};
	char *text = sample_text(SAMPLE_BANKS);

	CHECK(taken(text));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		char *changed = edited(text, changes[i][0], changes[i][1]);

		if (taken(changed))
			fprintf(stderr, "taken: %s\n", changes[i][1]);
		CHECK(!taken(changed));
		free(changed);
	}
	free(text);
}

#define SNP_REGISTER                                                                      \
	"{\"register\": \"snp-launch-digest\",\"known\": false,\"reason\": \"no image\"," \
	"\"events\": 0"

/* Whether the launch digest covers a kernel is said by a member of its own, of no other register.
 */
static void test_kernel_hashed(void)
{
	static const struct {
		const char *member;
		bool taken, hashed;
	} cases[] = {
		{"", true, false},
		{",\"kernelHashed\": false", true, false},
		{",\"kernelHashed\": true", true, true},
		{",\"kernelHashed\": true,\"remark\": \"it is of the firmware\"", true, true},
		{",\"kernelHashed\": 1", false, false},
		{",\"kernelHashed\": \"true\"", false, false},
	};
	char *text = sample_text(SAMPLE_BANKS), member[256], *changed;
	struct register_values values;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct boot boot, copy;
		struct bytes again = {0};

		snprintf(member, sizeof(member), "\"cc\": [" SNP_REGISTER "%s},", cases[i].member);
		changed = edited(text, "\"cc\": [", member);
		CHECK(taken(changed) == cases[i].taken);
		if (cases[i].taken) {
			REQUIRE(parse(changed, strlen(changed), &boot, &values));
			output_full(&boot, 0, &again);
			REQUIRE(parse((const char *)again.data, again.len, &copy, &values));
			CHECK(boot.cc[BOOT_SNP_LAUNCH].kernel_hashed == cases[i].hashed);
			CHECK(copy.cc[BOOT_SNP_LAUNCH].kernel_hashed == cases[i].hashed);
			bytes_free(&again);
			boot_free(&copy);
			boot_free(&boot);
		}
		free(changed);
	}
	changed = edited(text, "\"rule\": \"of a file\"", "\"kernelHashed\": true");
	CHECK(!taken(changed));
	free(changed);
	free(text);
}

/* Any other digit contradicts another part, but in the event that no PCR gets. */
static void test_every_digest_counts(void)
{
	char *text = sample_text(BANK_BIT(BANK_SHA256));
	unsigned changed = 0, missed = 0;

	for (char *p = strstr(text, "\"4\": {"); p && *p; p++) {
		char old = *p;

		if (strspn(p, "0123456789abcdef") != 64 || p[64] != '"' || p[-1] != '"')
			continue;
		*p = old == '0' ? '1' : '0';
		changed++;
		missed += taken(text);
		*p = old;
		p += 64;
	}
	CHECK(changed == 6 + 23 + 7 && missed == 1);
	free(text);
}

static void test_truncated_at_every_byte(void)
{
	char *text = sample_text(BANK_BIT(BANK_SHA1));
	size_t len = strlen(text);
	struct register_values values;
	struct boot boot;

	/* The last byte is a line feed. */
	for (size_t n = 0; n + 1 < len; n++)
		CHECK(!parse(text, n, &boot, &values));
	CHECK(taken(text));
	free(text);
}

/* A flipped bit gives an error or a file that says something else; never a crash. */
static void test_flipped_bits(void)
{
	char *text = sample_text(BANK_BIT(BANK_SHA1));
	size_t len = strlen(text), refused = 0;
	struct register_values values;
	struct boot boot;

	for (size_t bit = 0; bit < 8 * len; bit += 3) {
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		if (parse(text, len, &boot, &values))
			boot_free(&boot);
		else
			refused++;
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
	}
	CHECK(refused > len);
	free(text);
}

static void test_deep_and_large(void)
{
	char *deep = malloc(100001);
	struct register_values values;
	struct boot boot;
	size_t large = (16u << 20) + 1;
	char *spaces = malloc(large);

	memset(deep, '[', 100000);
	deep[100000] = 0;
	CHECK(!taken(deep));
	memset(spaces, ' ', large);
	memcpy(spaces, "{}", 2);
	CHECK(!parse(spaces, large, &boot, &values));
	free(deep);
	free(spaces);
}

static void test_tables(void)
{
	struct bytes out = {0}, coloured = {0};
	struct boot boot;

	REQUIRE(sample_boot(&boot, SAMPLE_BANKS));
	output_table(&boot, 0, false, &out);
	output_events_table(&boot, false, &out);
	bytes_add(&out, "", 1);
	CHECK(strstr((char *)out.data, "unknown: firmware measures itself from RAM"));
	CHECK(strstr((char *)out.data, "if the firmware tries no other boot option first"));
	CHECK(strstr((char *)out.data, "from uki \"1\".efi 0x9+3, 7 zeros\n"));
	CHECK(strstr((char *)out.data, "from the rule, 0 bytes, 3 zeros\n"));
	CHECK(strstr((char *)out.data, "from a.pem 0x2+6, as signature list\n"));
	CHECK(strstr((char *)out.data, "uki \"1\".efi 0x9+3, 7 zeros"));
	CHECK(strstr((char *)out.data, "image\\x0a\\xc3"));
	CHECK(strstr((char *)out.data, "  2  sha256  "
				       "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f19"
				       "8e7969\n     sha384  518923b0f955d08d"));
	CHECK(!strchr((char *)out.data, '\033'));
	output_table(&boot, 1u << 4, true, &coloured);
	CHECK(memchr(coloured.data, '\033', coloured.len));
	boot_free(&boot);
	bytes_free(&out);
	bytes_free(&coloured);
}

/* The fuzz target's seed is what is written today, or it would reach nothing. */
static void test_seed_is_current(void)
{
	struct register_values values;
	struct boot boot;
	char path[4096];

	snprintf(path, sizeof(path), "%s/full.json", corpus);
	boot_init(&boot);
	CHECK(measurements_read(path, &boot, &values) && boot.count > 5);
	boot_free(&boot);
}

int main(int argc, char **argv)
{
	corpus = argc > 1 ? argv[1] : ".";
	report_silence();
	RUN(test_seed_is_current);
	RUN(test_reads_back_what_was_written);
	RUN(test_constellation_shape);
	RUN(test_tells_whether_keys_were_given);
	RUN(test_chooses_registers);
	RUN(test_takes_only_measurements);
	RUN(test_refuses_changed_files);
	RUN(test_kernel_hashed);
	RUN(test_every_digest_counts);
	RUN(test_truncated_at_every_byte);
	RUN(test_flipped_bits);
	RUN(test_deep_and_large);
	RUN(test_tables);
	return test_summary();
}
