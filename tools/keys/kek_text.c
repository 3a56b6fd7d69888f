/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/kek_text.h"

#include <stdio.h>
#include <string.h>

#include "tools/lib/hex.h"

#define HEADING	    "protostar-kek 1\n"
#define HEADING_LEN (sizeof(HEADING) - 1)
#define DIGITS_MAX  10u /* of a version */
#define LINE_BYTES  (DIGITS_MAX + 1 + 2 * KEK_LEN + 1)

struct status kek_set_new(struct kek_set *out)
{
	*out = (struct kek_set){0};
	return secret_new(KEK_LEN * KEK_VERSIONS_MAX, &out->keys);
}

void kek_set_free(struct kek_set *s)
{
	secret_free(&s->keys);
	s->count = 0;
}

const uint8_t *kek_set_find(const struct kek_set *s, uint32_t version)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->versions[i] == version)
			return s->keys.bytes + KEK_LEN * i;
	return NULL;
}

bool kek_text_begins(struct span text)
{
	return text.len >= HEADING_LEN && memcmp(text.data, HEADING, HEADING_LEN) == 0;
}

/* A number without a zero in front; moves *at past it. */
static bool read_version(const char **at, const char *end, uint32_t *out)
{
	const char *p = *at;
	uint32_t version = 0;

	if (p == end || *p < '1' || *p > '9')
		return false;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(version, 10u, &version) ||
			__builtin_add_overflow(version, (uint32_t)(*p - '0'), &version))
			return false;
	*out = version;
	*at = p;
	return true;
}

/* One line: a version above the last one, a space, a key, a newline. Moves *at past it. */
static bool read_line(struct kek_set *s, const char **at, const char *end)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	const char *p = *at;
	uint32_t version;

	if (!newline || s->count == KEK_VERSIONS_MAX || !read_version(&p, newline, &version))
		return false;
	if (p == newline || *p != ' ' || version <= (s->count ? s->versions[s->count - 1] : 0))
		return false;
	p++;
	if (!hex_decode_text(p, (size_t)(newline - p), s->keys.bytes + KEK_LEN * s->count, KEK_LEN))
		return false;
	s->versions[s->count++] = version;
	*at = newline + 1;
	return true;
}

bool kek_text_read(struct span text, struct kek_set *out)
{
	const char *at = (const char *)text.data, *end = at + text.len;

	if (!kek_text_begins(text))
		return false;
	for (at += HEADING_LEN; at < end;)
		if (!read_line(out, &at, end))
			return false;
	return out->count > 0;
}

struct status kek_text_write(const struct kek_set *s, struct secret *out)
{
	SECRET_AUTO room = {0};
	size_t len = HEADING_LEN;

	TRY(secret_new(HEADING_LEN + LINE_BYTES * s->count, &room));
	memcpy(room.bytes, HEADING, HEADING_LEN);
	for (size_t i = 0; i < s->count; i++) {
		char *line = (char *)room.bytes + len;
		int digits = snprintf(line, DIGITS_MAX + 2, "%u ", s->versions[i]);

		/* Its NUL is where the newline goes. */
		hex_encode(s->keys.bytes + KEK_LEN * i, KEK_LEN, line + digits);
		line[(size_t)digits + 2 * KEK_LEN] = '\n';
		len += (size_t)digits + 2 * KEK_LEN + 1;
	}
	TRY(secret_new(len, out));
	memcpy(out->bytes, room.bytes, len);
	return OK;
}
