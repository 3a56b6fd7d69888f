/*
 * Files that hold secrets: created whole or not at all, never overwritten, readable by their owner
 * alone. A file whose permissions are wider is refused, because the secret may be out already.
 */
#ifndef TOOLS_SERVE_PRIVATE_FILE_H
#define TOOLS_SERVE_PRIVATE_FILE_H

#include <stddef.h>
#include "crypto/secret.h"
#include "tools/serve/why.h"

enum private_file { PRIVATE_FILE_READ, PRIVATE_FILE_ABSENT, PRIVATE_FILE_REFUSED };

/*
 * Reads a whole file of 1..max bytes (max <= SECRET_MAX) into a new secret, which the caller frees.
 * REFUSED, with *why, for everything but a regular file of this user (or root) with mode 0600 or
 * narrower. *out is written with READ only.
 */
enum private_file private_file_read(
	const char *path, size_t max, struct secret *out, struct why *why);
/* Creates the file with mode 0600 and makes it durable; an existing file is an error. */
bool private_file_create(const char *path, const uint8_t *bytes, size_t len, struct why *why);

#endif
