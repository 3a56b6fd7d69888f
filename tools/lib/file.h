/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of the host tools: mapping, reading, writing. Nothing here leaves half a file behind:
 * the builder writes into a folder of its own that is renamed when it is complete.
 */
#ifndef TOOLS_LIB_FILE_H
#define TOOLS_LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bytes.h"

/* A regular file, mapped read-only. An empty file has data NULL and len 0. */
struct mapped {
	const uint8_t *data;
	size_t len; /* bytes */
};

bool file_map(const char *path, struct mapped *out);
void file_unmap(struct mapped *m);

/*
 * Appends all that a file, a pipe or a file of the kernel's has, which need not tell its size; "-"
 * is standard input. Complains when that is more than max bytes.
 */
bool file_read(const char *path, size_t max, struct bytes *out);

/* Writes a new file with mode 0644 whatever the umask; an old one is replaced. */
bool file_write(const char *path, const void *data, size_t len);

/* The last name of a path, without slashes after it; the caller frees it. */
char *path_name(const char *path);

/* SHA-256 of a whole file. */
bool file_sha256(const char *path, uint8_t out[32]);

/* Writes len bytes at offset of fd, leaving out 4 KiB blocks of zeros so that the file is sparse.
 */
bool file_put_sparse(int fd, const uint8_t *data, size_t len, uint64_t offset);

/* Removes a folder made by the builder with everything in it; never follows a link out of it. */
void folder_remove(const char *path);

#endif
