/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <zlib.h>
#include "tools/lib/gpt.h"

#define HEADER_LEN   92u
#define GPT_REVISION 0x00010000u

static void put_entry(uint8_t *e, const struct gpt_partition *p)
{
	memcpy(e, p->type, GUID_LEN);
	memcpy(e + 16, p->uuid, GUID_LEN);
	put_le64(e + 32, p->first);
	put_le64(e + 40, p->last);
	put_le64(e + 48, p->attributes);
	for (size_t i = 0; i < strlen(p->name); i++)
		put_le16(e + 56 + 2 * i, (uint8_t)p->name[i]);
}

struct table_location {
	uint64_t own, other, entries; /* sectors of this header, the other one, the entries */
};

static void put_header(uint8_t *h, struct table_location location,
	const uint8_t disk_guid[GUID_LEN], uint64_t disk_sectors, uint32_t entries_crc)
{
	memcpy(h, "EFI PART", 8);
	put_le32(h + 8, GPT_REVISION);
	put_le32(h + 12, HEADER_LEN);
	put_le64(h + 24, location.own);
	put_le64(h + 32, location.other);
	put_le64(h + 40, GPT_HEAD_SECTORS);
	put_le64(h + 48, disk_sectors - GPT_TAIL_SECTORS - 1);
	memcpy(h + 56, disk_guid, GUID_LEN);
	put_le64(h + 72, location.entries);
	put_le32(h + 80, GPT_ENTRIES);
	put_le32(h + 84, GPT_ENTRY_LEN);
	put_le32(h + 88, entries_crc);
	put_le32(h + 16, (uint32_t)crc32(0, h, HEADER_LEN));
}

/* One partition of type 0xEE over the whole disk, as far as 32 bits can say it. */
static void put_protective_mbr(uint8_t *mbr, uint64_t disk_sectors)
{
	static const uint8_t first_chs[3] = {0x00, 0x02, 0x00}, last_chs[3] = {0xff, 0xff, 0xff};
	uint64_t sectors = disk_sectors - 1;
	uint8_t *entry = mbr + 446;

	memcpy(entry + 1, first_chs, 3);
	entry[4] = 0xee;
	memcpy(entry + 5, last_chs, 3);
	put_le32(entry + 8, 1);
	put_le32(entry + 12, sectors > UINT32_MAX ? UINT32_MAX : (uint32_t)sectors);
	put_le16(mbr + 510, 0xaa55);
}

void gpt_make(const uint8_t disk_guid[GUID_LEN], uint64_t disk_sectors,
	const struct gpt_partition *partitions, size_t count, struct bytes *out_head,
	struct bytes *out_tail)
{
	uint8_t entries[GPT_ENTRIES * GPT_ENTRY_LEN] = {0}, sector[GPT_SECTOR] = {0};
	const struct table_location primary = {1, disk_sectors - 1, 2};
	const struct table_location backup = {disk_sectors - 1, 1, disk_sectors - GPT_TAIL_SECTORS};
	uint32_t crc;

	for (size_t i = 0; i < count && i < GPT_ENTRIES; i++)
		put_entry(entries + i * GPT_ENTRY_LEN, &partitions[i]);
	crc = (uint32_t)crc32(0, entries, sizeof(entries));

	put_protective_mbr(sector, disk_sectors);
	bytes_add(out_head, sector, sizeof(sector));
	memset(sector, 0, sizeof(sector));
	put_header(sector, primary, disk_guid, disk_sectors, crc);
	bytes_add(out_head, sector, sizeof(sector));
	bytes_add(out_head, entries, sizeof(entries));

	bytes_add(out_tail, entries, sizeof(entries));
	memset(sector, 0, sizeof(sector));
	put_header(sector, backup, disk_guid, disk_sectors, crc);
	bytes_add(out_tail, sector, sizeof(sector));
}
