/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition table and FAT of a disk image. A file system is megabytes of zeros with few bytes that
 * matter, so the input says what to change in a sound one: 3 bytes offset, 1 byte value, again and
 * again. The first byte chooses the sample; checksums of the partition table are put right after.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "tests/mock/fat_maker.h"
#include "tools/lib/fat.h"
#include "tools/lib/gpt.h"

#define DISK_SECTORS 800u
#define FILE_LEN     3000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void change(uint8_t *image, size_t len, const uint8_t *data, size_t size)
{
	for (; size >= 4; data += 4, size -= 4) {
		size_t at = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;

		image[at % len] = data[3];
	}
}

/* Sectors of 512 or 4096 bytes, and the first bytes choose how many entries of which size. */
static void try_gpt(uint32_t sector, const uint8_t *data, size_t size)
{
	size_t len = (size_t)DISK_SECTORS * sector, entries;
	uint32_t count = size > 1 ? data[0] + 1u : 128,
		 entry_len = size > 1 ? 128u << data[1] % 3 : 128;
	uint8_t *disk = calloc(1, len), *h = disk + sector, *e = h + sector;
	struct gpt *gpt = malloc(sizeof(*gpt));

	if (!disk || !gpt)
		abort();
	entries = (size_t)count * entry_len;
	memcpy(h, "EFI PART", 8);
	put_le32(h + 12, 92);
	put_le64(h + 24, 1);
	put_le64(h + 32, DISK_SECTORS - 1);
	put_le64(h + 40, 260);
	put_le64(h + 48, DISK_SECTORS - 40);
	put_le64(h + 72, 2);
	put_le32(h + 80, count);
	put_le32(h + 84, entry_len);
	guid_parse(GPT_TYPE_ESP, e);
	put_le64(e + 32, 270);
	put_le64(e + 40, 300);
	if (size > 2)
		change(h, len - sector, data + 2, size - 2);
	entries = (size_t)le32(h + 80) * le32(h + 84);
	if (entries <= len - 2 * (size_t)sector)
		put_le32(h + 88, (uint32_t)crc32(0, e, (uInt)entries));
	put_le32(h + 16, 0);
	put_le32(h + 16, (uint32_t)crc32(0, h, 92));
	if (gpt_read(disk, len, gpt) == GPT_OK) {
		for (size_t i = 0; i < gpt->count; i++) {
			size_t at, room;

			gpt_extent(gpt, &gpt->partitions[i], &at, &room);
			if (at > len || room > len - at || !room)
				__builtin_trap();
		}
		if (gpt->entries + (size_t)gpt->entry_count * gpt->entry_len > disk + len)
			__builtin_trap();
	}
	free(gpt);
	free(disk);
}

static void try_fat(unsigned bits, const char *path, const uint8_t *data, size_t size)
{
	static uint8_t *samples[2];
	static size_t lens[2];
	static const uint8_t file[FILE_LEN];
	struct fat_maker_places places;
	struct bytes out = {0};
	size_t kind = bits == 16, len;
	uint8_t *fs;

	if (!samples[kind])
		samples[kind] = fat_make(bits, file, FILE_LEN, &lens[kind], &places);
	len = lens[kind];
	fs = malloc(len);
	if (!fs)
		abort();
	memcpy(fs, samples[kind], len);
	change(fs, len, data, size);
	if (fat_read_file(fs, len, path, &out) != FAT_OK && out.len)
		__builtin_trap();
	out.len = 0;
	if (fat_list(fs, len, "EFI/BOOT", &out) != FAT_OK && out.len)
		__builtin_trap();
	if (out.len && out.data[out.len - 1])
		__builtin_trap();
	bytes_free(&out);
	free(fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		try_gpt(data[0] & 4 ? 4096 : 512, data + 1, size - 1);
	else if (data[0] & 2)
		try_fat(data[0] & 4 ? 12 : 16, "EFI/BOOT/" FAT_MAKER_LONG, data + 1, size - 1);
	else
		try_fat(data[0] & 4 ? 12 : 16, "\\EFI\\BOOT/BOOTX64.EFI", data + 1, size - 1);
	return 0;
}
