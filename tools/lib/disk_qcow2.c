/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2, version 3 (QEMU: docs/interop/qcow2.txt), in one canonical layout: header, L1 table,
 * refcount table, refcount blocks, L2 tables, data, each from a cluster of its own on and in the
 * order of the disk. Clusters of zeros are not stored. No snapshots, backing files, encryption or
 * compression: the reader refuses whatever else the format allows.
 */
#include <string.h>
#include "tools/lib/disk_container_private.h"
#include "tools/lib/file.h"

#define MAGIC	     0x514649fbu
#define VERSION	     3u
#define CLUSTER_BITS 16u
#define CLUSTER	     (1u << CLUSTER_BITS)
#define HEADER_LEN   104u
#define PER_TABLE    (CLUSTER / 8u) /* entries of 8 bytes in a cluster */
#define PER_BLOCK    (CLUSTER / 2u) /* refcounts of 16 bits in a cluster */
#define REFCOUNT_LOG 4u		    /* log2 of 16 */
#define COPIED	     (1ull << 63)   /* the refcount is 1 */

#define AT_BITS	 20u
#define AT_SIZE	 24u
#define AT_L1	 40u
#define AT_COUNT 48u
#define AT_END	 112u

/* Where the parts lie, in clusters of the file. */
struct layout {
	uint64_t guest;	  /* clusters of the disk */
	uint64_t l1_size; /* entries: L2 tables that the disk could have */
	uint64_t l1, refs, blocks, l2, data, end;
};

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

/* tables and filled: how many L2 tables and data clusters are stored. */
static struct layout make_layout(uint64_t len, uint64_t tables, uint64_t filled)
{
	struct layout l = {.guest = divide_up(len, CLUSTER), .l1 = 1};
	uint64_t blocks = 1, ref_clusters = 1, needed;

	l.l1_size = divide_up(l.guest, PER_TABLE);
	l.refs = l.l1 + divide_up(l.l1_size, PER_TABLE);
	/* Refcounts count their own clusters too: grows until all fit. */
	for (;;) {
		l.blocks = l.refs + ref_clusters;
		l.l2 = l.blocks + blocks;
		l.data = l.l2 + tables;
		l.end = l.data + filled;
		needed = divide_up(l.end, PER_BLOCK);
		if (needed == blocks && divide_up(blocks, PER_TABLE) == ref_clusters)
			return l;
		blocks = needed;
		ref_clusters = divide_up(blocks, PER_TABLE);
	}
}

static void make_header(uint64_t len, const struct layout *l, uint8_t out[AT_END])
{
	memset(out, 0, AT_END);
	put_be32(out, MAGIC);
	put_be32(out + 4, VERSION);
	put_be32(out + AT_BITS, CLUSTER_BITS);
	put_be64(out + AT_SIZE, len);
	put_be32(out + 36, (uint32_t)l->l1_size);
	put_be64(out + AT_L1, l->l1 * CLUSTER);
	put_be64(out + AT_COUNT, l->refs * CLUSTER);
	put_be32(out + 56, (uint32_t)(l->blocks - l->refs));
	put_be32(out + 96, REFCOUNT_LOG);
	put_be32(out + 100, HEADER_LEN);
}

static bool cluster_is_zero(const uint8_t *disk, size_t len, uint64_t index)
{
	size_t at = (size_t)index * CLUSTER;

	return disk_is_zero(disk + at, len - at < CLUSTER ? len - at : CLUSTER);
}

/* How many clusters of the table's part of the disk are stored. */
static uint64_t count_table(const uint8_t *disk, size_t len, uint64_t table, uint64_t guest)
{
	uint64_t count = 0;

	for (uint64_t i = table * PER_TABLE; i < (table + 1) * PER_TABLE && i < guest; i++)
		count += !cluster_is_zero(disk, len, i);
	return count;
}

static struct layout measure(const uint8_t *disk, size_t len)
{
	struct layout empty = make_layout(len, 0, 0);
	uint64_t tables = 0, filled = 0;

	for (uint64_t t = 0; t < empty.l1_size; t++) {
		uint64_t count = count_table(disk, len, t, empty.guest);

		tables += count != 0;
		filled += count;
	}
	return make_layout(len, tables, filled);
}

/* One entry of 8 bytes at a place of the file. */
static bool put_entry(int fd, uint64_t at, uint64_t value)
{
	uint8_t entry[8];

	put_be64(entry, value);
	return disk_put(fd, entry, sizeof(entry), at);
}

static bool write_refcounts(const struct layout *l, int fd)
{
	uint8_t block[CLUSTER];
	bool fine = true;

	for (uint64_t b = 0; fine && b < l->l2 - l->blocks; b++) {
		memset(block, 0, sizeof(block));
		for (uint64_t i = 0; i < PER_BLOCK && b * PER_BLOCK + i < l->end; i++)
			put_be16(block + 2 * i, 1);
		fine = put_entry(fd, l->refs * CLUSTER + 8 * b, (l->blocks + b) * CLUSTER) &&
		       disk_put(fd, block, sizeof(block), (l->blocks + b) * CLUSTER);
	}
	return fine;
}

/* Writes the table's clusters from *data on, and the table itself, unless it is empty. */
static bool write_table(const uint8_t *disk, size_t len, const struct layout *l, uint64_t index,
	uint64_t *next_table, uint64_t *next_data, int fd)
{
	uint8_t table[CLUSTER] = {0};
	uint64_t before = *next_data;

	for (uint64_t i = 0; i < PER_TABLE && index * PER_TABLE + i < l->guest; i++) {
		size_t at = (size_t)(index * PER_TABLE + i) * CLUSTER;
		size_t n = len - at < CLUSTER ? len - at : CLUSTER;

		if (disk_is_zero(disk + at, n))
			continue;
		put_be64(table + 8 * i, *next_data * CLUSTER | COPIED);
		if (!file_put_sparse(fd, disk + at, n, *next_data * CLUSTER))
			return false;
		(*next_data)++;
	}
	if (*next_data == before)
		return true;
	return put_entry(fd, l->l1 * CLUSTER + 8 * index, *next_table * CLUSTER | COPIED) &&
	       disk_put(fd, table, sizeof(table), (*next_table)++ * CLUSTER);
}

bool disk_qcow2_write(const uint8_t *disk, size_t len, int fd)
{
	static const uint8_t zero;
	struct layout l = measure(disk, len);
	uint8_t header[AT_END];
	uint64_t next_table = l.l2, next_data = l.data;
	bool fine;

	make_header(len, &l, header);
	/* The last byte of the last cluster, so that the file has whole clusters. */
	fine = disk_put(fd, &zero, 1, l.end * CLUSTER - 1) &&
	       disk_put(fd, header, sizeof(header), 0) && write_refcounts(&l, fd);
	for (uint64_t t = 0; fine && t < l.l1_size; t++)
		fine = write_table(disk, len, &l, t, &next_table, &next_data, fd);
	return fine;
}

bool disk_qcow2_is(const uint8_t *file, size_t len)
{
	return len >= AT_END && be32(file) == MAGIC;
}

#define STEPS	8u
#define FOREIGN "the qcow2 is not laid out as protostar build does it"

struct reader {
	const uint8_t *file;
	struct layout l; /* as it must be: made of what the file claims, and compared */
	uint64_t tables, filled;
	uint8_t *memory;
	size_t len;
};

/* What is zero stays untouched, so that it takes no memory. */
static void copy_cluster(struct reader *r, uint64_t cluster, size_t at)
{
	const uint8_t *from = r->file + cluster * CLUSTER;

	for (size_t n = 0; n < CLUSTER && at + n < r->len; n += DISK_BLOCK) {
		size_t left = r->len - at - n;
		size_t step = left < DISK_BLOCK ? left : DISK_BLOCK;

		if (!disk_is_zero(from + n, step))
			memcpy(r->memory + at + n, from + n, step);
	}
}

/* Each stored cluster is the next one in the file. */
static bool read_table(struct reader *r, uint64_t index, struct flaw *flaw)
{
	uint64_t table_at = (r->l.l2 + r->tables++) * CLUSTER, before = r->filled;

	for (uint64_t i = 0; i < PER_TABLE; i++) {
		uint64_t entry = be64(r->file + table_at + 8 * i);
		uint64_t cluster = r->l.data + r->filled, guest = index * PER_TABLE + i;
		size_t at = (size_t)guest * CLUSTER;

		if (!entry)
			continue;
		if (guest >= r->l.guest || cluster >= r->l.end ||
			entry != (cluster * CLUSTER | COPIED))
			return flaw_at(flaw, table_at + 8 * i, FOREIGN);
		copy_cluster(r, cluster, at);
		r->filled++;
	}
	return r->filled != before || flaw_at(flaw, table_at, FOREIGN);
}

static bool read_tables(struct reader *r, struct flaw *flaw)
{
	for (uint64_t i = 0; i < r->l.l1_size; i++) {
		uint64_t at = r->l.l1 * CLUSTER + 8 * i, entry = be64(r->file + at);

		if (!entry)
			continue;
		if (r->l.l2 + r->tables >= r->l.data ||
			entry != ((r->l.l2 + r->tables) * CLUSTER | COPIED))
			return flaw_at(flaw, at, FOREIGN);
		if (!read_table(r, i, flaw))
			return false;
	}
	return (r->l.l2 + r->tables == r->l.data && r->l.data + r->filled == r->l.end) ||
	       flaw_at(flaw, r->l.l1 * CLUSTER, FOREIGN);
}

/* Every cluster of the file is used once; what is left of tables and blocks is zero. */
static bool check_refcounts(const struct reader *r, struct flaw *flaw)
{
	uint64_t blocks = r->l.l2 - r->l.blocks, l1_end = r->l.l1 * CLUSTER + 8 * r->l.l1_size;
	uint64_t refs_at = r->l.refs * CLUSTER, refs_end = refs_at + 8 * blocks;

	for (uint64_t b = 0; b < blocks; b++) {
		uint64_t at = (r->l.blocks + b) * CLUSTER;

		if (be64(r->file + refs_at + 8 * b) != at)
			return flaw_at(flaw, refs_at + 8 * b, FOREIGN);
		for (uint64_t i = 0; i < PER_BLOCK; i++)
			if (be16(r->file + at + 2 * i) != (b * PER_BLOCK + i < r->l.end))
				return flaw_at(flaw, at + 2 * i, FOREIGN);
	}
	if (!disk_is_zero(r->file + l1_end, (size_t)(refs_at - l1_end)))
		return flaw_at(flaw, l1_end, FOREIGN);
	return disk_is_zero(r->file + refs_end, (size_t)(r->l.blocks * CLUSTER - refs_end)) ||
	       flaw_at(flaw, refs_end, FOREIGN);
}

/* How many L2 tables the L1 table names; it lies in the file. */
static uint64_t count_tables(const uint8_t *file, const struct layout *l)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < l->l1_size; i++)
		count += be64(file + l->l1 * CLUSTER + 8 * i) != 0;
	return count;
}

/* The one layout that a file of this many clusters with this L1 table can have. */
static bool find_layout(
	const uint8_t *file, size_t len, uint64_t size, struct layout *out, struct flaw *flaw)
{
	uint64_t clusters = len / CLUSTER, tables, filled = 0;
	struct layout l = make_layout(size, 0, 0);

	if (len % CLUSTER || l.refs > clusters)
		return flaw_at(flaw, len, "the qcow2 is cut off, or has something behind its end");
	tables = count_tables(file, &l);
	l = make_layout(size, tables, 0);
	/* More clusters can need more refcount blocks, and then there are fewer of data. */
	for (unsigned step = 0; step < STEPS && l.end != clusters; step++) {
		filled += clusters - l.end;
		l = make_layout(size, tables, filled);
	}
	if (l.end != clusters)
		return flaw_at(flaw, len, FOREIGN);
	*out = l;
	return true;
}

bool disk_qcow2_open(const uint8_t *file, size_t len, struct disk_view *out, struct flaw *flaw)
{
	struct reader r = {.file = file};
	uint64_t size = be64(file + AT_SIZE);
	uint8_t header[AT_END];
	struct disk_view view = {0};

	if (!size || size > DISK_LEN_MAX || size % 512)
		return flaw_at(flaw, AT_SIZE, "the qcow2 has no size, or more than 1 TiB");
	if (!find_layout(file, len, size, &r.l, flaw))
		return false;
	make_header(size, &r.l, header);
	for (unsigned i = 0; i < AT_END; i++)
		if (file[i] != header[i])
			return flaw_at(flaw, i, FOREIGN);
	if (!disk_is_zero(file + AT_END, CLUSTER - AT_END))
		return flaw_at(flaw, AT_END, FOREIGN);
	if (!check_refcounts(&r, flaw) || !disk_view_make(size, &view, &r.memory, flaw))
		return false;
	r.len = view.len;
	if (!read_tables(&r, flaw)) {
		disk_container_close(&view);
		return false;
	}
	*out = view;
	return true;
}
