/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/fat.h"

#include <string.h>
#include "tools/lib/fat_names.h"

#define FAT12_CLUSTERS 4085u  /* fewer: FAT12 */
#define FAT16_CLUSTERS 65525u /* fewer: FAT16; a FAT32 has these at least */
#define FIRST_CLUSTER  2u
#define FOLDER_MAX     (2u << 20) /* bytes: 65,536 entries */

struct fat {
	const uint8_t *fs, *table;
	size_t data_at, cluster_len, root_at, root_len; /* bytes; root_* of FAT12 and FAT16 */
	uint32_t clusters, root_cluster;		/* root_cluster of FAT32, else 0 */
	unsigned bits;					/* of an entry of the table: 12, 16, 32 */
};

/* Where the parts lie, in sectors; every term is at most 32 bits wide, so that 64 bits hold sums.
 */
static enum fat_result check_layout(
	struct fat *f, size_t len, uint64_t sector, uint64_t per_cluster)
{
	const uint8_t *b = f->fs;
	bool wide = le16(b + 22) == 0; /* edk2 tells FAT32 by this alone */
	uint64_t table_len = wide ? le32(b + 36) : le16(b + 22);
	uint64_t total = le16(b + 19) ? le16(b + 19) : le32(b + 32);
	uint64_t reserved = le16(b + 14), tables = b[16], root = le16(b + 17);
	uint64_t root_sectors = (root * FAT_DIR_ENTRY + sector - 1) / sector;
	uint64_t data = reserved + tables * table_len + root_sectors, clusters;

	if (!reserved || !tables || total * sector > len || data >= total)
		return FAT_LAYOUT;
	clusters = (total - data) / per_cluster;
	if (clusters > 0x0ffffff5u || wide != (root == 0) || (!wide && clusters >= FAT16_CLUSTERS))
		return FAT_LAYOUT;
	if (wide && clusters < FAT16_CLUSTERS)
		return FAT_FEW;
	f->bits = wide ? 32 : clusters < FAT12_CLUSTERS ? 12 : 16;
	if ((clusters + FIRST_CLUSTER) * f->bits > table_len * sector * 8)
		return FAT_LAYOUT;
	f->table = b + reserved * sector;
	f->clusters = (uint32_t)clusters;
	f->cluster_len = (size_t)(per_cluster * sector);
	f->data_at = (size_t)(data * sector);
	f->root_at = (size_t)((data - root_sectors) * sector);
	f->root_len = (size_t)(root * FAT_DIR_ENTRY);
	f->root_cluster = wide ? le32(b + 44) : 0;
	return FAT_OK;
}

static bool is_named(const uint8_t *fs, size_t len, const char *name)
{
	return len >= 512 && memcmp(fs + 3, name, 8) == 0;
}

bool fat_present(const uint8_t *fs, size_t len)
{
	uint16_t sector;

	if (len < 512 || le16(fs + 510) != 0xaa55)
		return false;
	sector = le16(fs + 11);
	return sector >= 512 && sector <= 4096 && !(sector & (sector - 1)) && fs[13] &&
	       !(fs[13] & (fs[13] - 1)) && (le16(fs + 22) || le32(fs + 36));
}

static enum fat_result fat_open(const uint8_t *fs, size_t len, struct fat *f)
{
	if (is_named(fs, len, "EXFAT   "))
		return FAT_EXFAT;
	if (is_named(fs, len, "NTFS    "))
		return FAT_NTFS;
	if (!fat_present(fs, len))
		return FAT_NOT_FAT;
	*f = (struct fat){.fs = fs};
	return check_layout(f, len, le16(fs + 11), fs[13]);
}

/* An entry of the table. FAT12 has two of them in three bytes. */
static uint32_t table_entry(const struct fat *f, uint32_t cluster)
{
	uint32_t both;

	if (f->bits == 32)
		return le32(f->table + 4 * (size_t)cluster) & 0x0fffffffu;
	if (f->bits == 16)
		return le16(f->table + 2 * (size_t)cluster);
	both = le16(f->table + cluster + cluster / 2);
	return cluster & 1 ? both >> 4 : both & 0xfff;
}

/* The cluster after this one; 0 at the end of the chain, and for anything that is no cluster. */
static uint32_t next_cluster(const struct fat *f, uint32_t cluster)
{
	uint32_t next = table_entry(f, cluster);

	return next >= FIRST_CLUSTER && next - FIRST_CLUSTER < f->clusters ? next : 0;
}

/*
 * Appends a chain: exactly len bytes of a file, or with whole set all of a folder, at most len.
 * Every cluster is used at most once in a sound chain, so that len bounds the walk.
 */
static enum fat_result read_chain(
	const struct fat *f, uint32_t cluster, size_t len, bool whole, struct bytes *out)
{
	if (!whole && len > (size_t)f->clusters * f->cluster_len)
		return FAT_CHAIN;
	if (cluster < FIRST_CLUSTER || cluster - FIRST_CLUSTER >= f->clusters)
		return len && !whole ? FAT_CHAIN : FAT_OK;
	while (len) {
		size_t at = f->data_at + (size_t)(cluster - FIRST_CLUSTER) * f->cluster_len;
		size_t n = len < f->cluster_len ? len : f->cluster_len;

		bytes_add(out, f->fs + at, n);
		len -= n;
		if (!len)
			break;
		cluster = next_cluster(f, cluster);
		if (!cluster)
			return whole ? FAT_OK : FAT_CHAIN;
	}
	return whole ? FAT_CHAIN : FAT_OK;
}

/* All entries of a folder; cluster 0 is the root of FAT12 and FAT16. */
static enum fat_result read_folder(
	const struct fat *f, bool is_root, uint32_t cluster, struct bytes *out)
{
	if (!is_root || f->bits == 32)
		return read_chain(f, cluster, FOLDER_MAX, true, out);
	bytes_add(out, f->fs + f->root_at, f->root_len);
	return FAT_OK;
}

/* One part of the path: its entry's first cluster and size. */
static enum fat_result look_up(const struct fat *f, bool is_root, uint32_t *cluster,
	const struct fat_wanted *wanted, bool want_folder, size_t *out_len)
{
	struct bytes folder = {0};
	enum fat_result result = read_folder(f, is_root, *cluster, &folder);
	const uint8_t *e;

	if (result == FAT_OK) {
		e = fat_find_entry(folder.data, folder.len, wanted, want_folder);
		if (e) {
			*cluster = le16(e + 26) |
				   (f->bits == 32 ? (uint32_t)le16(e + 20) << 16 : 0);
			*out_len = le32(e + 28);
		} else {
			result = FAT_NOT_FOUND;
		}
	}
	bytes_free(&folder);
	return result;
}

/* The place of a path in the file system, while it is being followed. */
struct location {
	struct fat fat;
	uint32_t cluster;
	size_t len; /* of a file */
	bool is_root;
};

#define SEPARATORS "/\\"

/* Follows path to a file, or to a folder. */
static enum fat_result follow(
	const uint8_t *fs, size_t len, const char *path, bool to_folder, struct location *out)
{
	enum fat_result result = fat_open(fs, len, &out->fat);

	out->is_root = true;
	out->len = 0;
	out->cluster = result == FAT_OK ? out->fat.root_cluster : 0;
	path += strspn(path, SEPARATORS);
	if (result == FAT_OK && !*path && !to_folder)
		return FAT_NOT_FOUND;
	while (result == FAT_OK && *path) {
		struct fat_wanted wanted = {.name = path, .len = strcspn(path, SEPARATORS)};
		bool last;

		path += wanted.len;
		path += strspn(path, SEPARATORS);
		last = *path == '\0';
		fat_want(&wanted);
		result = look_up(&out->fat, out->is_root, &out->cluster, &wanted,
			to_folder || !last, &out->len);
		out->is_root = false;
	}
	return result;
}

enum fat_result fat_read_file(const uint8_t *fs, size_t len, const char *path, struct bytes *out)
{
	size_t before = out->len;
	struct location location;
	enum fat_result result = follow(fs, len, path, false, &location);

	if (result == FAT_OK)
		result = read_chain(&location.fat, location.cluster, location.len, false, out);
	if (result != FAT_OK)
		out->len = before;
	return result;
}

enum fat_result fat_list(const uint8_t *fs, size_t len, const char *path, struct bytes *out)
{
	struct bytes folder = {0};
	struct location location;
	enum fat_result result = follow(fs, len, path, true, &location);

	if (result == FAT_OK)
		result = read_folder(&location.fat, location.is_root, location.cluster, &folder);
	if (result == FAT_OK)
		fat_add_names(&folder, out);
	bytes_free(&folder);
	return result;
}

const char *fat_error(enum fat_result result)
{
	switch (result) {
	case FAT_OK:
		return "fine";
	case FAT_NOT_FAT:
		return "there is no FAT file system, which firmware reads (mkfs.vfat makes one)";
	case FAT_EXFAT:
		return "the file system is exFAT, which firmware does not read (mkfs.vfat -F 32)";
	case FAT_NTFS:
		return "the file system is NTFS, which firmware does not read (mkfs.vfat -F 32)";
	case FAT_LAYOUT:
		return "the sizes in the boot sector of the FAT do not fit each other, or the "
		       "partition";
	case FAT_FEW:
		return "the FAT32 has fewer than 65,525 clusters, which firmware takes for damaged "
		       "(mkfs.vfat without -F chooses the kind that fits)";
	case FAT_CHAIN:
		return "a chain of clusters is broken";
	case FAT_NOT_FOUND:
		return "the file is not there";
	}
	return "unknown result";
}
