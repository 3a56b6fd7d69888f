/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to the FAT reader (fat.c): the names of a folder's entries, short ones and long ones. The
 * folder's bytes are hostile; nothing outside them is looked at.
 */
#ifndef TOOLS_LIB_FAT_NAMES_H
#define TOOLS_LIB_FAT_NAMES_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

#define FAT_DIR_ENTRY 32u /* bytes */
#define FAT_NAME_83   11u

/* One part of a path, as it is looked for: name and len given, the others by fat_want(). */
struct fat_wanted {
	const char *name;
	size_t len;
	bool is_short; /* it can be an 8.3 name, which is then short_form */
	uint8_t short_form[FAT_NAME_83];
};

void fat_want(struct fat_wanted *wanted);

/* The entry of that name, a file or a folder; NULL: there is none. */
const uint8_t *fat_find_entry(
	const uint8_t *folder, size_t len, const struct fat_wanted *wanted, bool want_folder);

/* Appends the names of all files in it, each with its NUL. */
void fat_add_names(const struct bytes *folder, struct bytes *out);

#endif
