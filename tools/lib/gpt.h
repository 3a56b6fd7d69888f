/*
 * GUID partition tables (UEFI specification, chapter 5) with 512-byte sectors and the usual 128
 * entries of 128 bytes. The writer makes a deterministic table; the reader treats every byte as
 * hostile and takes only what it has checked.
 */
#ifndef TOOLS_LIB_GPT_H
#define TOOLS_LIB_GPT_H

#include <stdbool.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"

#define GPT_SECTOR	   512u
#define GPT_ENTRIES	   128u
#define GPT_ENTRY_LEN	   128u
#define GPT_TABLE_SECTORS  32u /* the entries */
#define GPT_HEAD_SECTORS   34u /* protective MBR, header, entries */
#define GPT_TAIL_SECTORS   33u /* entries, header */
#define GPT_NAME_MAX	   36u /* characters */
#define GPT_ATTR_READ_ONLY (1ull << 60)

#define GPT_TYPE_ESP		    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
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
	GPT_TRUNCATED, /* the disk ends before the table does */
	GPT_NOT_GPT,   /* no header where it belongs */
	GPT_CHECKSUM,  /* header or entries do not fit their CRC-32 */
	GPT_LAYOUT,    /* numbers out of range, or sizes that this reader does not take */
	GPT_OVERLAP,   /* two partitions share sectors */
};

struct gpt {
	size_t count;
	struct gpt_partition partitions[GPT_ENTRIES];
};

/* Reads the primary table of a whole disk. *out is written with GPT_OK only. */
enum gpt_result gpt_read(const uint8_t *disk, size_t len, struct gpt *out);

const char *gpt_error(enum gpt_result result);

#endif
