/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections appended to stubs that are well and badly made. */
#include <stdlib.h>
#include "tests/mock/pe_maker.h"
#include "tests/unit/test.h"
#include "efi/contract/pe.h"
#include "tools/lib/uki_write.h"

static const struct uki_section two[] = {
	{".cmdline", (const uint8_t *)"quiet", 5},
	{".initrd", (const uint8_t *)"archive", 7},
};

static uint8_t *make_stub(unsigned extra_sections, size_t *out_len)
{
	static char names[PE_MAKER_SECTIONS][16];
	struct pe_maker maker = {.dll_characteristics = PE_NX_COMPAT};

	pe_maker_add(&maker, ".text", "code", 4, PE_RX);
	pe_maker_add(&maker, ".data", "data", 4, PE_RW);
	maker.sections[1].virtual_size = 9000;
	for (unsigned i = 0; i < extra_sections; i++) {
		snprintf(names[i], sizeof(names[i]), ".x%u", i);
		pe_maker_add(&maker, names[i], "x", 1, PE_R);
	}
	return pe_make(&maker, out_len);
}

static void test_sections_are_found(void)
{
	struct bytes out = {0};
	struct pe_image image;
	const uint8_t *data;
	size_t len, zeros, stub_len;
	uint8_t *stub = make_stub(0, &stub_len);

	REQUIRE(uki_write(stub, stub_len, two, 2, true, &out));
	REQUIRE(pe_parse(out.data, out.len, PE_ON_DISK, &image) == PE_OK);
	CHECK(image.section_count == 4 && out.len % 512 == 0);
	REQUIRE(pe_find(&image, ".cmdline", &data, &len, &zeros));
	CHECK(len == 5 && zeros == 0 && memcmp(data, "quiet", 5) == 0);
	REQUIRE(pe_find(&image, ".initrd", &data, &len, &zeros));
	CHECK(len == 7 && zeros == 0 && memcmp(data, "archive", 7) == 0);
	for (unsigned i = 2; i < 4; i++) {
		struct pe_section before = pe_section_at(&image, i - 1);
		struct pe_section s = pe_section_at(&image, i);

		CHECK(s.virtual_address % 4096 == 0);
		CHECK(s.virtual_address >= before.virtual_address + before.virtual_size);
		CHECK(!(s.characteristics & (PE_SECTION_WRITE | PE_SECTION_EXECUTE)));
	}
	CHECK(image.dll_characteristics & PE_NX_COMPAT);
	bytes_free(&out);
	free(stub);
}

static void test_nx_is_taken_away(void)
{
	struct bytes out = {0};
	size_t len;
	uint8_t *stub = make_stub(0, &len);

	REQUIRE(uki_write(stub, len, two, 2, false, &out));
	CHECK(!pe_is_nx(out.data, out.len) && pe_is_nx(stub, len));
	bytes_free(&out);
	free(stub);
}

/* A linker's symbol table behind the sections is not carried along. */
static void test_symbol_table_is_dropped(void)
{
	struct bytes plain = {0}, out = {0};
	size_t len;
	uint8_t *stub = make_stub(0, &len), *longer = calloc(1, len + 100);

	REQUIRE(longer != NULL);
	memcpy(longer, stub, len);
	put32(longer + PE_AT + 12, (uint32_t)len);
	put32(longer + PE_AT + 16, 5);
	REQUIRE(uki_write(stub, len, two, 2, true, &plain));
	REQUIRE(uki_write(longer, len + 100, two, 2, true, &out));
	REQUIRE(plain.len == out.len);
	CHECK_BYTES(plain.data, out.data, out.len);
	bytes_free(&plain);
	bytes_free(&out);
	free(stub);
	free(longer);
}

/* Headers of 512 bytes hold four rows of the section table; the stub has two or three. */
static void test_header_room(void)
{
	for (unsigned extra = 0; extra < 4; extra++) {
		struct bytes out = {0};
		size_t len;
		uint8_t *stub = make_stub(extra, &len);
		struct pe_image image;
		bool fits;

		REQUIRE(pe_parse(stub, len, PE_ON_DISK, &image) == PE_OK);
		fits = PE_AT_SECTIONS + (2u + extra + 2u) * PE_ROW <= image.size_of_headers;
		CHECK(uki_write(stub, len, two, 2, true, &out) == fits);
		CHECK(fits || extra);
		bytes_free(&out);
		free(stub);
	}
}

static void test_refusals(void)
{
	static const struct uki_section bad[][2] = {
		{{".text", (const uint8_t *)"x", 1}, {".b", (const uint8_t *)"x", 1}},
		{{".cmdline", (const uint8_t *)"", 0}, {".b", (const uint8_t *)"x", 1}},
		{{".longname", (const uint8_t *)"x", 1}, {".b", (const uint8_t *)"x", 1}},
		{{".twice", (const uint8_t *)"x", 1}, {".twice", (const uint8_t *)"y", 1}},
	};
	size_t len;
	uint8_t *stub = make_stub(0, &len);
	struct bytes out = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!uki_write(stub, len, bad[i], 2, true, &out));
		CHECK(out.len == 0);
	}
	CHECK(!uki_write(stub, len - 512, two, 2, true, &out));
	CHECK(!uki_write((const uint8_t *)"MZ", 2, two, 2, true, &out));
	put32(stub + PE_AT_OPTIONAL + 112 + 32, (uint32_t)len);
	put32(stub + PE_AT_OPTIONAL + 112 + 36, 8);
	CHECK(!uki_write(stub, len, two, 2, true, &out));
	CHECK(out.len == 0);
	free(stub);
}

int main(void)
{
	RUN(test_sections_are_found);
	RUN(test_nx_is_taken_away);
	RUN(test_symbol_table_is_dropped);
	RUN(test_header_room);
	RUN(test_refusals);
	return test_summary();
}
