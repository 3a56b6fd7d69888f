/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading bytes in order, within bounds: the one cursor of everything that reads fields in a row
 * (the join protocol, what a TPM answers, event logs). It borrows the bytes. The first read past
 * the end fails the cursor, and from then on every read gives zeros: callers look once, at the end.
 */
#ifndef EFI_BASE_CURSOR_H
#define EFI_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at;
	size_t left; /* bytes */
	bool failed;
};

/* The next len bytes, borrowed; NULL once the cursor has failed. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t len)
{
	const uint8_t *taken = c->at;

	if (c->failed || len > c->left) {
		c->failed = true;
		return NULL;
	}
	if (len)
		c->at += len;
	c->left -= len;
	return taken;
}

/* An integer of width bytes, at most 8, the most significant first. */
static inline uint64_t cursor_big_endian(struct cursor *c, size_t width)
{
	const uint8_t *bytes = cursor_take(c, width);
	uint64_t v = 0;

	for (size_t i = 0; bytes && i < width; i++)
		v = v << 8 | bytes[i];
	return v;
}

/* The same, the least significant first. */
static inline uint64_t cursor_little_endian(struct cursor *c, size_t width)
{
	const uint8_t *bytes = cursor_take(c, width);
	uint64_t v = 0;

	for (size_t i = 0; bytes && i < width; i++)
		v |= (uint64_t)bytes[i] << 8 * i;
	return v;
}

/* Whether nothing failed and nothing is left. */
static inline bool cursor_done(const struct cursor *c)
{
	return !c->failed && !c->left;
}

#endif
