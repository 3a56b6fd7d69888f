/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads files out of a FAT12, FAT16 or FAT32 file system (Microsoft's FAT specification 1.03) that
 * lies in memory, such as an EFI system partition: as edk2's driver takes it, which firmware starts
 * images through. Every byte is hostile: each cluster is checked to lie inside, each chain to be no
 * longer than the file system. Long names are ASCII.
 *
 * Paths have slashes or backslashes between their parts, one or more of them, and may begin with
 * some; case does not matter.
 */
#ifndef TOOLS_LIB_FAT_H
#define TOOLS_LIB_FAT_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

enum fat_result {
	FAT_OK = 0,
	FAT_NOT_FAT,   /* no boot sector of a FAT */
	FAT_EXFAT,     /* exFAT, which firmware does not read */
	FAT_NTFS,      /* neither does it read this */
	FAT_LAYOUT,    /* its numbers do not fit each other or the size */
	FAT_FEW,       /* FAT32 with fewer clusters than it may have: firmware refuses it */
	FAT_CHAIN,     /* a cluster chain leaves the file system, ends early or has no end */
	FAT_NOT_FOUND, /* no such file */
};

/*
 * The contents of path, such as "EFI/BOOT/BOOTX64.EFI", appended to out. With a result other than
 * FAT_OK out is unchanged.
 */
enum fat_result fat_read_file(const uint8_t *fs, size_t len, const char *path, struct bytes *out);

/*
 * The names of the files in a folder, in its order, each with its NUL, appended to out: long names
 * where there are such (characters that are not printable ASCII become '?'). "" is the root.
 */
enum fat_result fat_list(const uint8_t *fs, size_t len, const char *path, struct bytes *out);

/* Whether these bytes begin as a FAT does, sound or not. */
bool fat_present(const uint8_t *fs, size_t len);

/* What was wrong, and what helps. */
const char *fat_error(enum fat_result result);

#endif
