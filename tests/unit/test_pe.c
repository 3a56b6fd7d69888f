/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PE walk: what it reads, what it refuses, and that no broken header gets past it. */
#include "efi/contract/handover.h"
#include "tests/mock/pe_maker.h"
#include "tests/unit/test.h"

#include <stdlib.h>

static struct pe_maker three_sections(void)
{
	static const char text[600] = "code", data[100] = "data";
	struct pe_maker maker = {.major_version = 3, .dll_characteristics = PE_NX_COMPAT};

	pe_maker_add(&maker, ".text", text, sizeof(text), PE_RX);
	pe_maker_add(&maker, ".cmdline", data, sizeof(data), PE_R);
	pe_maker_add(&maker, ".data", data, 20, PE_RW);
	maker.sections[2].virtual_size = 5000;
	return maker;
}

static uint8_t *make(size_t *out_len)
{
	struct pe_maker maker = three_sections();

	return pe_make(&maker, out_len);
}

/* What any accepted image must satisfy; reads every byte it vouches for. */
static void check_sound(const struct pe_image *image)
{
	volatile uint8_t sum = 0;

	CHECK(image->section_count >= 1 && image->section_count <= PE_SECTIONS_MAX);
	CHECK(image->size_of_headers <= image->len);
	for (unsigned i = 0; i < image->section_count; i++) {
		struct pe_section s = pe_section_at(image, i);
		const uint8_t *data;
		size_t len, zeros;

		CHECK((uint64_t)s.virtual_address + s.virtual_size <= image->size_of_image);
		if (!pe_find(image, s.name, &data, &len, &zeros))
			continue;
		CHECK(len + zeros == s.virtual_size);
		CHECK(data >= image->base + image->size_of_headers || !len);
		for (size_t n = 0; n < len; n++)
			sum = (uint8_t)(sum + data[n]);
	}
}

static enum pe_result parse(const uint8_t *bytes, size_t len, enum pe_layout layout)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct pe_image image = {.section_count = 0xffff};
	enum pe_result result;

	memcpy(exact, bytes, len);
	result = pe_parse(exact, len, layout, &image);
	if (result == PE_OK)
		check_sound(&image);
	else
		CHECK(image.section_count == 0xffff && !image.base);
	free(exact);
	return result;
}

static void test_reads_what_was_written(void)
{
	size_t len, loaded_len;
	uint8_t *file = make(&len), *loaded = pe_make_loaded(file, &loaded_len);
	struct pe_image image;
	struct pe_section s;

	REQUIRE(pe_parse(file, len, PE_ON_DISK, &image) == PE_OK);
	CHECK(image.header_offset == PE_AT && image.machine == PE_MACHINE_X86_64);
	CHECK(image.major_image_version == 3 && image.dll_characteristics == PE_NX_COMPAT);
	CHECK(image.section_count == 3 && image.entry_rva == 0x1000 && image.subsystem == 10);
	CHECK(image.section_alignment == 4096 && image.file_alignment == 512);
	CHECK(image.size_of_headers == 512 && image.size_of_image == 0x5000);
	CHECK(image.section_table_offset == PE_AT_SECTIONS && !image.base_relocation_size);
	s = pe_section_at(&image, 1);
	CHECK(!strcmp(s.name, ".cmdline") && s.virtual_address == 0x2000 && s.virtual_size == 100);
	CHECK(s.raw_size == 512 && s.raw_offset == 512 + 1024 && s.characteristics == PE_R);
	CHECK(!s.has_relocations);
	CHECK(parse(loaded, loaded_len, PE_LOADED) == PE_OK);
	free(file);
	free(loaded);
}

static void test_contents_are_virtual_size(void)
{
	size_t len, loaded_len, found, zeros;
	uint8_t *file = make(&len), *loaded = pe_make_loaded(file, &loaded_len);
	struct pe_image disk, memory;
	const uint8_t *data;

	REQUIRE(pe_parse(file, len, PE_ON_DISK, &disk) == PE_OK);
	REQUIRE(pe_parse(loaded, loaded_len, PE_LOADED, &memory) == PE_OK);
	REQUIRE(pe_find(&disk, ".cmdline", &data, &found, &zeros));
	CHECK(found == 100 && !zeros && data == file + 1536);
	REQUIRE(pe_find(&memory, ".cmdline", &data, &found, &zeros));
	CHECK(found == 100 && !zeros && data == loaded + 0x2000);
	REQUIRE(pe_find(&disk, ".data", &data, &found, &zeros));
	CHECK(found == 512 && zeros == 5000 - 512);
	REQUIRE(pe_find(&memory, ".data", &data, &found, &zeros));
	CHECK(found == 5000 && !zeros);
	free(file);
	free(loaded);
}

static void test_names_are_exact(void)
{
	size_t len, found, zeros;
	uint8_t *file = make(&len);
	struct pe_image image;
	const uint8_t *data;

	REQUIRE(pe_parse(file, len, PE_ON_DISK, &image) == PE_OK);
	CHECK(pe_find(&image, ".cmdline", &data, &found, &zeros));
	CHECK(!pe_find(&image, ".cmdlin", &data, &found, &zeros));
	CHECK(!pe_find(&image, ".cmdlinex", &data, &found, &zeros));
	CHECK(!pe_find(&image, ".tex", &data, &found, &zeros));
	CHECK(!pe_find(&image, "", &data, &found, &zeros));
	memcpy(pe_row(file, 0), ".tex\0t\0\0", 8);
	CHECK(parse(file, len, PE_ON_DISK) == PE_SECTION_NAME);
	memcpy(pe_row(file, 0), ".cmdline", 8);
	CHECK(parse(file, len, PE_ON_DISK) == PE_SECTION_TWICE);
	free(file);
}

static void test_empty_section_is_absent(void)
{
	size_t len, found, zeros;
	uint8_t *file = make(&len);
	struct pe_image image;
	const uint8_t *data = NULL;

	put32(pe_row(file, 1) + PE_ROW_VIRTUAL_SIZE, 0);
	REQUIRE(pe_parse(file, len, PE_ON_DISK, &image) == PE_OK);
	CHECK(!pe_find(&image, ".cmdline", &data, &found, &zeros) && !data);
	/* Firmware copies its raw bytes all the same, so they must not lie over a neighbour. */
	put32(pe_row(file, 1) + PE_ROW_ADDRESS, 0x3000);
	CHECK(parse(file, len, PE_ON_DISK) == PE_SECTION_OVERLAP);
	free(file);
}

static void test_gap_and_trailing_bytes(void)
{
	size_t len;
	uint8_t *file = make(&len), *longer = calloc(1, len + 1024 + 3);

	memcpy(longer, file, len);
	CHECK(parse(longer, len + 3, PE_ON_DISK) == PE_OK);
	put32(pe_row(longer, 2) + PE_ROW_RAW_OFFSET, (uint32_t)len + 512);
	CHECK(parse(longer, len + 1024, PE_ON_DISK) == PE_OK);
	CHECK(parse(longer, len + 1023, PE_ON_DISK) == PE_SECTION_RANGE);
	free(file);
	free(longer);
}

struct override {
	unsigned at;
	uint32_t value;
	enum pe_result disk, loaded;
};

#define ROW(index, field) (PE_AT_SECTIONS + (index)*PE_ROW + (field))

static void test_bad_numbers(void)
{
	static const struct override overrides[] = {
		{0, 0, PE_NOT_PE, PE_NOT_PE},
		{60, 0xffffffff, PE_TRUNCATED, PE_TRUNCATED},
		{60, 0x7fffffff, PE_TRUNCATED, PE_TRUNCATED},
		{PE_AT, 0x00014550, PE_NOT_PE, PE_NOT_PE},
		{PE_AT_OPTIONAL, 0x10b, PE_NOT_PE, PE_NOT_PE},
		{PE_AT_DIRECTORY_COUNT, 17, PE_NOT_PE, PE_NOT_PE},
		{PE_AT_DIRECTORY_COUNT, 0xffffffff, PE_NOT_PE, PE_NOT_PE},
		{PE_AT_SECTION_ALIGNMENT, 0, PE_ALIGNMENT, PE_ALIGNMENT},
		{PE_AT_SECTION_ALIGNMENT, 4097, PE_ALIGNMENT, PE_ALIGNMENT},
		{PE_AT_SECTION_ALIGNMENT, 256, PE_ALIGNMENT, PE_ALIGNMENT},
		{PE_AT_SECTION_ALIGNMENT, 0x80000000, PE_ALIGNMENT, PE_ALIGNMENT},
		{PE_AT_FILE_ALIGNMENT, 0, PE_ALIGNMENT, PE_ALIGNMENT},
		{PE_AT_FILE_ALIGNMENT, 513, PE_ALIGNMENT, PE_ALIGNMENT},
		{PE_AT_FILE_ALIGNMENT, 4096, PE_ALIGNMENT, PE_ALIGNMENT},
		{PE_AT_SIZE_OF_IMAGE, 0x4fff - 0x1000, PE_SECTION_RANGE, PE_SECTION_RANGE},
		{PE_AT_SIZE_OF_IMAGE, 100, PE_SECTION_RANGE, PE_SECTION_RANGE},
		{PE_AT_SIZE_OF_IMAGE, 0x5001, PE_OK, PE_TRUNCATED},
		{PE_AT_SIZE_OF_HEADERS, 0, PE_TRUNCATED, PE_TRUNCATED},
		{PE_AT_SIZE_OF_HEADERS, PE_AT_SECTIONS + 3 * PE_ROW - 1, PE_TRUNCATED,
			PE_TRUNCATED},
		{PE_AT_SIZE_OF_HEADERS, 0xffffffff, PE_TRUNCATED, PE_TRUNCATED},
		{PE_AT_SIZE_OF_HEADERS, 513, PE_SECTION_RANGE, PE_SECTION_RANGE},
		{PE_AT_ENTRY, 0, PE_ENTRY, PE_ENTRY},
		{PE_AT_ENTRY, 0x0fff, PE_ENTRY, PE_ENTRY},
		{PE_AT_ENTRY, 0x1000 + 599, PE_OK, PE_OK},
		{PE_AT_ENTRY, 0x1000 + 600, PE_ENTRY, PE_ENTRY},
		{PE_AT_ENTRY, 0x2000, PE_ENTRY, PE_ENTRY},
		{PE_AT_ENTRY, 0xffffffff, PE_ENTRY, PE_ENTRY},
		{ROW(0, PE_ROW_ADDRESS), 0, PE_SECTION_RANGE, PE_SECTION_RANGE},
		{ROW(0, PE_ROW_ADDRESS), 0x1010, PE_ALIGNMENT, PE_ALIGNMENT},
		{ROW(0, PE_ROW_ADDRESS), 0x2000, PE_SECTION_OVERLAP, PE_SECTION_OVERLAP},
		{ROW(0, PE_ROW_ADDRESS), 0xfffff000, PE_SECTION_RANGE, PE_SECTION_RANGE},
		{ROW(0, PE_ROW_VIRTUAL_SIZE), 0x1001, PE_SECTION_OVERLAP, PE_SECTION_OVERLAP},
		{ROW(1, PE_ROW_VIRTUAL_SIZE), 0xffffffff, PE_SECTION_RANGE, PE_SECTION_RANGE},
		{ROW(2, PE_ROW_VIRTUAL_SIZE), 0x2001, PE_SECTION_RANGE, PE_SECTION_RANGE},
		{ROW(2, PE_ROW_VIRTUAL_SIZE), 0x2000, PE_OK, PE_OK},
		{ROW(0, PE_ROW_RAW_SIZE), 0xffffffff, PE_SECTION_RANGE, PE_SECTION_OVERLAP},
		{ROW(0, PE_ROW_RAW_SIZE), 1025, PE_SECTION_OVERLAP, PE_SECTION_OVERLAP},
		{ROW(0, PE_ROW_RAW_OFFSET), 0, PE_SECTION_RANGE, PE_SECTION_RANGE},
		{ROW(0, PE_ROW_RAW_OFFSET), 513, PE_ALIGNMENT, PE_ALIGNMENT},
		{ROW(0, PE_ROW_RAW_OFFSET), 0xfffffe00, PE_SECTION_RANGE, PE_OK},
		{ROW(2, PE_ROW_RAW_OFFSET), 1536, PE_SECTION_OVERLAP, PE_SECTION_OVERLAP},
	};

	for (unsigned i = 0; i < sizeof(overrides) / sizeof(overrides[0]); i++) {
		const struct override *o = &overrides[i];
		size_t len, loaded_len;
		uint8_t *file = make(&len), *loaded = pe_make_loaded(file, &loaded_len);
		enum pe_result disk, memory;

		put32(file + o->at, o->value);
		put32(loaded + o->at, o->value);
		disk = parse(file, len, PE_ON_DISK);
		memory = parse(loaded, loaded_len, PE_LOADED);
		CHECK(disk == o->disk && memory == o->loaded);
		if (disk != o->disk || memory != o->loaded)
			fprintf(stderr, "override %u: disk %d, loaded %d\n", i, disk, memory);
		free(file);
		free(loaded);
	}
}

static void test_section_counts(void)
{
	for (unsigned count = 1; count <= PE_MAKER_SECTIONS; count++) {
		char names[PE_MAKER_SECTIONS][9];
		struct pe_maker maker = {0};
		size_t len;
		uint8_t *file;

		for (unsigned i = 0; i < count; i++) {
			snprintf(names[i], sizeof(names[i]), "s%u", i);
			pe_maker_add(&maker, names[i], "x", 1, PE_RX);
		}
		file = pe_make(&maker, &len);
		CHECK(parse(file, len, PE_ON_DISK) ==
			(count <= PE_SECTIONS_MAX ? PE_OK : PE_SECTION_COUNT));
		put16(file + PE_AT_SECTION_COUNT, 0);
		CHECK(parse(file, len, PE_ON_DISK) == PE_SECTION_COUNT);
		put16(file + PE_AT_SECTION_COUNT, 0xffff);
		CHECK(parse(file, len, PE_ON_DISK) == PE_SECTION_COUNT);
		free(file);
	}
}

static void test_short_optional_header(void)
{
	for (uint16_t size = 0; size < 240; size++) {
		size_t len;
		uint8_t *file = make(&len);

		put16(file + PE_AT_OPTIONAL_SIZE, size);
		CHECK(parse(file, len, PE_ON_DISK) == PE_TRUNCATED);
		free(file);
	}
}

static void test_truncated_at_every_byte(void)
{
	size_t len, loaded_len;
	uint8_t *file = make(&len), *loaded = pe_make_loaded(file, &loaded_len);

	for (size_t cut = 0; cut < len; cut++)
		CHECK(parse(file, cut, PE_ON_DISK) != PE_OK);
	for (size_t cut = 0; cut < loaded_len; cut++)
		CHECK(parse(loaded, cut, PE_LOADED) != PE_OK);
	free(file);
	free(loaded);
}

/* parse() itself checks whatever is accepted. */
static void test_every_header_bit_flipped(void)
{
	size_t len, loaded_len;
	uint8_t *file = make(&len), *loaded = pe_make_loaded(file, &loaded_len);
	unsigned refused = 0;

	for (size_t bit = 0; bit < 8 * (PE_AT_SECTIONS + 3 * PE_ROW); bit++) {
		uint8_t mask = (uint8_t)(1u << bit % 8);

		file[bit / 8] ^= mask;
		loaded[bit / 8] ^= mask;
		refused += parse(file, len, PE_ON_DISK) != PE_OK;
		refused += parse(loaded, loaded_len, PE_LOADED) != PE_OK;
		file[bit / 8] ^= mask;
		loaded[bit / 8] ^= mask;
	}
	CHECK(refused > 500);
	free(file);
	free(loaded);
}

static void test_kernel_rules(void)
{
	struct pe_maker maker = three_sections();
	size_t len;
	uint8_t *file = pe_make(&maker, &len);
	struct pe_image image;

	REQUIRE(pe_parse(file, len, PE_ON_DISK, &image) == PE_OK);
	CHECK(kernel_acceptable(&image, PE_MACHINE_X86_64) == KERNEL_OK);
	CHECK(kernel_acceptable(&image, PE_MACHINE_AARCH64) == KERNEL_MACHINE);
	image.major_image_version = 0;
	CHECK(kernel_acceptable(&image, PE_MACHINE_X86_64) == KERNEL_TOO_OLD);
	image.major_image_version = 1;
	image.base_relocation_size = 8;
	CHECK(kernel_acceptable(&image, PE_MACHINE_X86_64) == KERNEL_RELOCATIONS);
	image.base_relocation_size = 0;
	put32(pe_row(file, 1) + PE_ROW_RELOCATIONS, 1);
	CHECK(kernel_acceptable(&image, PE_MACHINE_X86_64) == KERNEL_RELOCATIONS);
	put32(pe_row(file, 1) + PE_ROW_RELOCATIONS, 0);
	put32(pe_row(file, 2) + PE_ROW_CHARACTERISTICS, PE_RW | PE_RX);
	CHECK(kernel_acceptable(&image, PE_MACHINE_X86_64) == KERNEL_WRITE_EXECUTE);
	image.dll_characteristics = 0;
	CHECK(kernel_acceptable(&image, PE_MACHINE_X86_64) == KERNEL_OK);
	image.section_alignment = 32;
	CHECK(kernel_acceptable(&image, PE_MACHINE_X86_64) == KERNEL_OK);
	image.dll_characteristics = PE_NX_COMPAT;
	put32(pe_row(file, 2) + PE_ROW_CHARACTERISTICS, PE_RW);
	CHECK(kernel_acceptable(&image, PE_MACHINE_X86_64) == KERNEL_WRITE_EXECUTE);
	free(file);
}

static void test_cmdline_rules(void)
{
	uint8_t text[CMDLINE_MAX + 1];

	memset(text, 'a', sizeof(text));
	CHECK(!cmdline_acceptable(text, 0));
	CHECK(cmdline_acceptable(text, 1));
	CHECK(cmdline_acceptable(text, CMDLINE_MAX));
	CHECK(!cmdline_acceptable(text, CMDLINE_MAX + 1));
	for (unsigned at = 0; at < 3; at++) {
		for (unsigned c = 0; c < 256; c++) {
			bool good = c >= 0x20 && c <= 0x7e && (c != ' ' || at == 1);

			text[at] = (uint8_t)c;
			CHECK(cmdline_acceptable(text, 3) == good);
		}
		text[at] = 'a';
	}
}

int main(void)
{
	RUN(test_reads_what_was_written);
	RUN(test_contents_are_virtual_size);
	RUN(test_names_are_exact);
	RUN(test_empty_section_is_absent);
	RUN(test_gap_and_trailing_bytes);
	RUN(test_bad_numbers);
	RUN(test_section_counts);
	RUN(test_short_optional_header);
	RUN(test_truncated_at_every_byte);
	RUN(test_every_header_bit_flipped);
	RUN(test_kernel_rules);
	RUN(test_cmdline_rules);
	return test_summary();
}
