/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initrd's container: a "newc" cpio archive (Linux: Documentation/driver-api/early-userspace/
 * buffer-format.rst). Deterministic: entries sorted by path, inodes from 1, owner root, time 0.
 */
#ifndef TOOLS_LIB_CPIO_H
#define TOOLS_LIB_CPIO_H

#include <stdbool.h>
#include <sys/stat.h>
#include "tools/lib/bytes.h"

struct cpio_entry {
	const char *path;      /* relative, no leading slash */
	uint32_t mode;	       /* type and permissions, as in st_mode */
	uint32_t major, minor; /* of a device node */
	const uint8_t *data;   /* contents of a regular file */
	size_t len;	       /* bytes; < 4 GiB */
};

/*
 * Appends the archive to out, trailer included. Sorts entries in place. Refuses (and complains) a
 * path twice, a path that is empty, absolute or has "..", and contents that are too long.
 */
bool cpio_write(struct cpio_entry *entries, size_t count, struct bytes *out);

#endif
