/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/audit/audit_line.h"

#include <stdio.h>
#include <string.h>

#include "tools/lib/hex.h"

#define HASH_KEY   ",\"hash\":\""
#define LINE_TAIL  "\"}\n"
#define END_LEN	   (sizeof(HASH_KEY) - 1 + AUDIT_HASH_HEX + sizeof(LINE_TAIL) - 1)
#define DIGITS_MAX 18u /* of a number: it fits 64 bits with a sign */

struct cursor {
	const char *at, *end;
};

void audit_line_hash(const char *text, size_t len, char out[AUDIT_HASH_HEX + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256(text, len, hash);
	hex_encode(hash, sizeof(hash), out);
}

static bool take_literal(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return false;
	c->at += len;
	return true;
}

static bool take_number(struct cursor *c, uint64_t *out)
{
	const char *first = c->at;

	*out = 0;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9' && c->at - first < (int)DIGITS_MAX)
		*out = *out * 10 + (uint64_t)(*c->at++ - '0');
	return c->at > first && (*first != '0' || c->at - first == 1);
}

/* `like`: '0' stands for any digit. */
static bool take_pattern(struct cursor *c, const char *like)
{
	size_t len = strlen(like);

	if ((size_t)(c->end - c->at) < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (like[i] == '0' ? c->at[i] < '0' || c->at[i] > '9' : c->at[i] != like[i])
			return false;
	c->at += len;
	return true;
}

static bool take_hash(struct cursor *c, const char **out)
{
	*out = c->at;
	if (c->end - c->at < (int)AUDIT_HASH_HEX)
		return false;
	for (size_t i = 0; i < AUDIT_HASH_HEX; i++, c->at++)
		if (!(*c->at >= '0' && *c->at <= '9') && !(*c->at >= 'a' && *c->at <= 'f'))
			return false;
	return true;
}

static bool take_event(struct cursor *c, char out[AUDIT_EVENT_MAX + 1])
{
	size_t len = 0;

	while (c->at < c->end && ((*c->at >= 'a' && *c->at <= 'z') || *c->at == '-')) {
		if (len == AUDIT_EVENT_MAX)
			return false;
		out[len++] = *c->at++;
	}
	out[len] = 0;
	return len > 0;
}

static bool printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

/* The end of a line with the right hash of what stands before it. */
static bool check_end(const char *text, size_t len, char out_hash[AUDIT_HASH_HEX + 1])
{
	struct cursor c = {text + len - END_LEN, text + len};
	const char *hash;

	if (!take_literal(&c, HASH_KEY) || !take_hash(&c, &hash) || !take_literal(&c, LINE_TAIL))
		return false;
	audit_line_hash(text, len - END_LEN, out_hash);
	return memcmp(hash, out_hash, AUDIT_HASH_HEX) == 0;
}

bool audit_line_read(const char *text, size_t len, struct audit_line *out)
{
	struct cursor c = {text, text + len};

	if (len < END_LEN || len > JSON_LINE_MAX || !printable(text, len - 1) ||
		!check_end(text, len, out->hash))
		return false;
	c.end -= END_LEN;
	if (!take_literal(&c, "{\"seq\":") || !take_number(&c, &out->seq) || !out->seq ||
		!take_literal(&c, ",\"time\":\"") || !take_pattern(&c, "0000-00-00T00:00:00Z") ||
		!take_literal(&c, "\",\"prev\":\"") || !take_hash(&c, &out->prev) ||
		!take_literal(&c, "\",\"event\":\"") || !take_event(&c, out->event) ||
		!take_literal(&c, "\""))
		return false;
	out->members = c.at;
	out->members_len = (size_t)(c.end - c.at);
	out->len = len;
	return c.at == c.end || *c.at == ',';
}

/* What follows `,"key":`. A quotation mark inside of a text is escaped, so this finds a key only.
 */
static bool find(const struct audit_line *line, const char *key, struct cursor *out)
{
	char word[32];
	int len = snprintf(word, sizeof(word), ",\"%s\":", key);

	out->at = memmem(line->members, line->members_len, word, (size_t)len);
	out->end = line->members + line->members_len;
	if (!out->at)
		return false;
	out->at += len;
	return true;
}

bool audit_line_text(const struct audit_line *line, const char *key, char *out, size_t cap)
{
	struct cursor c;
	const char *end;
	size_t len;

	out[0] = 0;
	if (!find(line, key, &c) || !take_literal(&c, "\""))
		return false;
	end = memchr(c.at, '"', (size_t)(c.end - c.at));
	len = end ? (size_t)(end - c.at) : cap;
	if (len >= cap)
		return false;
	memcpy(out, c.at, len);
	out[len] = 0;
	return true;
}

uint64_t audit_line_number(const struct audit_line *line, const char *key)
{
	struct cursor c;
	uint64_t value;

	if (!find(line, key, &c) || !take_number(&c, &value) || (c.at < c.end && *c.at != ','))
		return 0;
	return value;
}
