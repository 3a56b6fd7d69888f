/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/fat_maker.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"

#define RESERVED     32u
#define ROOT_ENTRIES 64u
#define CLUSTERS_12  200u
#define CLUSTERS_16  4100u
#define CLUSTERS_32  65600u
#define END	     0x0fffffffu

struct maker {
	uint8_t *fs;
	unsigned bits;
	uint32_t clusters, table_sectors, data_sector;
	size_t len;
};

void fat_maker_set(uint8_t *table, unsigned bits, uint32_t cluster, uint32_t next)
{
	uint8_t *pair = table + cluster + cluster / 2;

	if (bits == 32)
		put_le32(table + 4 * (size_t)cluster, next);
	else if (bits == 16)
		put_le16(table + 2 * (size_t)cluster, (uint16_t)next);
	else if (cluster & 1)
		put_le16(pair, (uint16_t)((le16(pair) & 0xf) | (next & 0xfff) << 4));
	else
		put_le16(pair, (uint16_t)((le16(pair) & 0xf000) | (next & 0xfff)));
}

static void chain(struct maker *m, uint32_t cluster, uint32_t next)
{
	fat_maker_set(m->fs + RESERVED * FAT_MAKER_SECTOR, m->bits, cluster, next ? next : END);
}

static uint8_t *cluster_data(struct maker *m, uint32_t cluster)
{
	return m->fs + (m->data_sector + (size_t)cluster - 2) * FAT_MAKER_SECTOR;
}

static void entry(uint8_t *e, const char *name, uint8_t attributes, uint32_t cluster, uint32_t len)
{
	memcpy(e, name, 11);
	e[11] = attributes;
	put_le16(e + 20, (uint16_t)(cluster >> 16));
	put_le16(e + 26, (uint16_t)cluster);
	put_le32(e + 28, len);
}

/* The parts of a long name, last one first, then the entry that it belongs to. */
static void long_entry(
	uint8_t *e, const char *name, const char *short_form, uint32_t cluster, uint32_t len)
{
	static const uint8_t places[] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	unsigned parts = (unsigned)(strlen(name) + sizeof(places) - 1) / sizeof(places);
	uint8_t sum = 0;

	for (unsigned i = 0; i < 11; i++)
		sum = (uint8_t)((sum & 1 ? 0x80 : 0) + (sum >> 1) + (uint8_t)short_form[i]);
	for (unsigned part = parts; part > 0; part--, e += 32) {
		e[0] = (uint8_t)(part | (part == parts ? 0x40 : 0));
		e[11] = 0x0f;
		e[13] = sum;
		for (unsigned i = 0; i < sizeof(places); i++) {
			size_t at = (part - 1) * sizeof(places) + i;

			put_le16(e + places[i],
				at > strlen(name) ? 0xffff : (uint16_t)(unsigned char)name[at]);
		}
	}
	entry(e, short_form, 0x20, cluster, len);
}

static void boot_sector(struct maker *m)
{
	uint8_t *b = m->fs;

	put_le16(b + 11, FAT_MAKER_SECTOR);
	b[13] = 1;
	put_le16(b + 14, RESERVED);
	b[16] = 1;
	put_le16(b + 17, m->bits == 32 ? 0 : ROOT_ENTRIES);
	if (m->bits == 32)
		put_le32(b + 36, m->table_sectors);
	else
		put_le16(b + 22, (uint16_t)m->table_sectors);
	put_le32(b + 32, (uint32_t)(m->len / FAT_MAKER_SECTOR));
	if (m->bits == 32)
		put_le32(b + 44, 2);
	put_le16(b + 510, 0xaa55);
}

uint8_t *fat_make(unsigned bits, const uint8_t *file, uint32_t file_len, size_t *out_len,
	struct fat_maker_places *out_places)
{
	bool wide = bits == 32;
	struct maker m = {.bits = bits,
		.clusters = wide	 ? CLUSTERS_32
			    : bits == 16 ? CLUSTERS_16
					 : CLUSTERS_12};
	uint32_t root_sectors = wide ? 0 : ROOT_ENTRIES * 32 / FAT_MAKER_SECTOR;
	uint32_t next = wide ? 3 : 2, count = (file_len + FAT_MAKER_SECTOR - 1) / FAT_MAKER_SECTOR;
	uint8_t *root;

	m.table_sectors = (((m.clusters + 2) * bits + 7) / 8 + FAT_MAKER_SECTOR - 1) /
			  FAT_MAKER_SECTOR;
	m.data_sector = RESERVED + m.table_sectors + root_sectors;
	m.len = (size_t)(m.data_sector + m.clusters) * FAT_MAKER_SECTOR;
	m.fs = calloc(1, m.len);
	if (!m.fs || count + next + 2 > m.clusters)
		abort();
	boot_sector(&m);
	root = wide ? cluster_data(&m, 2)
		    : m.fs + (m.data_sector - root_sectors) * FAT_MAKER_SECTOR;
	if (wide)
		chain(&m, 2, 0);
	entry(root, "ESP        ", 0x08, 0, 0);
	entry(root + 32, "EFI        ", 0x10, next, 0);
	chain(&m, next, 0);
	entry(cluster_data(&m, next), "BOOT       ", 0x10, next + 1, 0);
	chain(&m, next + 1, 0);
	entry(cluster_data(&m, next + 1), "BOOTX64 EFI", 0x20, next + 2, file_len);
	long_entry(
		cluster_data(&m, next + 1) + 32, FAT_MAKER_LONG, "AKERNE~1EFI", next + 2, file_len);
	for (uint32_t i = 0; i < count; i++)
		chain(&m, next + 2 + i, i + 1 < count ? next + 3 + i : 0);
	if (file_len)
		memcpy(cluster_data(&m, next + 2), file, file_len);
	*out_places = (struct fat_maker_places){
		.table = RESERVED * FAT_MAKER_SECTOR,
		.root = (size_t)(root - m.fs),
		.file_entry = (size_t)(cluster_data(&m, next + 1) - m.fs),
		.long_entry = (size_t)(cluster_data(&m, next + 1) - m.fs) + 32,
		.data = (size_t)m.data_sector * FAT_MAKER_SECTOR,
		.file_cluster = next + 2,
	};
	*out_len = m.len;
	return m.fs;
}
