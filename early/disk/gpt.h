/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GUID Partition Table (UEFI 2.10, section 5.3) as read from a disk that the host can write.
 *
 * Only the primary table counts. When the host damages it the boot ends: nothing is repaired from
 * the backup, and nothing is guessed. The caller reads block 1 for gpt_header(), then the entries
 * at `entries_lba` for gpt_entries(), then asks for one entry after another. Nothing allocates or
 * keeps pointers.
 */
#ifndef EARLY_DISK_GPT_H
#define EARLY_DISK_GPT_H

#include <stddef.h>
#include "efi/base/status.h"

#define GPT_HEADER_LEN	92u
#define GPT_ENTRIES_MAX 65536u /* bytes of all entries: 512 of 128 bytes */
#define GPT_NAME_UNITS	36u
#define GPT_BLOCK_MIN	512u
#define GPT_BLOCK_MAX	4096u

struct gpt {
	uint64_t entries_lba;		 /* blocks */
	uint64_t first_lba, last_lba;	 /* usable blocks, both inclusive */
	uint32_t entry_count, entry_len; /* len in bytes; the product is at most GPT_ENTRIES_MAX */
	uint32_t entries_crc;
};

struct gpt_entry {
	uint8_t type[16], guid[16];    /* as on the disk */
	uint64_t first_lba, last_lba;  /* blocks, both inclusive, inside the usable ones */
	char name[GPT_NAME_UNITS + 1]; /* a unit that is not printable ASCII becomes 0x7f */
};

/*
 * Checks the header in `block`, len bytes, one block of a disk of `disk_blocks` such blocks.
 * E_GPT_SIGNATURE means that the disk has no such table; other errors, a table that is not sound.
 */
struct status gpt_header(
	const uint8_t *block, size_t len, uint64_t disk_blocks, struct gpt *out) MUST_CHECK;
/* Checks the checksum of all entries and the place of each; len is entry_count * entry_len. */
struct status gpt_entries(const struct gpt *g, const uint8_t *entries, size_t len) MUST_CHECK;
/* Entry i < entry_count of entries that passed gpt_entries(). False when it is unused. */
bool gpt_entry(const struct gpt *g, const uint8_t *entries, uint32_t i, struct gpt_entry *out);

/* CRC-32 as GPT uses it (ISO 3309). */
uint32_t gpt_crc32(const uint8_t *data, size_t len);

#endif
