/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/ear/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_add(struct bytes *out, struct span data)
{
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < data.len; i++) {
		bits = (bits << 8 | data.data[i]) & 0xffffffu;
		held += 8;
		for (; held >= 6; held -= 6)
			bytes_add(out, &alphabet[bits >> (held - 6) & 63u], 1);
	}
	if (held)
		bytes_add(out, &alphabet[bits << (6 - held) & 63u], 1);
}

static int digit_of(uint8_t c, bool any)
{
	const char *at;

	if (any && (c == '+' || c == '/'))
		return c == '+' ? 62 : 63;
	at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static bool read_text(struct span text, bool any, uint8_t *out, size_t cap, size_t *out_len)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t len = 0;

	if (text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int digit = digit_of(text.data[i], any);

		if (digit < 0)
			return false;
		bits = (bits << 6 | (uint32_t)digit) & 0xffffu;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		if (len == cap)
			return false;
		out[len++] = (uint8_t)(bits >> held);
	}
	*out_len = len;
	return !(bits & ((1u << held) - 1));
}

bool base64url_read(struct span text, uint8_t *out, size_t cap, size_t *out_len)
{
	return read_text(text, false, out, cap, out_len);
}

bool base64_read_any(struct span text, uint8_t *out, size_t cap, size_t *out_len)
{
	/* Padding fills up to four characters: one or two of them. */
	if (text.len && text.len % 4 == 0)
		for (unsigned i = 0; i < 2; i++)
			text.len -= text.data[text.len - 1] == '=';
	return read_text(text, true, out, cap, out_len);
}
