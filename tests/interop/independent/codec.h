/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PROTOCOL.md section 3: bytes out and in. Everything is big-endian. A `buf` grows; a program that
 * has no memory ends. A `reader` that was asked for more than there is says so by `bad` and gives
 * zeros from then on.
 */
#ifndef TESTS_INTEROP_INDEPENDENT_CODEC_H
#define TESTS_INTEROP_INDEPENDENT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;
	size_t len, room;
};

struct span {
	const uint8_t *data;
	size_t len;
};

struct reader {
	struct span left;
	bool bad;
};

void buf_free(struct buf *b);
void put_raw(struct buf *b, const void *data, size_t len);
/* `len` times the byte. */
void put_fill(struct buf *b, uint8_t byte, size_t len);
/* The lowest `bytes` bytes of the value. */
void put_uint(struct buf *b, uint64_t value, unsigned bytes);
/* LP and 2B: a length of 4 or 2 bytes in front. */
void put_lp(struct buf *b, const void *data, size_t len);
void put_2b(struct buf *b, const void *data, size_t len);

uint64_t take_uint(struct reader *r, unsigned bytes);
struct span take_raw(struct reader *r, size_t len);
/* An LP of at most `max` bytes. */
struct span take_lp(struct reader *r, size_t max);
struct span take_2b(struct reader *r, size_t max);
/* Nothing was missing and nothing is left. */
bool reader_done(const struct reader *r);

#endif
