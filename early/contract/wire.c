/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/contract/wire.h"

#include <string.h>

static const uint8_t nothing[1];

void wire_read_start(struct cursor *r, const uint8_t *data, size_t len)
{
	*r = (struct cursor){.at = data, .left = len};
}

uint8_t wire_get_u8(struct cursor *r)
{
	return (uint8_t)cursor_big_endian(r, 1);
}

uint16_t wire_get_u16(struct cursor *r)
{
	return (uint16_t)cursor_big_endian(r, 2);
}

uint32_t wire_get_u32(struct cursor *r)
{
	return (uint32_t)cursor_big_endian(r, 4);
}

uint64_t wire_get_u64(struct cursor *r)
{
	return cursor_big_endian(r, 8);
}

void wire_get_bytes(struct cursor *r, uint8_t *out, size_t len)
{
	const uint8_t *at = cursor_take(r, len);

	if (at)
		memcpy(out, at, len);
	else
		memset(out, 0, len);
}

struct span wire_get_field(struct cursor *r, size_t min, size_t max)
{
	uint32_t len = wire_get_u32(r);
	const uint8_t *at;

	if (len < min || len > max)
		r->failed = true;
	at = cursor_take(r, len);
	return at && len ? (struct span){at, len} : (struct span){nothing, 0};
}

void wire_skip(struct cursor *r, size_t len)
{
	(void)cursor_take(r, len);
}

bool wire_read_done(const struct cursor *r)
{
	return cursor_done(r);
}

void wire_write_start(struct wire_writer *w, uint8_t *data, size_t cap)
{
	*w = (struct wire_writer){.data = data, .cap = cap};
}

void wire_put_bytes(struct wire_writer *w, const uint8_t *data, size_t len)
{
	if (w->failed || len > w->cap - w->len) {
		w->failed = true;
		return;
	}
	if (len == 0)
		return;
	memcpy(w->data + w->len, data, len);
	w->len += len;
}

static void put_integer(struct wire_writer *w, uint64_t v, size_t len)
{
	uint8_t bytes[8] = {0};

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(v >> 8 * (len - 1 - i));
	wire_put_bytes(w, bytes, len);
}

void wire_put_u8(struct wire_writer *w, uint8_t v)
{
	put_integer(w, v, 1);
}

void wire_put_u16(struct wire_writer *w, uint16_t v)
{
	put_integer(w, v, 2);
}

void wire_put_u32(struct wire_writer *w, uint32_t v)
{
	put_integer(w, v, 4);
}

void wire_put_u64(struct wire_writer *w, uint64_t v)
{
	put_integer(w, v, 8);
}

void wire_put_field(struct wire_writer *w, struct span field, size_t min, size_t max)
{
	if (field.len < min || field.len > max || field.len > UINT32_MAX) {
		w->failed = true;
		return;
	}
	wire_put_u32(w, (uint32_t)field.len);
	wire_put_bytes(w, field.data, field.len);
}
