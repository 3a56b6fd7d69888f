/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/independent/codec.h"

#include <stdlib.h>
#include <string.h>

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

static uint8_t *grow(struct buf *b, size_t len)
{
	if (b->room - b->len < len || !b->data) {
		b->room = 2 * (b->len + len) + 256;
		b->data = realloc(b->data, b->room);
		if (!b->data)
			abort();
	}
	b->len += len;
	return b->data + b->len - len;
}

void put_raw(struct buf *b, const void *data, size_t len)
{
	uint8_t *at = grow(b, len);

	if (len)
		memcpy(at, data, len);
}

void put_fill(struct buf *b, uint8_t byte, size_t len)
{
	memset(grow(b, len), byte, len);
}

void put_uint(struct buf *b, uint64_t value, unsigned bytes)
{
	uint8_t *at = grow(b, bytes);

	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

void put_lp(struct buf *b, const void *data, size_t len)
{
	put_uint(b, len, 4);
	put_raw(b, data, len);
}

void put_2b(struct buf *b, const void *data, size_t len)
{
	put_uint(b, len, 2);
	put_raw(b, data, len);
}

struct span take_raw(struct reader *r, size_t len)
{
	struct span s = {r->left.data, len};

	if (r->bad || len > r->left.len) {
		r->bad = true;
		return (struct span){0};
	}
	r->left.data += len;
	r->left.len -= len;
	return s;
}

uint64_t take_uint(struct reader *r, unsigned bytes)
{
	struct span s = take_raw(r, bytes);
	uint64_t value = 0;

	for (size_t i = 0; i < s.len; i++)
		value = value << 8 | s.data[i];
	return value;
}

static struct span take_counted(struct reader *r, unsigned width, size_t max)
{
	size_t len = (size_t)take_uint(r, width);

	if (len > max)
		r->bad = true;
	return take_raw(r, len);
}

struct span take_lp(struct reader *r, size_t max)
{
	return take_counted(r, 4, max);
}

struct span take_2b(struct reader *r, size_t max)
{
	return take_counted(r, 2, max);
}

bool reader_done(const struct reader *r)
{
	return !r->bad && !r->left.len;
}
