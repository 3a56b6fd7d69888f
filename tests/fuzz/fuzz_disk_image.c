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

#define DISK_SECTORS 512u
#define FILE_LEN     3000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void change(uint8_t *image, size_t len, const uint8_t *data, size_t size)
{
	for (; size >= 4; data += 4, size -= 4) {
		size_t at = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;

		image[at % len] = data[3];
	}
}

static void try_gpt(const uint8_t *data, size_t size)
{
	static const uint8_t disk_guid[GUID_LEN] = {1};
	struct gpt_partition part = {.first = 64, .last = 200, .name = "esp"};
	size_t len = (size_t)DISK_SECTORS * GPT_SECTOR;
	uint8_t *disk = calloc(1, len);
	struct bytes head = {0}, tail = {0};
	struct gpt gpt;

	if (!disk)
		abort();
	guid_parse(GPT_TYPE_ESP, part.type);
	gpt_make(disk_guid, DISK_SECTORS, &part, 1, &head, &tail);
	memcpy(disk, head.data, head.len);
	bytes_free(&head);
	bytes_free(&tail);
	change(disk + GPT_SECTOR, len - GPT_SECTOR, data, size);
	put_le32(disk + GPT_SECTOR + 88,
		(uint32_t)crc32(0, disk + 2 * GPT_SECTOR, GPT_ENTRIES * GPT_ENTRY_LEN));
	put_le32(disk + GPT_SECTOR + 16, 0);
	put_le32(disk + GPT_SECTOR + 16, (uint32_t)crc32(0, disk + GPT_SECTOR, 92));
	if (gpt_read(disk, len, &gpt) == GPT_OK)
		for (size_t i = 0; i < gpt.count; i++)
			if (gpt.partitions[i].last >= DISK_SECTORS)
				__builtin_trap();
	free(disk);
}

static void try_fat(const char *path, const uint8_t *data, size_t size)
{
	static uint8_t *sound;
	static size_t len;
	static const uint8_t file[FILE_LEN];
	struct fat_maker_places places;
	struct bytes out = {0};
	uint8_t *fs;

	if (!sound)
		sound = fat_make(false, file, FILE_LEN, &len, &places);
	fs = malloc(len);
	if (!fs)
		abort();
	memcpy(fs, sound, len);
	change(fs, len, data, size);
	if (fat_read_file(fs, len, path, &out) != FAT_OK && out.len)
		__builtin_trap();
	bytes_free(&out);
	free(fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		try_gpt(data + 1, size - 1);
	else if (data[0] & 2)
		try_fat("EFI/BOOT/" FAT_MAKER_LONG, data + 1, size - 1);
	else
		try_fat("EFI/BOOT/BOOTX64.EFI", data + 1, size - 1);
	return 0;
}
