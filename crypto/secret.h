/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only holder of key bytes.
 *
 * All secrets live in one arena of locked memory between two guard pages, left out of core dumps
 * and zero in children (mlock, MADV_DONTDUMP, MADV_WIPEONFORK). A secret is a run of fixed blocks
 * of the arena, the first that fits; its owner frees it, which wipes it. secret_pool_close() wipes
 * whatever is left, so every way out of a program can call that one function. Not thread-safe: one
 * thread owns the arena.
 *
 * Order: secret_pool_open() once, any number of secret_new()/secret_free(), secret_pool_close().
 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stddef.h>
#include "crypto/errors.h"
#include "efi/base/status.h"

#define SECRET_MAX   69632u /* bytes of the longest secret: grant_secrets with its join material */
#define SECRET_BLOCK 64u    /* bytes of a block: what the shortest secret takes of the arena */

struct secret {
	uint8_t *bytes; /* in the arena; NULL for an empty handle */
	size_t len;	/* bytes */
};

/*
 * Maps and locks the arena. `slots_bytes` is its size in bytes, 1..SECRET_POOL_MAX, rounded up to
 * whole pages; its book-keeping is not counted. E_SECRET_SIZE when the size is out of range or the
 * room is open already; E_SECRET_MAP and the codes that follow it when memory cannot be had.
 */
#define SECRET_POOL_MAX (64u << 20)
struct status secret_pool_open(size_t slots_bytes) MUST_CHECK;
/* Wipes and unmaps all of it. Safe to call twice and before opening. */
void secret_pool_close(void);
/*
 * 0 while the room is closed, else how often it has been opened. A holder of a long-lived secret
 * compares it to learn whether the handle still points into this room.
 */
unsigned secret_pool_generation(void);

/*
 * A new zeroed secret of len bytes, 1..SECRET_MAX (E_SECRET_LENGTH). E_SECRET_CLOSED before
 * secret_pool_open(), E_SECRET_FULL when no run of blocks is free.
 */
struct status secret_new(size_t len, struct secret *out) MUST_CHECK;
/*
 * Wipes the whole run of blocks, gives it back and empties the handle. An empty handle is fine, and
 * so is one that outlived secret_pool_close().
 */
void secret_free(struct secret *s);

/* For __attribute__((cleanup(secret_cleanup))) on a struct secret. */
static inline void secret_cleanup(struct secret *s)
{
	secret_free(s);
}
#define SECRET_AUTO __attribute__((cleanup(secret_cleanup))) struct secret

/* Overwrites len bytes in a way the compiler keeps: for stack copies and library contexts. */
void wipe(void *p, size_t len);
/* Constant-time comparison of len bytes. */
bool equal_ct(const void *a, const void *b, size_t len);

#endif
