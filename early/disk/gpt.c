/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/gpt.h"

#include <string.h>
#include "early/contract/errors.h"

#define REVISION_1_0 0x00010000u
/* Offsets in the header and in an entry, UEFI 2.10 tables 5-5 and 5-6. */
#define HEADER_REVISION	   8u
#define HEADER_SIZE	   12u
#define HEADER_CRC	   16u
#define HEADER_MY_LBA	   24u
#define HEADER_FIRST	   40u
#define HEADER_LAST	   48u
#define HEADER_ENTRIES_LBA 72u
#define HEADER_COUNT	   80u
#define HEADER_ENTRY_SIZE  84u
#define HEADER_ENTRIES_CRC 88u
#define ENTRY_GUID	   16u
#define ENTRY_FIRST	   32u
#define ENTRY_LAST	   40u
#define ENTRY_NAME	   56u
#define ENTRY_LEN	   128u

static const uint8_t signature[8] = {'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T'};
static const uint8_t unused_type[16];

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

static uint32_t crc_add(uint32_t crc, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return crc;
}

uint32_t gpt_crc32(const uint8_t *data, size_t len)
{
	return ~crc_add(0xffffffffu, data, len);
}

/* The header's checksum is made with its own field taken as zero. */
static uint32_t header_crc(const uint8_t *header, uint32_t size)
{
	static const uint8_t zero[4];
	uint32_t crc = crc_add(0xffffffffu, header, HEADER_CRC);

	crc = crc_add(crc, zero, sizeof(zero));
	return ~crc_add(crc, header + HEADER_CRC + 4, size - HEADER_CRC - 4);
}

static bool geometry_fits(const struct gpt *g, size_t block_len, uint64_t disk_blocks)
{
	uint64_t entries_len = (uint64_t)g->entry_count * g->entry_len;
	uint64_t entries_blocks = (entries_len + block_len - 1) / block_len;

	return g->entries_lba >= 2 && g->entries_lba < disk_blocks &&
	       entries_blocks <= disk_blocks - g->entries_lba &&
	       g->entries_lba + entries_blocks <= g->first_lba && g->first_lba <= g->last_lba &&
	       g->last_lba < disk_blocks;
}

struct status gpt_header(const uint8_t *block, size_t len, uint64_t disk_blocks, struct gpt *out)
{
	struct gpt g;
	uint32_t size;

	if (len < GPT_BLOCK_MIN || memcmp(block, signature, sizeof(signature)) != 0)
		return fail(E_GPT_SIGNATURE);
	size = le32(block + HEADER_SIZE);
	if (le32(block + HEADER_REVISION) != REVISION_1_0 || size < GPT_HEADER_LEN || size > len)
		return fail(E_GPT_HEADER);
	if (header_crc(block, size) != le32(block + HEADER_CRC))
		return fail(E_GPT_HEADER_CRC);
	g = (struct gpt){
		.entries_lba = le64(block + HEADER_ENTRIES_LBA),
		.first_lba = le64(block + HEADER_FIRST),
		.last_lba = le64(block + HEADER_LAST),
		.entry_count = le32(block + HEADER_COUNT),
		.entry_len = le32(block + HEADER_ENTRY_SIZE),
		.entries_crc = le32(block + HEADER_ENTRIES_CRC),
	};
	if (g.entry_len != ENTRY_LEN || !g.entry_count ||
		g.entry_count > GPT_ENTRIES_MAX / ENTRY_LEN || le64(block + HEADER_MY_LBA) != 1 ||
		!geometry_fits(&g, len, disk_blocks))
		return fail(E_GPT_GEOMETRY);
	*out = g;
	return OK;
}

bool gpt_entry(const struct gpt *g, const uint8_t *entries, uint32_t i, struct gpt_entry *out)
{
	const uint8_t *p = entries + (size_t)i * g->entry_len;

	if (memcmp(p, unused_type, sizeof(unused_type)) == 0)
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->type, p, sizeof(out->type));
	memcpy(out->guid, p + ENTRY_GUID, sizeof(out->guid));
	out->first_lba = le64(p + ENTRY_FIRST);
	out->last_lba = le64(p + ENTRY_LAST);
	for (size_t k = 0; k < GPT_NAME_UNITS; k++) {
		uint8_t low = p[ENTRY_NAME + 2 * k], high = p[ENTRY_NAME + 2 * k + 1];

		if (!low && !high)
			break;
		out->name[k] = (char)(high || low < 0x20 || low > 0x7e ? 0x7f : low);
	}
	return true;
}

struct status gpt_entries(const struct gpt *g, const uint8_t *entries, size_t len)
{
	struct gpt_entry e;

	if (len != (size_t)g->entry_count * g->entry_len ||
		gpt_crc32(entries, len) != g->entries_crc)
		return fail(E_GPT_ENTRIES_CRC);
	for (uint32_t i = 0; i < g->entry_count; i++)
		if (gpt_entry(g, entries, i, &e) &&
			(e.first_lba < g->first_lba || e.first_lba > e.last_lba ||
				e.last_lba > g->last_lba))
			return fail(E_GPT_ENTRY);
	return OK;
}
