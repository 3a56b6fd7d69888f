/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the smallest FAT12, FAT16 or FAT32 file systems for tests: one file EFI/BOOT/BOOTX64.EFI,
 * which has FAT_MAKER_LONG for a second name in the same folder; one sector a cluster, clusters in
 * order. Clusters 2 and 3 (FAT32: 3 and 4) are the folders.
 */
#ifndef TESTS_MOCK_FAT_MAKER_H
#define TESTS_MOCK_FAT_MAKER_H

#include <stddef.h>
#include <stdint.h>

#define FAT_MAKER_SECTOR 512u
#define FAT_MAKER_LONG	 "A kernel, 6.12.107.efi" /* takes two entries, and its short one */

struct fat_maker_places {
	size_t table, root, file_entry, data; /* offsets; data: of cluster 2 */
	size_t long_entry;		      /* the first of three */
	uint32_t file_cluster;
};

/* bits: 12, 16 or 32. The file system in memory of *out_len bytes that the caller frees. */
uint8_t *fat_make(unsigned bits, const uint8_t *file, uint32_t file_len, size_t *out_len,
	struct fat_maker_places *out_places);

/* Sets the entry of a cluster in the table at table, of entries of so many bits. */
void fat_maker_set(uint8_t *table, unsigned bits, uint32_t cluster, uint32_t next);

#endif
