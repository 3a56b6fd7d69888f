/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/json_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/lib/utf8.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD in UTF-8 */

static void add_quoted(struct bytes *out, const char *text)
{
	const uint8_t *s = (const uint8_t *)text, *end = s + strlen(text);

	bytes_add_text(out, "\"");
	while (s < end) {
		size_t len = utf8_sequence(s, (size_t)(end - s));

		if (*s < 0x20 || *s == 0x7f)
			bytes_addf(out, "\\u%04x", *s);
		else if (*s == '"' || *s == '\\')
			bytes_addf(out, "\\%c", *s);
		else if (len)
			bytes_add(out, s, len);
		else
			bytes_add_text(out, replacement);
		s += len ? len : 1;
	}
	bytes_add_text(out, "\"");
}

static void indent(struct bytes *out, unsigned depth)
{
	bytes_add_text(out, "\n");
	for (unsigned i = 0; i < depth; i++)
		bytes_add_text(out, "  ");
}

/* What stands before a value: the comma after the one before it, the line's indent, the key. */
static void lead_in(struct json_text *json, const char *key)
{
	if (json->depth) {
		if (json->has_member[json->depth - 1])
			bytes_add_text(json->out, ",");
		json->has_member[json->depth - 1] = true;
		if (json->depth <= json->lines)
			indent(json->out, json->depth);
	}
	if (key) {
		add_quoted(json->out, key);
		bytes_add_text(json->out, json->lines ? ": " : ":");
	}
}

void json_start(struct json_text *json, struct bytes *out)
{
	json_start_lines(json, out, JSON_TEXT_DEPTH);
}

void json_start_lines(struct json_text *json, struct bytes *out, unsigned lines)
{
	*json = (struct json_text){.out = out, .lines = lines};
}

void json_open(struct json_text *json, const char *key, char bracket)
{
	lead_in(json, key);
	if (json->depth == JSON_TEXT_DEPTH)
		abort();
	bytes_add(json->out, &bracket, 1);
	json->closing[json->depth] = bracket == '{' ? '}' : ']';
	json->has_member[json->depth] = false;
	json->depth++;
}

void json_close(struct json_text *json)
{
	if (!json->depth)
		abort();
	json->depth--;
	if (json->has_member[json->depth] && json->depth < json->lines)
		indent(json->out, json->depth);
	bytes_add(json->out, &json->closing[json->depth], 1);
	if (!json->depth)
		bytes_add_text(json->out, "\n");
}

void json_string(struct json_text *json, const char *key, const char *text)
{
	lead_in(json, key);
	add_quoted(json->out, text);
}

void json_format(struct json_text *json, const char *key, const char *format, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = must_alloc((size_t)(len < 0 ? 0 : len) + 1);
	text[0] = '\0';
	vsnprintf(text, (size_t)(len < 0 ? 0 : len) + 1, format, again);
	va_end(again);
	json_string(json, key, text);
	free(text);
}

void json_hex(struct json_text *json, const char *key, const uint8_t *data, size_t len)
{
	char *hex = must_alloc(2 * len + 1);

	hex_encode(data, len, hex);
	json_string(json, key, hex);
	free(hex);
}

void json_number(struct json_text *json, const char *key, uint64_t value)
{
	lead_in(json, key);
	bytes_addf(json->out, "%llu", (unsigned long long)value);
}

void json_flag(struct json_text *json, const char *key, bool value)
{
	lead_in(json, key);
	bytes_add_text(json->out, value ? "true" : "false");
}
