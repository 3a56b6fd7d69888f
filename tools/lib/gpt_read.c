#include <string.h>
#include <zlib.h>
#include "tools/lib/gpt.h"

#define HEADER_MIN 92u

struct header {
	uint64_t first_usable, last_usable, entries_at; /* sectors */
};

static enum gpt_result read_header(const uint8_t *disk, size_t len, struct header *out)
{
	const uint8_t *h;
	uint8_t copy[GPT_SECTOR];
	uint64_t sectors = len / GPT_SECTOR;
	uint32_t header_len;

	if (len < (size_t)GPT_SECTOR * (GPT_HEAD_SECTORS + GPT_TAIL_SECTORS))
		return GPT_TRUNCATED;
	h = disk + GPT_SECTOR;
	if (memcmp(h, "EFI PART", 8) != 0)
		return GPT_NOT_GPT;
	header_len = le32(h + 12);
	if (header_len < HEADER_MIN || header_len > GPT_SECTOR)
		return GPT_LAYOUT;
	memcpy(copy, h, header_len);
	put_le32(copy + 16, 0);
	if ((uint32_t)crc32(0, copy, header_len) != le32(h + 16))
		return GPT_CHECKSUM;
	if (le64(h + 32) >= sectors)
		return GPT_TRUNCATED;
	if (le64(h + 24) != 1 || le32(h + 80) != GPT_ENTRIES || le32(h + 84) != GPT_ENTRY_LEN)
		return GPT_LAYOUT;
	*out = (struct header){le64(h + 40), le64(h + 48), le64(h + 72)};
	if (out->entries_at < 2 || out->entries_at > sectors - GPT_TABLE_SECTORS)
		return GPT_LAYOUT;
	if (out->first_usable > out->last_usable || out->last_usable >= sectors)
		return GPT_LAYOUT;
	if ((uint32_t)crc32(0, disk + out->entries_at * GPT_SECTOR, GPT_ENTRIES * GPT_ENTRY_LEN) !=
		le32(h + 88))
		return GPT_CHECKSUM;
	return GPT_OK;
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

enum gpt_result gpt_read(const uint8_t *disk, size_t len, struct gpt *out)
{
	static const uint8_t unused[GUID_LEN];
	struct gpt gpt = {0};
	struct header header;
	enum gpt_result result = read_header(disk, len, &header);

	if (result != GPT_OK)
		return result;
	for (unsigned i = 0; i < GPT_ENTRIES; i++) {
		const uint8_t *e = disk + header.entries_at * GPT_SECTOR + i * GPT_ENTRY_LEN;
		struct gpt_partition *p = &gpt.partitions[gpt.count];

		if (memcmp(e, unused, GUID_LEN) == 0)
			continue;
		memcpy(p->type, e, GUID_LEN);
		memcpy(p->uuid, e + 16, GUID_LEN);
		p->first = le64(e + 32);
		p->last = le64(e + 40);
		p->attributes = le64(e + 48);
		read_name(e + 56, p->name);
		if (p->first < header.first_usable || p->last > header.last_usable ||
			p->first > p->last)
			return GPT_LAYOUT;
		if (overlaps(&gpt, p))
			return GPT_OVERLAP;
		gpt.count++;
	}
	*out = gpt;
	return GPT_OK;
}

const char *gpt_error(enum gpt_result result)
{
	switch (result) {
	case GPT_OK:
		return "fine";
	case GPT_TRUNCATED:
		return "the disk is too short for a partition table";
	case GPT_NOT_GPT:
		return "there is no GUID partition table";
	case GPT_CHECKSUM:
		return "the partition table does not fit its checksum";
	case GPT_LAYOUT:
		return "the partition table has numbers out of range";
	case GPT_OVERLAP:
		return "two partitions overlap";
	}
	return "unknown result";
}
