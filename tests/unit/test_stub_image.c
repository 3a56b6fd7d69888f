/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stub as it was built: what firmware, builder and auditors rely on. Takes its path. */
#include "efi/contract/handover.h"
#include "efi/contract/measured.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#define STUB_MAX (16u * 1024u)

static uint8_t file[STUB_MAX + 1];
static size_t file_len;
static struct pe_image image;

static uint32_t header32(uint32_t offset)
{
	const uint8_t *p = file + image.header_offset + offset;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void test_headers(void)
{
	CHECK(file_len <= STUB_MAX);
	CHECK(image.machine == PE_MACHINE_X86_64 && image.subsystem == 10);
	CHECK(image.section_alignment == 4096 && image.file_alignment == 512);
	CHECK(image.dll_characteristics & PE_NX_COMPAT);
	CHECK(!header32(8));		       /* TimeDateStamp: the same bits at any time */
	CHECK(!header32(12) && !header32(16)); /* no COFF symbols */
}

static void test_no_section_is_writable_and_executable(void)
{
	for (unsigned i = 0; i < image.section_count; i++) {
		struct pe_section s = pe_section_at(&image, i);

		CHECK(s.characteristics & PE_SECTION_READ);
		CHECK(!(s.characteristics & PE_SECTION_WRITE) ||
			!(s.characteristics & PE_SECTION_EXECUTE));
	}
}

/* Readers of PE files other than firmware take no section that has no bytes in the file. */
static void test_no_section_is_empty(void)
{
	for (unsigned i = 0; i < image.section_count; i++) {
		struct pe_section s = pe_section_at(&image, i);

		CHECK(s.raw_size && s.virtual_size);
		CHECK(s.raw_offset >= image.size_of_headers);
		CHECK(s.raw_offset % image.file_alignment == 0);
	}
}

static void test_nothing_but_sections(void)
{
	size_t end = image.size_of_headers;

	for (unsigned i = 0; i < image.section_count; i++) {
		struct pe_section s = pe_section_at(&image, i);

		if (s.raw_size && s.raw_offset + s.raw_size > end)
			end = s.raw_offset + s.raw_size;
	}
	CHECK(end == file_len);
}

/* The builder appends every section that the stub allows and does not carry yet. */
static void test_room_for_sections(void)
{
	uint32_t used = image.section_table_offset + image.section_count * PE_SECTION_ENTRY;
	unsigned wanted = 0;
	const uint8_t *data;
	size_t len, zeros;

	for (unsigned i = 0; i < section_rule_count; i++)
		wanted += section_rules[i].need != SECTION_REFUSED &&
			  !pe_find(&image, section_rules[i].name, &data, &len, &zeros);
	CHECK(wanted == 7);
	CHECK((image.size_of_headers - used) / PE_SECTION_ENTRY >= wanted);
}

static void test_sbat(void)
{
	static const char start[] = "sbat,1,SBAT Version,sbat,1,https://";
	const uint8_t *data;
	size_t len, zeros;

	REQUIRE(pe_find(&image, ".sbat", &data, &len, &zeros));
	REQUIRE(!zeros && len > sizeof(start));
	CHECK_BYTES(data, start, sizeof(start) - 1);
	CHECK(data[len - 1] == '\n' && !memchr(data, 0, len));
	CHECK(memmem(data, len, "\nprotostar-stub,1,", 18));
}

static void test_alone_it_does_not_boot(void)
{
	const char *missing = NULL;

	CHECK(measured_walk(&image, NULL, NULL, &missing) == MEASURED_MISSING);
	CHECK(missing && !strcmp(missing, ".linux"));
}

int main(int argc, char **argv)
{
	FILE *stream = argc == 2 ? fopen(argv[1], "rb") : NULL;

	if (!stream) {
		fprintf(stderr, "usage: test_stub_image STUB\n");
		return 1;
	}
	file_len = fread(file, 1, sizeof(file), stream);
	fclose(stream);
	if (pe_parse(file, file_len, PE_ON_DISK, &image)) {
		fprintf(stderr, "%s is not a sound PE image\n", argv[1]);
		return 1;
	}
	RUN(test_headers);
	RUN(test_no_section_is_writable_and_executable);
	RUN(test_no_section_is_empty);
	RUN(test_nothing_but_sections);
	RUN(test_room_for_sections);
	RUN(test_sbat);
	RUN(test_alone_it_does_not_boot);
	return test_summary();
}
