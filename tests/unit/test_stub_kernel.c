/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's loader: where every byte goes, what each page may be used for, what is refused. */
#include "tests/mock/stub_bench.h"

/* Raw data beyond VirtualSize is padding: it must not reach the neighbour's page. */
static void test_raw_data_longer_than_section(void)
{
	struct bench b;

	bench_open(&b);
	b.kernel.sections[1].virtual_size = 100;
	use_kernel(&b);
	bench_run(&b);
	REQUIRE(b.mock.started == 1 && b.mock.kernel_len == 0x6000);
	CHECK_BYTES(b.mock.kernel + 0x2000, b.kernel.sections[1].data, 100);
	for (size_t n = 0x2000 + 100; n < 0x3000; n++)
		CHECK(!b.mock.kernel[n]);
	CHECK_BYTES(b.mock.kernel + 0x3000, b.kernel.sections[2].data, 600);
	bench_close(&b);
}

static void test_kernel_layout(void)
{
	struct bench b;
	struct pe_image image;

	bench_open(&b);
	bench_run(&b);
	REQUIRE(!pe_parse(b.kernel_file, b.kernel_len, PE_ON_DISK, &image));
	REQUIRE(b.mock.kernel_len == image.size_of_image);
	CHECK(b.mock.kernel_entry == image.entry_rva);
	CHECK_BYTES(b.mock.kernel, b.kernel_file, image.size_of_headers);
	for (unsigned i = 0; i < image.section_count; i++) {
		struct pe_section s = pe_section_at(&image, i);
		uint32_t used = s.raw_size < s.virtual_size ? s.raw_size : s.virtual_size;

		CHECK_BYTES(b.mock.kernel + s.virtual_address, b.kernel_file + s.raw_offset, used);
		for (uint32_t n = used; n < s.virtual_size; n++)
			CHECK(!b.mock.kernel[s.virtual_address + n]);
	}
	bench_close(&b);
}

static void test_write_xor_execute(void)
{
	static const uint8_t want[] = {ACCESS_READ, ACCESS_READ, ACCESS_READ_EXECUTE,
		ACCESS_READ_EXECUTE, ACCESS_READ_WRITE, ACCESS_READ_WRITE, ACCESS_READ_WRITE};
	struct bench b;

	bench_open(&b);
	bench_run(&b);
	CHECK(b.mock.started == 1);
	REQUIRE(b.mock.blocks[FIRMWARE_CODE].len == sizeof(want) * FIRMWARE_PAGE);
	for (unsigned i = 0; i < sizeof(want); i++)
		CHECK(b.mock.access[i] == want[i] + 1);
	bench_close(&b);
}

/* A page that belongs to no section is neither writable nor executable. */
static void test_gap_between_sections(void)
{
	struct bench b;
	uint8_t *address;

	bench_open(&b);
	address = pe_row(b.kernel_file, 2) + PE_ROW_ADDRESS;
	put32(address, get32(address) + FIRMWARE_PAGE);
	put32(b.kernel_file + PE_AT_SIZE_OF_IMAGE,
		get32(b.kernel_file + PE_AT_SIZE_OF_IMAGE) + 2 * FIRMWARE_PAGE);
	bench_run(&b);
	CHECK(b.mock.started == 1);
	CHECK(b.mock.access[3] == ACCESS_READ_EXECUTE + 1);
	CHECK(b.mock.access[4] == ACCESS_READ + 1);
	CHECK(b.mock.access[5] == ACCESS_READ_WRITE + 1);
	CHECK(b.mock.access[7] == ACCESS_READ_WRITE + 1);
	CHECK(b.mock.access[8] == ACCESS_READ + 1);
	bench_close(&b);
}

static void test_kernel_without_nx_compat(void)
{
	struct bench b;

	bench_open(&b);
	b.kernel.dll_characteristics = 0;
	b.kernel.section_alignment = 512;
	b.kernel.sections[2].characteristics = PE_RW | PE_RX;
	use_kernel(&b);
	bench_run(&b);
	CHECK(b.mock.started == 1);
	for (size_t i = 0; i < b.mock.blocks[FIRMWARE_CODE].len / FIRMWARE_PAGE; i++)
		CHECK(b.mock.access[i] == ACCESS_ALL + 1);
	bench_close(&b);
}

static void test_large_section_alignment(void)
{
	struct bench b;

	bench_open(&b);
	b.kernel.section_alignment = 65536;
	use_kernel(&b);
	bench_run(&b);
	CHECK(b.mock.started == 1 && b.mock.kernel_len == 4 * 65536);
	CHECK(!(b.mock.kernel_at % 65536));
	CHECK_BYTES(b.mock.kernel + 2 * 65536, b.kernel.sections[1].data, 5000);
	bench_close(&b);
}

static void test_refused_kernels(void)
{
	struct bench b;

	bench_open(&b);
	uki_maker_section(&b.image, ".linux")->data = "no PE image";
	uki_maker_section(&b.image, ".linux")->len = 11;
	expect_refusal(&b, "E140", 10);
	bench_open(&b);
	b.kernel.machine = PE_MACHINE_AARCH64;
	use_kernel(&b);
	expect_refusal(&b, "E141", 10);
	bench_open(&b);
	b.kernel.major_version = 0;
	use_kernel(&b);
	expect_refusal(&b, "E142", 10);
	bench_open(&b);
	put32(b.kernel_file + PE_AT_BASE_RELOCATION_SIZE, 8);
	expect_refusal(&b, "E143", 10);
	bench_open(&b);
	put32(pe_row(b.kernel_file, 0) + PE_ROW_RELOCATIONS, 1);
	expect_refusal(&b, "E143", 10);
	bench_open(&b);
	b.kernel.section_alignment = 512;
	use_kernel(&b);
	expect_refusal(&b, "E144", 10);
	bench_open(&b);
	b.mock.memory_limit = FIRMWARE_PAGE;
	expect_refusal(&b, "E145", 10);
	bench_open(&b);
	b.mock.memory_limit = 1;
	expect_refusal(&b, "E147", 10);
}

int main(void)
{
	RUN(test_kernel_layout);
	RUN(test_raw_data_longer_than_section);
	RUN(test_write_xor_execute);
	RUN(test_gap_between_sections);
	RUN(test_kernel_without_nx_compat);
	RUN(test_large_section_alignment);
	RUN(test_refused_kernels);
	return test_summary();
}
