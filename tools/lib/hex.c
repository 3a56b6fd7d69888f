/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/hex.h"

#include <string.h>

static char digit(unsigned v)
{
	/* 'a' - '0' - 10 is added exactly when v > 9. */
	return (char)(v + '0' + (((9u - v) >> 8) & ('a' - '0' - 10u)));
}

/* The value of a digit in bits 0..3; bit 8 is set when c is no digit. */
static unsigned value(unsigned char c)
{
	unsigned number = c - (unsigned)'0';
	unsigned letter = (c | 0x20u) - (unsigned)'a';
	unsigned is_number = ((number - 10u) & ~number) >> 31;
	unsigned is_letter = ((letter - 6u) & ~letter) >> 31;

	return (number & (0u - is_number)) | ((letter + 10u) & (0u - is_letter)) |
	       (((is_number | is_letter) ^ 1u) << 8);
}

void hex_encode(const uint8_t *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++) {
		*out++ = digit(data[i] >> 4);
		*out++ = digit(data[i] & 0x0fu);
	}
	*out = '\0';
}

bool hex_decode_text(const char *text, size_t text_len, uint8_t *out, size_t len)
{
	unsigned bad = 0;

	if (text_len / 2 != len || text_len % 2)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned high = value((unsigned char)text[2 * i]);
		unsigned low = value((unsigned char)text[2 * i + 1]);

		bad |= high | low;
		out[i] = (uint8_t)(high << 4 | (low & 0x0fu));
	}
	return !(bad >> 8);
}

bool hex_decode(const char *text, uint8_t *out, size_t len)
{
	return hex_decode_text(text, strnlen(text, 2 * len + 1), out, len);
}

void guid_from_uuid(const uint8_t uuid[16], uint8_t out[GUID_LEN])
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (unsigned i = 0; i < 16; i++)
		out[i] = uuid[order[i]];
}

void guid_text(const uint8_t guid[GUID_LEN], char out[GUID_TEXT])
{
	uint8_t uuid[16];
	char hex[33];

	guid_from_uuid(guid, uuid);
	hex_encode(uuid, 16, hex);
	for (unsigned i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = hex[i];
	}
	*out = '\0';
}

bool guid_parse(const char *text, uint8_t out[GUID_LEN])
{
	char hex[33];
	uint8_t uuid[16];
	unsigned n = 0;

	if (strnlen(text, GUID_TEXT) != GUID_TEXT - 1)
		return false;
	for (unsigned i = 0; i < GUID_TEXT - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
		} else {
			hex[n++] = text[i];
		}
	}
	hex[n] = '\0';
	if (!hex_decode(hex, uuid, 16))
		return false;
	guid_from_uuid(uuid, out);
	return true;
}

bool guid_is(const uint8_t guid[GUID_LEN], const char *text)
{
	uint8_t wanted[GUID_LEN];

	return guid_parse(text, wanted) && memcmp(guid, wanted, GUID_LEN) == 0;
}
