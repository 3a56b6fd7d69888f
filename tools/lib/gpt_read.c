/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "tools/lib/gpt.h"

#define HEADER_MIN     92u
#define ENTRIES_BYTES  ((uint64_t)16 << 20) /* more than this reader looks at */
#define MBR_PROTECTIVE 0xeeu		    /* the row that a GUID partition table stands behind */
#define MBR_TABLE      446u		    /* four rows of 16 bytes, the type at 4 */

/* Those of disks that there are; each is tried, for the file does not say which it is of. */
static const uint32_t sector_sizes[] = {GPT_SECTOR, 4096, 2048, 1024};
#define SECTOR_SIZES (sizeof(sector_sizes) / sizeof(sector_sizes[0]))

struct header {
	uint64_t sectors; /* of the disk */
	uint64_t first_usable, last_usable;
};

static enum gpt_result check_header(const uint8_t *h, uint32_t sector)
{
	uint8_t copy[4096];
	uint32_t header_len = le32(h + 12);

	if (header_len < HEADER_MIN || header_len > sector)
		return GPT_LAYOUT;
	memcpy(copy, h, header_len);
	put_le32(copy + 16, 0);
	return (uint32_t)crc32(0, copy, header_len) == le32(h + 16) ? GPT_OK : GPT_CHECKSUM;
}

/* The array of entries: any number, of 128 * 2^n bytes each (UEFI 5.3.2). */
static enum gpt_result find_entries(
	const uint8_t *disk, const struct header *header, struct gpt *out)
{
	uint64_t at = le64(out->header + 72), bytes;

	out->entry_count = le32(out->header + 80);
	out->entry_len = le32(out->header + 84);
	if (out->entry_len < GPT_ENTRY_LEN || (out->entry_len & (out->entry_len - 1)))
		return GPT_ENTRY_SIZE;
	bytes = (uint64_t)out->entry_count * out->entry_len;
	if (!bytes || bytes > ENTRIES_BYTES)
		return GPT_ENTRY_COUNT;
	if (at < 2 || at >= header->sectors)
		return GPT_LAYOUT;
	if (bytes > (header->sectors - at) * out->sector)
		return GPT_ENTRY_COUNT;
	out->entries = disk + at * out->sector;
	if ((uint32_t)crc32(0, out->entries, (uInt)bytes) != le32(out->header + 88))
		return GPT_ENTRIES_SUM;
	return GPT_OK;
}

static enum gpt_result read_header(
	const uint8_t *disk, size_t len, uint32_t sector, struct header *header, struct gpt *out)
{
	const uint8_t *h = disk + sector;
	enum gpt_result result;

	if (len / sector < 3 || memcmp(h, "EFI PART", 8) != 0)
		return GPT_NOT_GPT;
	result = check_header(h, sector);
	if (result != GPT_OK)
		return result;
	*header = (struct header){len / sector, le64(h + 40), le64(h + 48)};
	if (le64(h + 32) >= header->sectors)
		return GPT_TRUNCATED;
	if (le64(h + 24) != 1 || header->first_usable > header->last_usable ||
		header->last_usable >= header->sectors)
		return GPT_LAYOUT;
	out->sector = sector;
	out->header = h;
	return find_entries(disk, header, out);
}

/* The name as ASCII; characters that are not printable become '?'. */
static void read_name(const uint8_t *utf16, char out[GPT_NAME_MAX + 1])
{
	unsigned i = 0;

	for (; i < GPT_NAME_MAX && le16(utf16 + 2 * i); i++) {
		uint16_t c = le16(utf16 + 2 * i);

		out[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	memset(out + i, 0, GPT_NAME_MAX + 1 - i);
}

static bool overlaps(const struct gpt *gpt, const struct gpt_partition *p)
{
	for (size_t i = 0; i < gpt->count; i++)
		if (p->first <= gpt->partitions[i].last && gpt->partitions[i].first <= p->last)
			return true;
	return false;
}

static enum gpt_result read_entries(const struct header *header, struct gpt *gpt)
{
	static const uint8_t unused[GUID_LEN];

	gpt->count = 0;
	for (uint32_t i = 0; i < gpt->entry_count; i++) {
		const uint8_t *e = gpt->entries + (size_t)i * gpt->entry_len;
		struct gpt_partition *p = &gpt->partitions[gpt->count];

		if (memcmp(e, unused, GUID_LEN) == 0)
			continue;
		if (gpt->count == GPT_USED_MAX)
			return GPT_ENTRY_COUNT;
		memcpy(p->type, e, GUID_LEN);
		memcpy(p->uuid, e + 16, GUID_LEN);
		p->first = le64(e + 32);
		p->last = le64(e + 40);
		p->attributes = le64(e + 48);
		read_name(e + 56, p->name);
		if (p->first < header->first_usable || p->last > header->last_usable ||
			p->first > p->last)
			return GPT_PARTITION;
		if (overlaps(gpt, p))
			return GPT_OVERLAP;
		gpt->count++;
	}
	return GPT_OK;
}

/* Whether the first sector lists partitions in the older way; a FAT's has other bytes there. */
static bool has_mbr(const uint8_t *disk, size_t len)
{
	bool any = false;

	if (len < GPT_SECTOR || le16(disk + 510) != 0xaa55)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		const uint8_t *row = disk + MBR_TABLE + 16 * (size_t)i;

		if (row[0] & 0x7f)
			return false;
		any = any || (row[4] && row[4] != MBR_PROTECTIVE && le32(row + 12));
	}
	return any;
}

bool gpt_present(const uint8_t *disk, size_t len)
{
	for (size_t i = 0; i < SECTOR_SIZES; i++)
		if (len / sector_sizes[i] >= 2 &&
			memcmp(disk + sector_sizes[i], "EFI PART", 8) == 0)
			return true;
	return false;
}

enum gpt_result gpt_read(const uint8_t *disk, size_t len, struct gpt *out)
{
	enum gpt_result result = has_mbr(disk, len) ? GPT_MBR : GPT_NOT_GPT;
	struct gpt *gpt = must_alloc(sizeof(*gpt));
	bool found = false;

	for (size_t i = 0; i < SECTOR_SIZES; i++) {
		struct header header;
		enum gpt_result here = GPT_OK;

		*gpt = (struct gpt){.count = 0};
		here = read_header(disk, len, sector_sizes[i], &header, gpt);
		if (here == GPT_OK)
			here = read_entries(&header, gpt);
		if (here == GPT_OK && found)
			out->ambiguous = true;
		else if (here == GPT_OK)
			*out = *gpt;
		else if (here != GPT_NOT_GPT && (result == GPT_NOT_GPT || result == GPT_MBR))
			result = here;
		found = found || here == GPT_OK;
	}
	free(gpt);
	return found ? GPT_OK : result;
}

void gpt_extent(const struct gpt *gpt, const struct gpt_partition *partition, size_t *out_at,
	size_t *out_len)
{
	*out_at = (size_t)partition->first * gpt->sector;
	*out_len = (size_t)(partition->last - partition->first + 1) * gpt->sector;
}

const char *gpt_error(enum gpt_result result)
{
	switch (result) {
	case GPT_OK:
		return "fine";
	case GPT_TRUNCATED:
		return "the disk is cut off: it ends before the backup of its partition table";
	case GPT_NOT_GPT:
		return "there is no GUID partition table, for sectors of 512 bytes or of 4096";
	case GPT_MBR:
		return "it has an MBR partition table, and no GUID partition table (sgdisk "
		       "--mbrtogpt makes one)";
	case GPT_CHECKSUM:
		return "the header of the partition table does not fit its checksum";
	case GPT_ENTRIES_SUM:
		return "the entries of the partition table do not fit their checksum";
	case GPT_LAYOUT:
		return "the header of the partition table has numbers out of range (MyLBA, "
		       "HeaderSize, FirstUsableLBA, LastUsableLBA or PartitionEntryLBA)";
	case GPT_ENTRY_SIZE:
		return "SizeOfPartitionEntry of the partition table is not 128 * 2^n";
	case GPT_ENTRY_COUNT:
		return "NumberOfPartitionEntries of the partition table is 0, more than the disk "
		       "has room for, or more than 512 are in use";
	case GPT_PARTITION:
		return "a partition reaches out of the sectors that the table calls usable";
	case GPT_OVERLAP:
		return "two partitions overlap";
	}
	return "unknown result";
}
