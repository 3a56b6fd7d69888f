/*
 * Reads one file out of a FAT16 or FAT32 file system (Microsoft's FAT specification 1.03) that lies
 * in memory, such as an EFI system partition. Every byte is hostile: each cluster is checked to
 * lie inside, each chain to be no longer than the file system. Long names are ASCII.
 */
#ifndef TOOLS_LIB_FAT_H
#define TOOLS_LIB_FAT_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

enum fat_result {
	FAT_OK = 0,
	FAT_NOT_FAT,   /* no FAT16 or FAT32 boot sector */
	FAT_LAYOUT,    /* its numbers do not fit each other or the size */
	FAT_CHAIN,     /* a cluster chain leaves the file system, ends early or has no end */
	FAT_NOT_FOUND, /* no such file */
};

/*
 * The contents of path, such as "EFI/BOOT/BOOTX64.EFI" (case does not matter), appended to out.
 * With a result other than FAT_OK out is unchanged.
 */
enum fat_result fat_read_file(const uint8_t *fs, size_t len, const char *path, struct bytes *out);

const char *fat_error(enum fat_result result);

#endif
