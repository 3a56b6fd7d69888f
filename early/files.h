/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole small files, as /proc, /sys and the initrd have them. Codes of failure are the caller's,
 * so that each use keeps its own.
 */
#ifndef EARLY_FILES_H
#define EARLY_FILES_H

#include <stddef.h>
#include "efi/base/status.h"

/*
 * Reads all of `path` into out, at most size bytes, no NUL added. Returns `unreadable` when it
 * cannot be opened or read and `too_long` when it holds more; console_detail() then has the cause.
 */
struct status file_read(const char *path, char *out, size_t size, size_t *out_len,
	uint16_t unreadable, uint16_t too_long) MUST_CHECK;

/*
 * The same for a one-line attribute below the folder dir_fd: without its newline, with a NUL. False
 * when it is missing, does not fit or has a NUL inside. Says nothing on the console.
 */
bool attribute_read(int dir_fd, const char *path, char *out, size_t size);
/*
 * One of bytes: fewer than size of them, as they are. False with errno set, EFBIG when there are
 * more.
 */
bool attribute_bytes(int dir_fd, const char *path, void *out, size_t size, size_t *out_len);
/* An attribute that is one unsigned decimal number. */
bool attribute_number(int dir_fd, const char *path, uint64_t *out);

/* Writes text, one write(2), to an existing file. False with errno set. */
bool file_write(const char *path, const char *text);

#endif
