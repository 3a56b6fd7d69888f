/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run of bytes too long for the arena of secrets (crypto/secret.h): pages of its own that are
 * never swapped out, are left out of core dumps, are zero in children, and are wiped when they are
 * released. A zeroed struct is an empty one.
 */
#ifndef TOOLS_LIB_LOCKED_BYTES_H
#define TOOLS_LIB_LOCKED_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include "tools/lib/failure.h"

struct locked_bytes {
	uint8_t *data;
	size_t len;	   /* bytes in use; their owner may lower it */
	size_t mapped_len; /* bytes of the pages */
};

/* len zeros, len > 0. *out is released by locked_bytes_free(). */
struct failure locked_bytes_new(size_t len, struct locked_bytes *out) MUST_CHECK;
/* An empty one is fine. */
void locked_bytes_free(struct locked_bytes *b);

static inline void locked_bytes_cleanup(struct locked_bytes *b)
{
	locked_bytes_free(b);
}
#define LOCKED_BYTES_AUTO __attribute__((cleanup(locked_bytes_cleanup))) struct locked_bytes

#endif
