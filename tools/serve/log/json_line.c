/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/log/json_line.h"

#include <stdio.h>
#include <string.h>

#include "tools/lib/hex.h"

static void put(struct json_line *l, const char *bytes, size_t len)
{
	if (l->overflow || len > sizeof(l->text) - l->len) {
		l->overflow = true;
		return;
	}
	memcpy(l->text + l->len, bytes, len);
	l->len += len;
}

static void put_string(struct json_line *l, const char *s)
{
	put(l, "\"", 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char escaped[8];
		int len;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			put(l, s, 1);
			continue;
		}
		len = snprintf(escaped, sizeof(escaped), "\\u%04x", c);
		put(l, escaped, (size_t)len);
	}
	put(l, "\"", 1);
}

static void put_key(struct json_line *l, const char *key)
{
	if (l->len && l->text[l->len - 1] != '{')
		put(l, ",", 1);
	put_string(l, key);
	put(l, ":", 1);
}

void json_line_start(struct json_line *l)
{
	l->len = 0;
	l->overflow = false;
	put(l, "{", 1);
}

void json_line_text(struct json_line *l, const char *key, const char *value)
{
	put_key(l, key);
	put_string(l, value);
}

void json_line_number(struct json_line *l, const char *key, uint64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);

	put_key(l, key);
	put(l, digits, (size_t)len);
}

void json_line_bool(struct json_line *l, const char *key, bool value)
{
	put_key(l, key);
	put(l, value ? "true" : "false", value ? 4 : 5);
}

void json_line_hex(struct json_line *l, const char *key, const uint8_t *data, size_t len)
{
	put_key(l, key);
	put(l, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		char digits[3];

		hex_encode(data + i, 1, digits);
		put(l, digits, 2);
	}
	put(l, "\"", 1);
}

void json_line_object(struct json_line *l, const char *key)
{
	put_key(l, key);
	put(l, "{", 1);
}

void json_line_close(struct json_line *l)
{
	put(l, "}", 1);
}

bool json_line_end(struct json_line *l)
{
	put(l, "}\n", 2);
	return !l->overflow;
}
