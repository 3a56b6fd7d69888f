#include "tools/lib/fat.h"

#include <string.h>

#define DIR_ENTRY      32u
#define NAME_83	       11u
#define ATTR_VOLUME    0x08u
#define ATTR_FOLDER    0x10u
#define ATTR_LONG      0x0fu
#define DELETED	       0xe5u /* first byte of an entry */
#define LONG_LAST      0x40u /* bit of a long name's first entry, which holds its end */
#define LONG_UNITS     13u   /* characters of an entry */
#define LONG_PARTS     20u   /* entries of a name */
#define FAT12_CLUSTERS 4085u /* fewer: FAT12 */
#define FAT16_CLUSTERS 65525u
#define FIRST_CLUSTER  2u
#define FOLDER_MAX     (2u << 20) /* bytes: 65,536 entries */

struct fat {
	const uint8_t *fs, *table;
	size_t data_at, cluster_len, root_at, root_len; /* bytes; root_* of FAT16 */
	uint32_t clusters, root_cluster;		/* root_cluster of FAT32, else 0 */
	bool wide;					/* FAT32 */
};

/* Where the parts lie, in sectors; every term is at most 32 bits wide, so that 64 bits hold sums.
 */
static enum fat_result check_layout(
	struct fat *f, size_t len, uint64_t sector, uint64_t per_cluster, uint64_t table_len)
{
	const uint8_t *b = f->fs;
	uint64_t total = le16(b + 19) ? le16(b + 19) : le32(b + 32);
	uint64_t reserved = le16(b + 14), tables = b[16], root = le16(b + 17);
	uint64_t root_sectors = (root * DIR_ENTRY + sector - 1) / sector;
	uint64_t data = reserved + tables * table_len + root_sectors, clusters;

	if (!reserved || !tables || total * sector > len || data >= total)
		return FAT_LAYOUT;
	clusters = (total - data) / per_cluster;
	f->wide = clusters >= FAT16_CLUSTERS;
	if (clusters < FAT12_CLUSTERS || clusters > 0x0ffffff5u || f->wide != (root == 0))
		return FAT_LAYOUT;
	if ((clusters + FIRST_CLUSTER) * (f->wide ? 4 : 2) > table_len * sector)
		return FAT_LAYOUT;
	f->table = b + reserved * sector;
	f->clusters = (uint32_t)clusters;
	f->cluster_len = (size_t)(per_cluster * sector);
	f->data_at = (size_t)(data * sector);
	f->root_at = (size_t)((data - root_sectors) * sector);
	f->root_len = (size_t)(root * DIR_ENTRY);
	f->root_cluster = f->wide ? le32(b + 44) : 0;
	return FAT_OK;
}

static enum fat_result fat_open(const uint8_t *fs, size_t len, struct fat *f)
{
	uint64_t sector, per_cluster, table_len;

	if (len < 512 || le16(fs + 510) != 0xaa55)
		return FAT_NOT_FAT;
	sector = le16(fs + 11);
	per_cluster = fs[13];
	table_len = le16(fs + 22) ? le16(fs + 22) : le32(fs + 36);
	if (sector < 512 || sector > 4096 || (sector & (sector - 1)))
		return FAT_NOT_FAT;
	if (!per_cluster || (per_cluster & (per_cluster - 1)) || !table_len)
		return FAT_NOT_FAT;
	*f = (struct fat){.fs = fs};
	return check_layout(f, len, sector, per_cluster, table_len);
}

/* The cluster after this one; 0 at the end of the chain, and for anything that is no cluster. */
static uint32_t next_cluster(const struct fat *f, uint32_t cluster)
{
	uint32_t next = f->wide ? le32(f->table + 4 * (size_t)cluster) & 0x0fffffffu
				: le16(f->table + 2 * (size_t)cluster);

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

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* One part of a path, as it is looked for. */
struct wanted {
	const char *name;
	size_t len;
	bool is_short;
	uint8_t short_form[NAME_83];
};

/* "bootx64.efi" -> "BOOTX64 EFI"; false for a name that is not 8.3. */
static bool short_name(const char *name, size_t len, uint8_t out[NAME_83])
{
	const char *dot = memchr(name, '.', len);
	size_t base = dot ? (size_t)(dot - name) : len, extension = dot ? len - base - 1 : 0;

	if (base == 0 || base > 8 || extension > 3)
		return false;
	memset(out, ' ', NAME_83);
	for (size_t i = 0; i < base; i++)
		out[i] = (uint8_t)upper(name[i]);
	for (size_t i = 0; i < extension; i++)
		out[8 + i] = (uint8_t)upper(dot[1 + i]);
	return true;
}

/* A long name, collected from the entries that stand before the one it belongs to. */
struct long_name {
	uint16_t units[LONG_PARTS * LONG_UNITS];
	unsigned missing; /* parts; the next one to come has this number */
	uint8_t checksum; /* of the short name that it belongs to */
	bool any;
};

/* Parts come last first: the first to be met has the highest number, and a flag. */
static void take_part(struct long_name *name, const uint8_t *e)
{
	static const uint8_t places[LONG_UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	unsigned number = e[0] & 0x3fu;
	bool first = e[0] & LONG_LAST;

	if (e[0] == DELETED || !number || number > LONG_PARTS ||
		(!first && (!name->any || number != name->missing || e[13] != name->checksum))) {
		name->any = false;
		return;
	}
	if (first)
		*name = (struct long_name){.any = true, .checksum = e[13]};
	for (unsigned i = 0; i < LONG_UNITS; i++)
		name->units[(number - 1) * LONG_UNITS + i] = le16(e + places[i]);
	name->missing = number - 1;
}

static uint8_t checksum_of(const uint8_t name[NAME_83])
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < NAME_83; i++)
		sum = (uint8_t)((sum & 1 ? 0x80 : 0) + (sum >> 1) + name[i]);
	return sum;
}

/* Case does not matter, for ASCII; other characters are in no path that we look for. */
static bool long_name_is(
	const struct long_name *name, const uint8_t *e, const struct wanted *wanted)
{
	if (!name->any || name->missing || name->checksum != checksum_of(e))
		return false;
	if (wanted->len > LONG_PARTS * LONG_UNITS)
		return false;
	for (size_t i = 0; i < wanted->len; i++)
		if (name->units[i] > 0x7f || upper((char)name->units[i]) != upper(wanted->name[i]))
			return false;
	return wanted->len == LONG_PARTS * LONG_UNITS || name->units[wanted->len] == 0;
}

static const uint8_t *find_entry(
	const uint8_t *folder, size_t len, const struct wanted *wanted, bool want_folder)
{
	struct long_name name = {.any = false};

	for (size_t at = 0; at + DIR_ENTRY <= len && folder[at]; at += DIR_ENTRY) {
		const uint8_t *e = folder + at;
		bool is;

		if (e[11] == ATTR_LONG) {
			take_part(&name, e);
			continue;
		}
		is = e[0] != DELETED && !(e[11] & ATTR_VOLUME) &&
		     !(e[11] & ATTR_FOLDER) == !want_folder &&
		     (long_name_is(&name, e, wanted) ||
			     (wanted->is_short && memcmp(e, wanted->short_form, NAME_83) == 0));
		name.any = false;
		if (is)
			return e;
	}
	return NULL;
}

/* One part of the path: its entry's first cluster and size. cluster 0 is FAT16's root. */
static enum fat_result look_up(const struct fat *f, bool is_root, uint32_t *cluster,
	const struct wanted *wanted, bool want_folder, size_t *out_len)
{
	struct bytes folder = {0};
	enum fat_result result = FAT_OK;
	const uint8_t *e;

	if (is_root && !f->wide)
		bytes_add(&folder, f->fs + f->root_at, f->root_len);
	else
		result = read_chain(f, *cluster, FOLDER_MAX, true, &folder);
	if (result == FAT_OK) {
		e = find_entry(folder.data, folder.len, wanted, want_folder);
		if (e) {
			*cluster = le16(e + 26) | (f->wide ? (uint32_t)le16(e + 20) << 16 : 0);
			*out_len = le32(e + 28);
		} else {
			result = FAT_NOT_FOUND;
		}
	}
	bytes_free(&folder);
	return result;
}

enum fat_result fat_read_file(const uint8_t *fs, size_t len, const char *path, struct bytes *out)
{
	struct fat f;
	enum fat_result result = fat_open(fs, len, &f);
	uint32_t cluster = result == FAT_OK ? f.root_cluster : 0;
	size_t file_len = 0, before = out->len;
	bool is_root = true, last = false;

	while (result == FAT_OK && !last) {
		size_t part = strcspn(path, "/");
		struct wanted wanted = {.name = path, .len = part};

		last = path[part] == '\0';
		wanted.is_short = short_name(path, part, wanted.short_form);
		result = part ? look_up(&f, is_root, &cluster, &wanted, !last, &file_len)
			      : FAT_NOT_FOUND;
		path += part + 1;
		is_root = false;
	}
	if (result == FAT_OK)
		result = read_chain(&f, cluster, file_len, false, out);
	if (result != FAT_OK)
		out->len = before;
	return result;
}

const char *fat_error(enum fat_result result)
{
	switch (result) {
	case FAT_OK:
		return "fine";
	case FAT_NOT_FAT:
		return "there is no FAT16 or FAT32 file system";
	case FAT_LAYOUT:
		return "the file system's sizes do not fit each other";
	case FAT_CHAIN:
		return "a chain of clusters is broken";
	case FAT_NOT_FOUND:
		return "the file is not there";
	}
	return "unknown result";
}
