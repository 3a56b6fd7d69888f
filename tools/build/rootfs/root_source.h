/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of file --root names, by its first bytes. */
#ifndef TOOLS_BUILD_ROOTFS_SOURCE_H
#define TOOLS_BUILD_ROOTFS_SOURCE_H

#include "tools/lib/file.h"

#define ROOT_UNPACKED_MAX (UINT64_C(64) << 30) /* bytes: a root file system as a tar file */

/* A file that is compressed as a whole. */
struct packed_file {
	const char *name, *path; /* for complaints, and where it lies */
	uint64_t max;		 /* bytes: larger it may not become */
};

bool root_source_is_packed(const struct mapped *m);
/* Unpacks what is_packed() into a new file. */
bool root_source_unpack(const struct packed_file *packed, const struct mapped *m, const char *out);

/* Complains, saying what the file is instead of a root file system, and returns false. */
bool root_source_refuse(const char *path, const struct mapped *m);

/* Complains that nothing has this path (error: why), and what was meant perhaps. */
bool root_source_missing(const char *path, int error);

#endif
