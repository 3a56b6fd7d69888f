/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/json_plain.h"

#include <stdlib.h>
#include "tools/lib/utf8.h"

#define ESCAPE_LEN 6 /* \uXXXX */

/* How long the sequence of len bytes is when it is escaped: beyond U+FFFF two surrogates. */
static size_t escaped_len(size_t len)
{
	return len == 1 ? 1 : len == 4 ? 2 * ESCAPE_LEN : ESCAPE_LEN;
}

/* The plain text's length; SIZE_MAX with the flaw when the rules are broken. */
static size_t plain_len(const uint8_t *from, size_t len, struct flaw *flaw)
{
	bool quoted = false, escaped = false;
	size_t total = 0, step;

	for (size_t at = 0; at < len; at += step) {
		const char *wrong = NULL;

		step = utf8_sequence(from + at, len - at);
		if (!step)
			wrong = "this is not UTF-8";
		else if (quoted && from[at] < 0x20)
			wrong = "a control character in a text must be escaped";
		else if (escaped && step > 1)
			wrong = "there is no such escape";
		if (wrong) {
			flaw_at(flaw, at, wrong);
			return SIZE_MAX;
		}
		quoted ^= from[at] == '"' && !escaped;
		escaped = quoted && from[at] == '\\' && !escaped;
		total += escaped_len(step);
	}
	return total;
}

static char *put_escape(char *to, uint32_t unit)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	*to++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*to++ = digits[unit >> shift & 15];
	return to;
}

static char *put_escaped(char *to, const uint8_t *s, size_t len)
{
	uint32_t point = s[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		point = point << 6 | (s[i] & 0x3fu);
	if (point < 0x10000)
		return put_escape(to, point);
	to = put_escape(to, 0xd800 + ((point - 0x10000) >> 10));
	return put_escape(to, 0xdc00 + ((point - 0x10000) & 0x3ff));
}

bool json_plain_make(const uint8_t *from, size_t len, struct json_plain *out, struct flaw *flaw)
{
	size_t total = plain_len(from, len, flaw);
	char *to;

	*out = (struct json_plain){.text = (const char *)from, .len = len, .from = from};
	if (total == len || total == SIZE_MAX)
		return total == len;
	to = out->made = malloc(total);
	if (!to)
		return flaw_at(flaw, 0, "out of memory");
	for (size_t at = 0, step; at < len; at += step) {
		step = utf8_sequence(from + at, len - at);
		if (step == 1)
			*to++ = (char)from[at];
		else
			to = put_escaped(to, from + at, step);
	}
	out->text = out->made;
	out->len = total;
	return true;
}

size_t json_plain_origin(const struct json_plain *plain, size_t at)
{
	size_t origin = 0, seen = 0;

	if (!plain->made)
		return at;
	while (seen < at && seen < plain->len) {
		/* A sequence is whole, so its first byte tells its length. */
		size_t step = utf8_sequence(plain->from + origin, 4);

		seen += escaped_len(step);
		if (seen <= at)
			origin += step;
	}
	return origin;
}

void json_plain_free(struct json_plain *plain)
{
	free(plain->made);
	plain->made = NULL;
}
