/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GUID partition tables (UEFI specification, chapter 5). The writer makes a deterministic table for
 * sectors of 512 bytes with the usual 128 entries of 128 bytes. The reader takes sectors of 512 to
 * 4096 bytes, which it finds out by where the header lies, any number of entries, and entries of
 * any size that the specification allows (128 * 2^n). It treats every byte as hostile and takes
 * only what it has checked.
 */
#ifndef TOOLS_LIB_GPT_H
#define TOOLS_LIB_GPT_H

#include <stdbool.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"

#define GPT_SECTOR	   512u
#define GPT_ENTRIES	   128u
#define GPT_ENTRY_LEN	   128u
#define GPT_TABLE_SECTORS  32u	/* the entries */
#define GPT_HEAD_SECTORS   34u	/* protective MBR, header, entries */
#define GPT_TAIL_SECTORS   33u	/* entries, header */
#define GPT_NAME_MAX	   36u	/* characters */
#define GPT_USED_MAX	   512u /* entries in use that the reader takes */
#define GPT_ATTR_READ_ONLY (1ull << 60)

#define GPT_TYPE_ESP		    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define GPT_TYPE_XBOOTLDR	    "bc13c2ff-59e6-4262-a352-b275fd6f7172"
#define GPT_TYPE_ROOT_X86_64	    "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
#define GPT_TYPE_ROOT_X86_64_VERITY "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"

struct gpt_partition {
	uint8_t type[GUID_LEN], uuid[GUID_LEN]; /* as on disk */
	uint64_t first, last;			/* sectors, inclusive */
	uint64_t attributes;
	char name[GPT_NAME_MAX + 1]; /* ASCII */
};

/*
 * Makes the first GPT_HEAD_SECTORS and the last GPT_TAIL_SECTORS sectors of a disk of
 * disk_sectors sectors. The partitions lie between them, sorted and apart: the caller's promise.
 */
void gpt_make(const uint8_t disk_guid[GUID_LEN], uint64_t disk_sectors,
	const struct gpt_partition *partitions, size_t count, struct bytes *out_head,
	struct bytes *out_tail);

enum gpt_result {
	GPT_OK = 0,
	GPT_TRUNCATED, /* the disk ends before what the header names */
	GPT_NOT_GPT,   /* no header where it belongs, for sectors of any size */
	GPT_MBR,       /* the same, but the first sector has a partition table of the older kind */
	GPT_CHECKSUM,  /* the header does not fit its CRC-32 */
	GPT_ENTRIES_SUM, /* the entries do not fit theirs */
	GPT_LAYOUT,	 /* the header's numbers are out of range */
	GPT_ENTRY_SIZE,	 /* entries of a size that there is not */
	GPT_ENTRY_COUNT, /* no entries, or more than the disk or this reader has room for */
	GPT_PARTITION,	 /* a partition reaches out of the usable sectors */
	GPT_OVERLAP,	 /* two partitions share sectors */
};

struct gpt {
	uint32_t sector;	/* bytes */
	bool ambiguous;		/* there is a sound table for sectors of another size too */
	const uint8_t *header;	/* in the disk's bytes, as entries */
	const uint8_t *entries; /* entry_count of entry_len bytes each, in use or not */
	uint32_t entry_count, entry_len;
	size_t count;
	struct gpt_partition partitions[GPT_USED_MAX]; /* first and last count in such sectors */
};

/* Reads the primary table of a whole disk. *out is written with GPT_OK only. */
enum gpt_result gpt_read(const uint8_t *disk, size_t len, struct gpt *out);

/* Whether there is a table's header for sectors of any size, sound or not. */
bool gpt_present(const uint8_t *disk, size_t len);

/* What was wrong, and which forms are taken. */
const char *gpt_error(enum gpt_result result);

/* Where a partition lies: *out_at and *out_len in bytes. */
void gpt_extent(const struct gpt *gpt, const struct gpt_partition *partition, size_t *out_at,
	size_t *out_len);

#endif
