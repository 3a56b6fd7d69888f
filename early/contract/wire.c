/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/contract/wire.h"

#include <string.h>

static const uint8_t nothing[1];

void wire_read_start(struct wire_reader *r, const uint8_t *data, size_t len)
{
	*r = (struct wire_reader){.data = data, .len = len};
}

/* The next len bytes, or NULL with the cursor failed. Every read goes through here. */
static const uint8_t *take(struct wire_reader *r, size_t len)
{
	const uint8_t *at;

	if (r->failed || len > r->len - r->pos) {
		r->failed = true;
		return NULL;
	}
	if (len == 0)
		return nothing;
	at = r->data + r->pos;
	r->pos += len;
	return at;
}

static uint64_t take_integer(struct wire_reader *r, size_t len)
{
	const uint8_t *at = take(r, len);
	uint64_t v = 0;

	if (!at)
		return 0;
	for (size_t i = 0; i < len; i++)
		v = v << 8 | at[i];
	return v;
}

uint8_t wire_get_u8(struct wire_reader *r)
{
	return (uint8_t)take_integer(r, 1);
}

uint16_t wire_get_u16(struct wire_reader *r)
{
	return (uint16_t)take_integer(r, 2);
}

uint32_t wire_get_u32(struct wire_reader *r)
{
	return (uint32_t)take_integer(r, 4);
}

uint64_t wire_get_u64(struct wire_reader *r)
{
	return take_integer(r, 8);
}

void wire_get_bytes(struct wire_reader *r, uint8_t *out, size_t len)
{
	const uint8_t *at = take(r, len);

	if (at)
		memcpy(out, at, len);
	else
		memset(out, 0, len);
}

struct span wire_get_field(struct wire_reader *r, size_t min, size_t max)
{
	uint32_t len = wire_get_u32(r);
	const uint8_t *at;

	if (len < min || len > max)
		r->failed = true;
	at = take(r, len);
	if (!at)
		return (struct span){nothing, 0};
	return (struct span){at, len};
}

void wire_skip(struct wire_reader *r, size_t len)
{
	(void)take(r, len);
}

bool wire_read_done(const struct wire_reader *r)
{
	return !r->failed && r->pos == r->len;
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
