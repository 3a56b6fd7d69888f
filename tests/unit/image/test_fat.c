/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one file from a hostile FAT. What mkfs.vfat and mtools make: tests/interop/image.py. */
#include <stdlib.h>
#include "tests/mock/fat_maker.h"
#include "tests/unit/test.h"
#include "tools/lib/fat.h"

#define FILE_LEN 2000u
#define PATH	 "EFI/BOOT/BOOTX64.EFI"

static uint8_t contents[FILE_LEN];

struct sample {
	uint8_t *fs;
	size_t len;
	struct fat_maker_places at;
};

static const unsigned kinds[] = {12, 16, 32};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct sample make(unsigned bits)
{
	struct sample s;

	for (size_t i = 0; i < FILE_LEN; i++)
		contents[i] = (uint8_t)(i * 7 + i / 256);
	s.fs = fat_make(bits, contents, FILE_LEN, &s.len, &s.at);
	return s;
}

static enum fat_result read_it(const struct sample *s, const char *path)
{
	struct bytes out = {0};
	enum fat_result result = fat_read_file(s->fs, s->len, path, &out);

	if (result == FAT_OK) {
		CHECK(out.len == FILE_LEN);
		CHECK_BYTES(out.data, contents, FILE_LEN);
	} else {
		CHECK(out.len == 0);
	}
	bytes_free(&out);
	return result;
}

static void set_next(struct sample *s, unsigned bits, uint32_t cluster, uint32_t next)
{
	fat_maker_set(s->fs + s->at.table, bits, cluster, next);
}

static void test_reads(void)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct sample s = make(kinds[kind]);

		CHECK(read_it(&s, PATH) == FAT_OK);
		CHECK(read_it(&s, "efi/boot/bootx64.efi") == FAT_OK);
		CHECK(read_it(&s, "EFI/BOOT/BOOTAA64.EFI") == FAT_NOT_FOUND);
		CHECK(read_it(&s, "EFI/BOOT") == FAT_NOT_FOUND);
		CHECK(read_it(&s, "EFI/BOOT/BOOTX64.EFI/X") == FAT_NOT_FOUND);
		CHECK(read_it(&s, "") == FAT_NOT_FOUND);
		CHECK(read_it(&s, "/") == FAT_NOT_FOUND);
		CHECK(read_it(&s, "/EFI/BOOT/BOOTX64.EFI") == FAT_OK);
		CHECK(read_it(&s, "\\EFI\\BOOT\\BOOTX64.EFI") == FAT_OK);
		CHECK(read_it(&s, "\\\\efi//boot\\/bootx64.efi") == FAT_OK);
		CHECK(read_it(&s, "EFI/BOOT/BOOTX64LONG.EFI") == FAT_NOT_FOUND);
		free(s.fs);
	}
}

#define LONG_PATH "EFI/BOOT/" FAT_MAKER_LONG

/* A long name counts only when all its parts are there and it is of the entry that follows. */
static void test_long_names(void)
{
	static const struct {
		size_t at;
		uint8_t value;
	} breaks[] = {{0, 0x41}, {0, 0x02}, {0, 0xe5}, {0, 0x40}, {0, 0x7f}, {11, 0x20}, {13, 0},
		{32, 2}, {32 + 13, 0}, {32, 0xe5}, {64, 'B'}, {64 + 11, 0x08}, {64, 0xe5},
		{1 + 32, 'B'}, {2 + 32, 1}, {18, 'x'}};

	for (size_t kind = 0; kind < KINDS; kind++) {
		struct sample s = make(kinds[kind]);
		uint8_t *e = s.fs + s.at.long_entry;

		CHECK(read_it(&s, LONG_PATH) == FAT_OK);
		CHECK(read_it(&s, "efi/boot/a KERNEL, 6.12.107.EFI") == FAT_OK);
		CHECK(read_it(&s, "EFI/BOOT/AKERNE~1.EFI") == FAT_OK);
		CHECK(read_it(&s, "EFI/BOOT/A kernel, 6.12.107.ef") == FAT_NOT_FOUND);
		CHECK(read_it(&s, LONG_PATH "i") == FAT_NOT_FOUND);
		for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
			uint8_t before = e[breaks[i].at];

			e[breaks[i].at] = breaks[i].value;
			CHECK(read_it(&s, LONG_PATH) == FAT_NOT_FOUND);
			CHECK(read_it(&s, PATH) == FAT_OK);
			e[breaks[i].at] = before;
		}
		free(s.fs);
	}
}

static void test_long_paths(void)
{
	struct sample s = make(16);
	char path[1024];

	memset(path, 'x', sizeof(path));
	for (size_t len = 250; len < 280; len++) {
		path[len] = '\0';
		CHECK(read_it(&s, path) == FAT_NOT_FOUND);
		path[len] = 'x';
	}
	free(s.fs);
}

static void test_broken_chains(void)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct sample s = make(kinds[kind]);
		unsigned bits = kinds[kind];
		uint32_t first = s.at.file_cluster;

		set_next(&s, bits, first, 0x0fffffff);
		CHECK(read_it(&s, PATH) == FAT_CHAIN);
		set_next(&s, bits, first, 0);
		CHECK(read_it(&s, PATH) == FAT_CHAIN);
		set_next(&s, bits, first, 0x0ffffff0);
		CHECK(read_it(&s, PATH) == FAT_CHAIN);
		set_next(&s, bits, first, first + 1);
		CHECK(read_it(&s, PATH) == FAT_OK);
		/* A folder whose chain comes back to itself ends at the bound, not never. */
		set_next(&s, bits, first - 1, first - 1);
		CHECK(read_it(&s, PATH) == FAT_CHAIN);
		free(s.fs);
	}
}

static void test_file_too_long(void)
{
	struct sample s = make(16);

	put_le32(s.fs + s.at.file_entry + 28, UINT32_MAX);
	CHECK(read_it(&s, PATH) == FAT_CHAIN);
	put_le32(s.fs + s.at.file_entry + 28, FILE_LEN + FAT_MAKER_SECTOR);
	CHECK(read_it(&s, PATH) == FAT_CHAIN);
	put_le32(s.fs + s.at.file_entry + 28, FILE_LEN);
	put_le16(s.fs + s.at.file_entry + 26, 0);
	CHECK(read_it(&s, PATH) == FAT_CHAIN);
	put_le16(s.fs + s.at.file_entry + 26, 0xfff0);
	CHECK(read_it(&s, PATH) == FAT_CHAIN);
	free(s.fs);
}

static void test_boot_sector(void)
{
	static const struct {
		size_t at;
		uint32_t value;
		size_t size;
		enum fat_result want;
	} cases[] = {
		{510, 0, 2, FAT_NOT_FAT},
		{11, 511, 2, FAT_NOT_FAT},
		{11, 8192, 2, FAT_NOT_FAT},
		{13, 0, 1, FAT_NOT_FAT},
		{13, 3, 1, FAT_NOT_FAT},
		{22, 0, 2, FAT_NOT_FAT},
		{3, 0x41465845, 4, FAT_OK}, /* "EXFA", and no more of the name */
		{14, 0, 2, FAT_LAYOUT},
		{16, 0, 1, FAT_LAYOUT},
		{32, UINT32_MAX, 4, FAT_LAYOUT},
		{32, 10, 4, FAT_LAYOUT},
		{22, 1, 2, FAT_LAYOUT},
		/* 32 clusters make a FAT12 of it, whose table then leads elsewhere. */
		{13, 128, 1, FAT_NOT_FOUND},
		{17, 0, 2, FAT_LAYOUT},
		{14, 65535, 2, FAT_LAYOUT},
		{16, 255, 1, FAT_LAYOUT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample s = make(16);

		for (size_t k = 0; k < cases[i].size; k++)
			s.fs[cases[i].at + k] = (uint8_t)(cases[i].value >> 8 * k);
		CHECK(read_it(&s, PATH) == cases[i].want);
		free(s.fs);
	}
}

/* FAT32 is told by its boot sector alone, and firmware wants it to be as large as it must be. */
static void test_few_clusters(void)
{
	struct sample s = make(32);

	put_le32(s.fs + 32, (uint32_t)(s.len / FAT_MAKER_SECTOR) - 100);
	CHECK(read_it(&s, PATH) == FAT_FEW);
	free(s.fs);
	/* A FAT16 whose table would hold more clusters than it may have. */
	s = make(16);
	put_le32(s.fs + 32, 70000);
	CHECK(read_it(&s, PATH) == FAT_LAYOUT);
	free(s.fs);
}

static void test_other_file_systems(void)
{
	struct sample s = make(16);

	memcpy(s.fs + 3, "EXFAT   ", 8);
	CHECK(read_it(&s, PATH) == FAT_EXFAT);
	memcpy(s.fs + 3, "NTFS    ", 8);
	CHECK(read_it(&s, PATH) == FAT_NTFS);
	memset(s.fs, 0, 512);
	CHECK(read_it(&s, PATH) == FAT_NOT_FAT && !fat_present(s.fs, s.len));
	for (int i = 0; i <= FAT_NOT_FOUND; i++)
		CHECK(strcmp(fat_error((enum fat_result)i), "unknown result") != 0);
	free(s.fs);
}

static void test_lists(void)
{
	static const char wanted[] = "BOOTX64.EFI\0" FAT_MAKER_LONG;

	for (size_t kind = 0; kind < KINDS; kind++) {
		struct sample s = make(kinds[kind]);
		struct bytes names = {0};

		CHECK(fat_present(s.fs, s.len));
		CHECK(fat_list(s.fs, s.len, "/efi\\boot", &names) == FAT_OK);
		CHECK(names.len == sizeof(wanted));
		CHECK_BYTES(names.data, wanted, sizeof(wanted));
		names.len = 0;
		CHECK(fat_list(s.fs, s.len, "", &names) == FAT_OK && names.len == 0);
		CHECK(fat_list(s.fs, s.len, "EFI/NONE", &names) == FAT_NOT_FOUND);
		CHECK(fat_list(s.fs, s.len, "EFI/BOOT/BOOTX64.EFI", &names) == FAT_NOT_FOUND);
		/* A long name that is not whole leaves the short one, unprintable bytes shown. */
		s.fs[s.at.long_entry + 13] ^= 1;
		s.fs[s.at.long_entry + 64] = 0x80;
		CHECK(fat_list(s.fs, s.len, "EFI/BOOT", &names) == FAT_OK);
		CHECK(names.len == 12 + 13 && strcmp((char *)names.data + 12, "?KERNE~1.EFI") == 0);
		names.len = 0;
		s.fs[s.at.file_entry + 12] = 0x10;
		CHECK(fat_list(s.fs, s.len, "EFI/BOOT", &names) == FAT_OK);
		CHECK(strcmp((char *)names.data, "BOOTX64.efi") == 0);
		names.len = 0;
		s.fs[s.at.file_entry + 12] = 0x08;
		CHECK(fat_list(s.fs, s.len, "EFI/BOOT", &names) == FAT_OK);
		CHECK(strcmp((char *)names.data, "bootx64.EFI") == 0);
		bytes_free(&names);
		free(s.fs);
	}
}

static void test_truncated(void)
{
	struct sample s = make(16);

	for (size_t len = 0; len < s.len; len += len < 1024 ? 1 : 4099) {
		struct sample cut = {malloc(len ? len : 1), len, s.at};

		REQUIRE(cut.fs != NULL);
		memcpy(cut.fs, s.fs, len);
		CHECK(read_it(&cut, PATH) != FAT_OK);
		free(cut.fs);
	}
	free(s.fs);
}

int main(void)
{
	RUN(test_reads);
	RUN(test_long_names);
	RUN(test_long_paths);
	RUN(test_broken_chains);
	RUN(test_file_too_long);
	RUN(test_boot_sector);
	RUN(test_few_clusters);
	RUN(test_other_file_systems);
	RUN(test_lists);
	RUN(test_truncated);
	return test_summary();
}
