/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tolerant reader: what firmware would load it takes, what has two meanings it refuses. */
#include <stdlib.h>
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/pe_read.h"

enum { SLOT = PE_AT_OPTIONAL + 112 + 32 };

struct sample {
	struct pe_maker maker;
	uint8_t *file;
	size_t len;
	struct pe_file pe;
	struct flaw flaw;
};

static void begin(struct sample *s)
{
	*s = (struct sample){.maker = {.section_alignment = 512}};
	pe_maker_add(&s->maker, ".text", "code", 4, PE_RX);
	pe_maker_add(&s->maker, ".cmdline", "first", 5, PE_R);
	pe_maker_add(&s->maker, ".dtb", "tree", 4, PE_R);
	pe_maker_add(&s->maker, ".dtbauto", "forest", 6, PE_R);
	pe_maker_add(&s->maker, ".cmdline", "second", 6, PE_R);
	s->maker.sections[3].virtual_size = 2000;
	s->file = pe_make(&s->maker, &s->len);
}

static bool reads(struct sample *s)
{
	s->flaw = (struct flaw){.reason = NULL};
	return pe_read(s->file, s->len, &s->pe, &s->flaw);
}

static bool found(const struct sample *s, const char *name, enum pe_match match, const char *text,
	size_t zeros)
{
	struct pe_contents c;

	return pe_lookup(&s->pe, name, match, 0, s->pe.section_count, &c) &&
	       c.len >= strlen(text) && memcmp(c.data, text, strlen(text)) == 0 &&
	       c.zeros == zeros && s->file + c.offset == c.data;
}

/* Sections twice, and memory aligned to 512 bytes, which our own images may not have. */
static void test_takes_what_others_make(void)
{
	struct pe_contents c;
	struct sample s;

	begin(&s);
	REQUIRE(reads(&s));
	CHECK(s.pe.section_count == 5 && s.pe.machine == 0x8664 && !s.pe.certificates_len);
	CHECK(found(&s, ".cmdline", PE_FIRST_EXACT, "first", 0));
	CHECK(found(&s, ".cmdline", PE_LAST_PREFIX, "second", 0));
	CHECK(found(&s, ".dtb", PE_FIRST_EXACT, "tree", 0));
	CHECK(found(&s, ".dtb", PE_LAST_PREFIX, "forest", 2000 - 512));
	CHECK(!pe_lookup(&s.pe, ".cmdlin", PE_FIRST_EXACT, 0, 5, &c));
	CHECK(pe_lookup(&s.pe, ".cmdlin", PE_LAST_PREFIX, 0, 5, &c));
	CHECK(!pe_lookup(&s.pe, ".dtb", PE_FIRST_EXACT, 3, 5, &c));
	CHECK(pe_lookup(&s.pe, ".cmdline", PE_FIRST_EXACT, 2, 5, &c) && c.len == 6);
	/* What is found but empty hides what comes after it. */
	put32(pe_row(s.file, 1) + PE_ROW_VIRTUAL_SIZE, 0);
	REQUIRE(reads(&s));
	CHECK(!pe_lookup(&s.pe, ".cmdline", PE_FIRST_EXACT, 0, 5, &c));
	free(s.file);
}

static bool refused(struct sample *s, size_t at, uint32_t value, uint64_t flaw_at)
{
	uint32_t before = get32(s->file + at);
	bool was;

	put32(s->file + at, value);
	was = !reads(s) && s->flaw.reason && s->flaw.offset == flaw_at;
	put32(s->file + at, before);
	return was;
}

static void test_says_where_and_why(void)
{
	const size_t row1 = PE_AT_SECTIONS + PE_ROW, row2 = row1 + PE_ROW;
	struct sample s;

	begin(&s);
	CHECK(refused(&s, 0, 0, 0));
	CHECK(refused(&s, 60, 0xfffffff0, 60));
	CHECK(refused(&s, PE_AT, 0, PE_AT));
	CHECK(refused(&s, PE_AT_SECTION_COUNT, 97, PE_AT_SECTION_COUNT));
	CHECK(refused(&s, PE_AT_SECTION_COUNT, 0, PE_AT_SECTION_COUNT));
	CHECK(refused(&s, PE_AT_SECTION_COUNT, 18, PE_AT_SECTIONS));
	CHECK(refused(&s, PE_AT_OPTIONAL_SIZE, 0xffff, PE_AT_OPTIONAL_SIZE));
	CHECK(refused(&s, PE_AT_OPTIONAL_SIZE, 111, PE_AT_OPTIONAL));
	CHECK(refused(&s, PE_AT_OPTIONAL, 0x10b, PE_AT_OPTIONAL));
	CHECK(refused(&s, PE_AT_DIRECTORY_COUNT, 17, PE_AT_DIRECTORY_COUNT));
	CHECK(refused(&s, PE_AT_SIZE_OF_HEADERS, 1 << 20, PE_AT_SIZE_OF_HEADERS));
	CHECK(refused(&s, PE_AT_SIZE_OF_IMAGE, 16, PE_AT_SIZE_OF_IMAGE));
	/* A gigabyte claimed in a file of a few kilobytes. */
	CHECK(refused(&s, PE_AT_SIZE_OF_IMAGE, 1u << 30, PE_AT_SIZE_OF_IMAGE));
	CHECK(refused(&s, row1 + PE_ROW_VIRTUAL_SIZE, 1u << 30, row1));
	CHECK(refused(&s, row1 + PE_ROW_RAW_SIZE, 1u << 30, row1));
	CHECK(refused(&s, row1 + PE_ROW_RAW_OFFSET, 0xfffffff0, row1));
	CHECK(refused(&s, row1 + PE_ROW_RAW_OFFSET, 64, row1));
	CHECK(refused(
		&s, row2 + PE_ROW_RAW_OFFSET, get32(s.file + row1 + PE_ROW_RAW_OFFSET), row2));
	CHECK(refused(&s, row2 + PE_ROW_ADDRESS, get32(s.file + row1 + PE_ROW_ADDRESS), row2));
	CHECK(refused(&s, SLOT + 4, 8, SLOT));
	free(s.file);
}

/* A complaint says which section it is, by the name that the row has. */
static void test_names_the_section(void)
{
	struct sample s;

	begin(&s);
	put32(pe_row(s.file, 3) + PE_ROW_RAW_OFFSET, 0xfffffff0);
	CHECK(!reads(&s) && strcmp(s.flaw.part, ".dtbauto") == 0);
	put32(s.file + PE_AT_OPTIONAL, 0x10b);
	CHECK(!reads(&s) && s.flaw.part[0] == '\0');
	free(s.file);
}

/* Bytes behind the signature: firmware still hashes all but as many bytes as that has. */
static void test_bytes_behind_the_signature(void)
{
	struct authenticode a;
	struct sample s;
	size_t len, sum = 0;

	begin(&s);
	len = s.len;
	s.file = realloc(s.file, len + 64 + 300);
	REQUIRE(s.file != NULL);
	memset(s.file + len, 'c', 64 + 300);
	s.len = len + 64 + 300;
	put32(s.file + SLOT, (uint32_t)len);
	put32(s.file + SLOT + 4, 64);
	REQUIRE(reads(&s) && s.pe.certificates_len == 64 && s.pe.certificates_at == len);
	REQUIRE(authenticode_spans(s.file, s.len, &a, &s.flaw));
	for (size_t i = 0; i < a.count; i++)
		sum += a.spans[i].len;
	CHECK(sum == s.len - 64 - 4 - 8);
	put32(s.file + SLOT + 4, 64 + 301);
	CHECK(!reads(&s) && s.flaw.offset == SLOT);
	put32(s.file + SLOT, (uint32_t)len - 8); /* in the last section */
	put32(s.file + SLOT + 4, 64);
	CHECK(!reads(&s) && s.flaw.part[0] == '.');
	free(s.file);
}

/* No certificate entry at all: nothing is left out of the hash, and the last span ends the file. */
static void test_few_directories(void)
{
	struct authenticode a;
	struct sample s;
	size_t sum = 0;

	begin(&s);
	put32(s.file + PE_AT_DIRECTORY_COUNT, 4);
	REQUIRE(reads(&s) && s.pe.certificate_entry_at == 0);
	REQUIRE(authenticode_spans(s.file, s.len, &a, &s.flaw));
	for (size_t i = 0; i < a.count; i++)
		sum += a.spans[i].len;
	CHECK(sum == s.len - 4);
	put32(s.file + PE_AT_DIRECTORY_COUNT, 16);
	REQUIRE(authenticode_spans(s.file, s.len, &a, &s.flaw));
	CHECK(a.spans[0].at == 0 && a.spans[0].len == PE_AT_OPTIONAL + 64);
	CHECK(a.spans[1].at == PE_AT_OPTIONAL + 68 && a.spans[2].at == SLOT + 8);
	free(s.file);
}

/* A gap between sections is not hashed, and the bytes after the *sum* are, once more. */
static void test_gaps_and_tails(void)
{
	struct authenticode a;
	struct sample s;
	size_t headers, last;

	begin(&s);
	headers = get32(s.file + PE_AT_SIZE_OF_HEADERS);
	last = get32(pe_row(s.file, 4) + PE_ROW_RAW_OFFSET);
	s.file = realloc(s.file, s.len + 1024);
	REQUIRE(s.file != NULL);
	memmove(s.file + last + 1024, s.file + last, s.len - last);
	memset(s.file + last, 'g', 1024);
	put32(pe_row(s.file, 4) + PE_ROW_RAW_OFFSET, (uint32_t)last + 1024);
	s.len += 1024;
	REQUIRE(authenticode_spans(s.file, s.len, &a, &s.flaw));
	CHECK(a.count == 3 + 5 + 1);
	CHECK(a.spans[3].at == headers && a.spans[7].at == last + 1024);
	CHECK(a.spans[8].at == s.len - 1024 && a.spans[8].len == 1024);
	free(s.file);
}

/* Sections are hashed as they lie in the file, whatever the order of their rows. */
static void test_order_of_rows(void)
{
	struct authenticode a;
	struct sample s;
	uint8_t row[PE_ROW];
	bool sorted = true;

	begin(&s);
	memcpy(row, pe_row(s.file, 1), PE_ROW);
	memcpy(pe_row(s.file, 1), pe_row(s.file, 4), PE_ROW);
	memcpy(pe_row(s.file, 4), row, PE_ROW);
	REQUIRE(authenticode_spans(s.file, s.len, &a, &s.flaw));
	for (size_t i = 1; i < a.count; i++)
		sorted = sorted && a.spans[i].at >= a.spans[i - 1].at + a.spans[i - 1].len;
	CHECK(sorted && a.count == 8);
	free(s.file);
}

static bool inside(const struct authenticode *a, size_t len)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->spans[i].at > len || a->spans[i].len > len - a->spans[i].at)
			return false;
	return true;
}

/* Every length, in memory of just that length, and every bit: an error or another value. */
static void test_truncated_and_flipped(void)
{
	struct authenticode a;
	struct sample s;
	bool fine = true;

	begin(&s);
	for (size_t len = 0; len < s.len; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		REQUIRE(copy != NULL);
		memcpy(copy, s.file, len);
		fine = fine && !authenticode_spans(copy, len, &a, &s.flaw) &&
		       s.flaw.offset <= s.len && s.flaw.reason;
		free(copy);
	}
	CHECK(fine);
	for (size_t bit = 0; bit < 8 * s.len; bit++) {
		s.file[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (authenticode_spans(s.file, s.len, &a, &s.flaw))
			fine = fine && inside(&a, s.len);
		s.file[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(fine);
	free(s.file);
}

int main(void)
{
	RUN(test_takes_what_others_make);
	RUN(test_says_where_and_why);
	RUN(test_names_the_section);
	RUN(test_bytes_behind_the_signature);
	RUN(test_few_directories);
	RUN(test_gaps_and_tails);
	RUN(test_order_of_rows);
	RUN(test_truncated_and_flipped);
	return test_summary();
}
