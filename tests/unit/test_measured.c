/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured, in which order, and which images are refused before anything is. */
#include "efi/contract/measured.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"

#include <stdlib.h>

/* The order that systemd-measure and ukify predict; written out again on purpose. */
static const char *const measured_order[] = {
	".linux", ".osrel", ".cmdline", ".initrd", ".uname", ".sbat", ".pcrpkey"};
static const char *const refused[] = {
	".ucode", ".splash", ".dtb", ".profile", ".dtbauto", ".hwids", ".efifw"};
static const char *const mandatory[] = {".linux", ".cmdline", ".initrd"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct record {
	struct measured_event events[64];
	unsigned count, stop_at;
};

static bool sink(void *context, const struct measured_event *event)
{
	struct record *record = context;

	record->events[record->count++] = *event;
	return record->count != record->stop_at;
}

static struct pe_maker full_image(void)
{
	struct pe_maker maker = uki_maker_image((const uint8_t *)"kernel", 6);

	pe_maker_add(&maker, ".pcrpkey", "key", 3, PE_R);
	pe_maker_add(&maker, ".pcrsig", "{}", 2, PE_R);
	pe_maker_add(&maker, ".uname", "6.1", 3, PE_R);
	return maker;
}

static enum measured_result walk(
	const struct pe_maker *maker, enum pe_layout layout, struct record *record, const char **at)
{
	size_t len, loaded_len;
	uint8_t *file = pe_make(maker, &len), *loaded = pe_make_loaded(file, &loaded_len);
	struct pe_image image;
	enum measured_result result = MEASURED_STOPPED;

	if (layout == PE_ON_DISK ? !pe_parse(file, len, layout, &image)
				 : !pe_parse(loaded, loaded_len, layout, &image))
		result = measured_walk(&image, sink, record, at);
	else
		CHECK(false);
	/* Events point into memory that goes now: only names and sizes are compared. */
	free(file);
	free(loaded);
	return result;
}

static void test_order_and_pairs(void)
{
	struct pe_maker maker = full_image();

	for (int layout = PE_ON_DISK; layout <= PE_LOADED; layout++) {
		struct record record = {0};

		REQUIRE(walk(&maker, (enum pe_layout)layout, &record, NULL) == MEASURED_OK);
		REQUIRE(record.count == 2 * COUNT(measured_order));
		for (unsigned i = 0; i < COUNT(measured_order); i++) {
			const struct measured_event *e = &record.events[2 * i];
			const char *name = measured_order[i];

			CHECK(!strcmp(e[0].section, name) && !strcmp(e[1].section, name));
			CHECK(e[0].pcr == 11 && e[0].type == 13 && e[1].pcr == 11 &&
				e[1].type == 13);
			CHECK(e[0].len == strlen(name) + 1 && !e[0].zeros);
			CHECK_BYTES(e[0].data, name, e[0].len);
			CHECK(e[1].len == uki_maker_section(&maker, name)->len && !e[1].zeros);
		}
	}
}

static void test_contents_in_both_layouts(void)
{
	struct pe_maker maker = full_image();
	struct record disk = {0}, memory = {0};
	size_t len, loaded_len;
	uint8_t *file, *loaded;
	struct pe_image on_disk, in_memory;

	uki_maker_section(&maker, ".osrel")->virtual_size = 2000;
	file = pe_make(&maker, &len);
	loaded = pe_make_loaded(file, &loaded_len);
	REQUIRE(!pe_parse(file, len, PE_ON_DISK, &on_disk));
	REQUIRE(!pe_parse(loaded, loaded_len, PE_LOADED, &in_memory));
	REQUIRE(measured_walk(&on_disk, sink, &disk, NULL) == MEASURED_OK);
	REQUIRE(measured_walk(&in_memory, sink, &memory, NULL) == MEASURED_OK);
	REQUIRE(disk.count == memory.count);
	for (unsigned i = 0; i < disk.count; i++) {
		const struct measured_event *d = &disk.events[i], *m = &memory.events[i];

		CHECK(!m->zeros && m->len == d->len + d->zeros);
		CHECK_BYTES(m->data, d->data, d->len);
		for (size_t n = d->len; n < m->len; n++)
			CHECK(!m->data[n]);
	}
	CHECK(disk.events[3].len == 512 && disk.events[3].zeros == 2000 - 512);
	free(file);
	free(loaded);
}

static void test_optional_sections_may_be_absent(void)
{
	struct pe_maker maker = full_image();
	struct record record = {0};

	uki_maker_section(&maker, ".osrel")->name = ".other1";
	uki_maker_section(&maker, ".sbat")->name = ".other2";
	uki_maker_section(&maker, ".uname")->len = 0;
	uki_maker_section(&maker, ".pcrpkey")->name = ".pcrpke";
	CHECK(walk(&maker, PE_ON_DISK, &record, NULL) == MEASURED_OK);
	CHECK(record.count == 2 * COUNT(mandatory));
}

static void test_mandatory_sections(void)
{
	for (unsigned i = 0; i < COUNT(mandatory); i++) {
		for (int empty = 0; empty < 2; empty++) {
			struct pe_maker maker = full_image();
			struct pe_maker_section *s = uki_maker_section(&maker, mandatory[i]);
			struct record record = {0};
			const char *at = NULL;

			if (empty)
				s->len = 0;
			else
				s->name = ".linuxh";
			CHECK(walk(&maker, PE_ON_DISK, &record, &at) == MEASURED_MISSING);
			CHECK(at && !strcmp(at, mandatory[i]) && !record.count);
		}
	}
}

static void test_refused_sections(void)
{
	for (unsigned i = 0; i < COUNT(refused); i++) {
		struct pe_maker maker = full_image();
		struct record record = {0};
		const char *at = NULL;

		pe_maker_add(&maker, refused[i], "x", 1, PE_R);
		CHECK(walk(&maker, PE_LOADED, &record, &at) == MEASURED_REFUSED);
		CHECK(at && !strcmp(at, refused[i]) && !record.count);
	}
}

static void test_table_is_complete(void)
{
	CHECK(section_rule_count == COUNT(measured_order) + COUNT(refused) + 1);
	for (unsigned i = 0; i < section_rule_count; i++)
		CHECK(strlen(section_rules[i].name) <= 8);
}

static void test_sink_stops_the_walk(void)
{
	struct pe_maker maker = full_image();

	for (unsigned stop = 1; stop <= 2 * COUNT(measured_order); stop++) {
		struct record record = {.stop_at = stop};
		const char *at = NULL;

		CHECK(walk(&maker, PE_ON_DISK, &record, &at) == MEASURED_STOPPED);
		CHECK(record.count == stop && at && !strcmp(at, measured_order[(stop - 1) / 2]));
	}
}

int main(void)
{
	RUN(test_order_and_pairs);
	RUN(test_contents_in_both_layouts);
	RUN(test_optional_sections_may_be_absent);
	RUN(test_mandatory_sections);
	RUN(test_refused_sections);
	RUN(test_table_is_complete);
	RUN(test_sink_stops_the_walk);
	return test_summary();
}
