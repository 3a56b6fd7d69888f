/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cpio archives that stubs make for the kernel, byte for byte as systemd's make them: "newc",
 * inodes counted from 1, no owner, no times, folders first, lower-case digits (but for one letter
 * of the trailer).
 */
#ifndef TOOLS_MEASURE_STUB_ARCHIVE_H
#define TOOLS_MEASURE_STUB_ARCHIVE_H

#include "tools/measure/stub/stub_private.h"

struct archive {
	struct boot *boot;
	struct piece_list pieces;
	uint32_t inode;	    /* of the next entry */
	const char *folder; /* ".extra/credentials" */
	uint32_t file_mode; /* permissions */
};

/* Starts an archive whose files all lie in folder; the folders above it get permissions 0555. */
bool archive_begin(struct archive *archive, struct boot *boot, const char *folder,
	uint32_t folder_mode, uint32_t file_mode);
/* Appends a file with these contents. */
bool archive_add(struct archive *archive, const char *name, const struct boot_piece *contents);
bool archive_end(struct archive *archive);

#endif
