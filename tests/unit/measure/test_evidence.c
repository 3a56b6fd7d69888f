/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readers of what machines say: good files, and the same ones cut, flipped and claiming too much.
 */
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/evidence/evidence.h"
#include "tools/measure/evidence/pcrs_json.h"
#include "tools/measure/evidence/quote.h"

static const char *logs, *quotes;

static const uint8_t nonce[32] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
	0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
	0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static uint8_t *load(const char *folder, const char *name, const char *suffix, size_t *len)
{
	char path[4096];
	struct mapped file;
	uint8_t *copy;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	if (!file_map(path, &file))
		exit(1);
	copy = malloc(file.len);
	if (!copy)
		exit(1);
	memcpy(copy, file.data, file.len);
	*len = file.len;
	file_unmap(&file);
	return copy;
}

static bool lines(const char *text, struct register_values *out)
{
	struct flaw flaw = {0};
	bool good = evidence_pcrs_lines((const uint8_t *)text, strlen(text), out, &flaw);

	CHECK(good == (flaw.reason == NULL));
	return good;
}

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX20 "000102030405060708090a0b0c0d0e0f10111213"

static void test_lines(void)
{
	struct register_values v;

	CHECK(lines("4 " HEX32 "\n", &v) && v.banks == BANK_BIT(BANK_SHA256) &&
		v.known[BANK_SHA256] == 1u << 4 && v.pcr[BANK_SHA256][4][31] == 0x1f);
	CHECK(lines("  sha1:\n    0 : 0x" HEX20 "\n    11: 0x" HEX20 "\r\n  sha384:\n", &v) &&
		v.known[BANK_SHA1] == (1u << 0 | 1u << 11));
	CHECK(lines("# a remark\n\n@@PCR 23 " HEX32, &v) && v.known[BANK_SHA256] == 1u << 23);
	CHECK(lines("pcr-7: " HEX20 "\n7 " HEX32 "\n", &v) && v.known[BANK_SHA1] == 1u << 7 &&
		v.known[BANK_SHA256] == 1u << 7);
	CHECK(!lines("", &v));
	CHECK(!lines("\n\n", &v));
	CHECK(!lines("24 " HEX32, &v));
	CHECK(!lines("4 " HEX32 "00", &v));
	CHECK(!lines("4 x" HEX32, &v));
	CHECK(!lines("4" HEX32, &v));
	CHECK(!lines("sha256:\n4: " HEX20, &v));
	CHECK(!lines("4: " HEX20 "\n4: ff"
		     "0102030405060708090a0b0c0d0e0f10111213",
		&v));
	CHECK(!lines("4: " HEX20 "\nsomething\n", &v));
}

static void test_golden_values_in_every_form(void)
{
	struct evidence golden = {0}, read = {0};
	char path[4096];

	snprintf(path, sizeof(path), "%s/o252.pcrs", logs);
	REQUIRE(evidence_pcrs_open(&golden, path));
	CHECK(golden.values.known[BANK_SHA256] == 0xffffff);
	snprintf(path, sizeof(path), "%s/o252.pcrread", quotes);
	REQUIRE(evidence_pcrs_open(&read, path));
	CHECK(read.values.banks ==
		(BANK_BIT(BANK_SHA1) | BANK_BIT(BANK_SHA256) | BANK_BIT(BANK_SHA384)));
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (pcr != 10) /* Linux's IMA: not in a TPM that only the log was replayed into */
			CHECK_BYTES(read.values.pcr[BANK_SHA256][pcr],
				golden.values.pcr[BANK_SHA256][pcr], 32);
	snprintf(path, sizeof(path), "%s/rsa.values", quotes);
	REQUIRE(evidence_pcrs_open(&read, path));
	CHECK(read.selection_count == 1 && read.selections[0].mask == read.values.known[1]);
	CHECK_BYTES(read.values.pcr[BANK_SHA256][9], golden.values.pcr[BANK_SHA256][9], 32);
}

static void test_kernel_folder(void)
{
	struct evidence e = {0};

	scratch_open();
	mkdir(scratch_path("pcr-sha256"), 0700);
	scratch_write(scratch_path("pcr-sha256/4"), HEX32 "\n", 65, 0600);
	CHECK(evidence_pcrs_open(&e, scratch));
	CHECK(e.values.known[BANK_SHA256] == 1u << 4);
	CHECK(evidence_pcrs_open(&e, scratch_path("pcr-sha256")));
	scratch_write(scratch_path("pcr-sha256/5"), "zz\n", 3, 0600);
	CHECK(!evidence_pcrs_open(&e, scratch));
	CHECK(!evidence_pcrs_open(&e, scratch_path("nothing")));
	scratch_close();
}

static bool json(const char *text, struct register_values *out)
{
	return evidence_pcrs_json("values.json", (const uint8_t *)text, strlen(text), out);
}

static void test_json(void)
{
	struct register_values v;

	CHECK(json("{\"sha256\":{\"4\":\"" HEX32 "\"},\"sha1\":{\"0\":\"" HEX20 "\"}}", &v) &&
		v.known[BANK_SHA256] == 1u << 4 && v.known[BANK_SHA1] == 1u << 0);
	CHECK(json("{\"measurements\":{\"9\":{\"expected\":\"" HEX32 "\",\"warnOnly\":false}}}",
		      &v) &&
		v.known[BANK_SHA256] == 1u << 9);
	CHECK(!json("{}", &v));
	CHECK(!json("[]", &v));
	CHECK(!json("{\"md5\":{}}", &v));
	CHECK(!json("{\"sha256\":{\"24\":\"" HEX32 "\"}}", &v));
	CHECK(!json("{\"sha256\":{\"04\":\"" HEX32 "\"}}", &v));
	CHECK(!json("{\"sha256\":{\"4\":\"" HEX20 "\"}}", &v));
	CHECK(!json("{\"sha256\":{\"4\":7}}", &v));
	CHECK(!json("{\"sha256\":[]}", &v));
	CHECK(!json("{\"sha256\":{\"4\":\"" HEX32 "\"}", &v));
}

/* One quote in memory, whose parts can be spoilt. */
struct parts {
	uint8_t *message, *signature, *key, *values;
	size_t message_len, signature_len, key_len, values_len;
};

static struct parts load_parts(const char *name)
{
	struct parts p;

	p.message = load(quotes, name, ".msg", &p.message_len);
	p.signature = load(quotes, name, ".sig", &p.signature_len);
	p.key = load(quotes, name, ".pub", &p.key_len);
	p.values = load(quotes, name, ".values", &p.values_len);
	return p;
}

static void free_parts(struct parts *p)
{
	free(p->message);
	free(p->signature);
	free(p->key);
	free(p->values);
}

/* QUOTE_PROBLEM_COUNT: malformed. */
static enum quote_problem judge(const struct parts *p, const uint8_t *asked, size_t asked_len)
{
	struct quote quote = {0};
	struct evidence e = {0};
	struct flaw flaw = {0};
	enum quote_problem result = QUOTE_PROBLEM_COUNT;

	if (quote_read_message(&quote, p->message, p->message_len, &flaw) &&
		quote_read_signature(&quote, p->signature, p->signature_len, &flaw) &&
		quote_read_key(&quote, p->key, p->key_len, &flaw) &&
		quote_read_values(&e, p->values, p->values_len, &flaw))
		result = quote_check(&quote, asked, asked_len, &e.values);
	else
		CHECK(flaw.reason != NULL);
	quote_free(&quote);
	return result;
}

static void test_quotes(void)
{
	static const char *const names[] = {"rsa", "ecc"};

	for (size_t i = 0; i < 2; i++) {
		struct parts p = load_parts(names[i]), other = load_parts(names[1 - i]);
		struct parts mixed = p;
		uint8_t wrong[32];

		memcpy(wrong, nonce, 32);
		wrong[31] ^= 1;
		CHECK(judge(&p, nonce, 32) == QUOTE_GOOD);
		CHECK(judge(&p, NULL, 0) == QUOTE_GOOD);
		CHECK(judge(&p, wrong, 32) == QUOTE_NONCE);
		CHECK(judge(&p, nonce, 31) == QUOTE_NONCE);
		mixed.key = other.key;
		mixed.key_len = other.key_len;
		CHECK(judge(&mixed, nonce, 32) == QUOTE_SIGNATURE);
		p.values[150] ^= 1; /* inside the first value */
		CHECK(judge(&p, nonce, 32) == QUOTE_DIGEST);
		p.values[150] ^= 1;
		p.key[7] &= 0xfe; /* TPMA_OBJECT's restricted */
		CHECK(judge(&p, nonce, 32) == QUOTE_KEY);
		free_parts(&p);
		free_parts(&other);
	}
}

static void test_quote_needs_all_values(void)
{
	struct parts p = load_parts("rsa");
	struct quote quote = {0};
	struct evidence e = {0};
	struct flaw flaw;

	REQUIRE(quote_read_message(&quote, p.message, p.message_len, &flaw) &&
		quote_read_signature(&quote, p.signature, p.signature_len, &flaw) &&
		quote_read_key(&quote, p.key, p.key_len, &flaw) &&
		quote_read_values(&e, p.values, p.values_len, &flaw));
	CHECK(quote_covers(&quote, BANK_SHA256) == (1u << 4 | 1u << 9 | 7u << 11));
	CHECK(quote_covers(&quote, BANK_SHA384) == 0);
	CHECK(quote_same_selection(&quote, &e));
	e.selections[0].mask ^= 1u << 4;
	CHECK(!quote_same_selection(&quote, &e));
	e.values.known[BANK_SHA256] &= ~(1u << 12);
	CHECK(quote_check(&quote, NULL, 0, &e.values) == QUOTE_SELECTION);
	quote_free(&quote);
	free_parts(&p);
}

/* Each part cut at every byte is malformed or proves nothing; with one bit flipped too. */
static void spoil(struct parts *p, uint8_t *bytes, size_t *len)
{
	size_t whole = *len;

	for (*len = 0; *len < whole; ++*len)
		CHECK(judge(p, nonce, 32) != QUOTE_GOOD);
	for (size_t bit = 0; bit < 8 * whole; bit += 3) {
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		CHECK(judge(p, nonce, 32) != QUOTE_GOOD);
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
}

static void test_spoilt_quotes(void)
{
	struct parts p = load_parts("ecc");

	spoil(&p, p.message, &p.message_len);
	spoil(&p, p.signature, &p.signature_len);
	for (size_t whole = p.key_len, cut = 0; cut < whole; cut++) {
		p.key_len = cut;
		CHECK(judge(&p, nonce, 32) != QUOTE_GOOD);
		p.key_len = whole;
	}
	for (size_t whole = p.values_len, cut = 0; cut < whole; cut++) {
		p.values_len = cut;
		CHECK(judge(&p, nonce, 32) == QUOTE_PROBLEM_COUNT);
		p.values_len = whole;
	}
	CHECK(judge(&p, nonce, 32) == QUOTE_GOOD);
	free_parts(&p);
}

/* Lengths and counts of 1 GiB and more in small files. */
static void test_large_claims(void)
{
	struct parts p = load_parts("rsa");

	memset(p.values, 0xff, 4);
	CHECK(judge(&p, nonce, 32) == QUOTE_PROBLEM_COUNT);
	memset(p.values, 0, 4);
	CHECK(judge(&p, nonce, 32) == QUOTE_PROBLEM_COUNT);
	p.values[0] = 1;
	memset(p.values + 132, 0x7f, 4);
	CHECK(judge(&p, nonce, 32) == QUOTE_PROBLEM_COUNT);
	memset(p.message + 6, 0xff, 2);
	CHECK(judge(&p, nonce, 32) == QUOTE_PROBLEM_COUNT);
	free_parts(&p);
	p = load_parts("rsa");
	memset(p.signature + 4, 0xff, 2);
	CHECK(judge(&p, nonce, 32) == QUOTE_PROBLEM_COUNT);
	free_parts(&p);
}

static void test_cut_text(void)
{
	size_t len;
	uint8_t *text = load(quotes, "o252", ".pcrread", &len);
	struct register_values v;
	struct flaw flaw;

	for (size_t cut = 0; cut < len; cut++) {
		flaw = (struct flaw){0};
		if (!evidence_pcrs_lines(text, cut, &v, &flaw))
			CHECK(flaw.reason != NULL && flaw.offset <= cut);
	}
	for (size_t at = 0; at < len; at++) {
		flaw = (struct flaw){0};
		text[at] ^= 0x80;
		CHECK(!evidence_pcrs_lines(text, len, &v, &flaw));
		text[at] ^= 0x80;
	}
	free(text);
}

int main(int argc, char **argv)
{
	logs = argc > 2 ? argv[1] : "tests/unit/data/eventlogs";
	quotes = argc > 2 ? argv[2] : "tests/unit/data/quotes";
	report_silence();
	RUN(test_lines);
	RUN(test_golden_values_in_every_form);
	RUN(test_kernel_folder);
	RUN(test_json);
	RUN(test_quotes);
	RUN(test_quote_needs_all_values);
	RUN(test_spoilt_quotes);
	RUN(test_large_claims);
	RUN(test_cut_text);
	return test_summary();
}
