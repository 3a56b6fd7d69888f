/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a tar file that says the same to every reader: POSIX headers (ustar), and in front of an
 * entry that does not fit one a pax header with what is too long or too large for it, and with the
 * extended attributes. No times, no names of owners.
 *
 * Order: tar_write_open(); tar_write_entry() for each; tar_write_close(), which tells whether all
 * of it could be written.
 */
#ifndef TOOLS_LIB_TAR_WRITE_H
#define TOOLS_LIB_TAR_WRITE_H

#include <stdbool.h>
#include <stdio.h>
#include "tools/lib/tar_list.h"

struct tar_writer {
	FILE *file;
};

/* A new file. Complains. */
bool tar_write_open(const char *path, struct tar_writer *out);

/*
 * Appends an entry of this path, which may be another than the entry's own. hard_link: NULL, or the
 * path of an earlier entry that this one is a second name of.
 */
void tar_write_entry(struct tar_writer *w, const char *path, const struct tar_entry *entry,
	const char *hard_link);

/* Ends the file. Complains, naming path, when something of it could not be written. */
bool tar_write_close(struct tar_writer *w, const char *path);

#endif
