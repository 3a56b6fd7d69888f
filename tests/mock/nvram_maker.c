/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/nvram_maker.h"

#include <string.h>
#include "tools/lib/hex.h"

#define VOLUME_HEADER 72u
#define STORE_HEADER  28u
#define SPARE	      4096u /* behind the store: the areas that make writes survive a power cut */

void nvram_begin(struct bytes *file)
{
	uint8_t header[VOLUME_HEADER + STORE_HEADER] = {0};

	guid_parse("fff12b8d-7696-4c8b-a985-2747075b4f50", header + 16);
	memcpy(header + 40, "_FVH", 4);
	put_le16(header + 48, VOLUME_HEADER);
	header[55] = 2; /* revision */
	guid_parse("aaf32c78-947b-439a-a180-2e144ec37792", header + VOLUME_HEADER);
	header[VOLUME_HEADER + 20] = 0x5A;
	header[VOLUME_HEADER + 21] = 0xFE;
	bytes_add(file, header, sizeof(header));
}

size_t nvram_add(struct bytes *file, const char *vendor, const char *name, const void *data,
	size_t len, uint8_t state)
{
	uint8_t header[60] = {0xAA, 0x55, state};
	size_t at = file->len;

	put_le32(header + 4, 0x27);
	put_le32(header + 36, (uint32_t)(2 * (strlen(name) + 1)));
	put_le32(header + 40, (uint32_t)len);
	guid_parse(vendor, header + 44);
	bytes_add(file, header, sizeof(header));
	for (size_t i = 0; i <= strlen(name); i++)
		bytes_add(file, (const char[2]){name[i], 0}, 2);
	bytes_add(file, data, len);
	while (file->len % 4)
		bytes_add(file, "\xff", 1);
	return at;
}

void nvram_end(struct bytes *file, size_t store_len)
{
	uint16_t sum = 0;

	while (file->len < VOLUME_HEADER + store_len + SPARE)
		bytes_add(file, "\xff", 1);
	put_le64(file->data + 32, file->len);
	put_le32(file->data + VOLUME_HEADER + 16, (uint32_t)store_len);
	for (size_t i = 0; i < VOLUME_HEADER; i += 2)
		sum = (uint16_t)(sum + le16(file->data + i));
	put_le16(file->data + 50, (uint16_t)-sum);
}
