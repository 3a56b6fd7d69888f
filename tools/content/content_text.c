/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text, and KEY=value lines. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/printable.h"
#include "tools/content/content_private.h"
#include "tools/content/match.h"

#define LINES_SHOWN 40u /* of one text; the others are counted */

struct lines {
	struct match_key *list;
	size_t count;
};

static struct lines split(const struct content *text)
{
	size_t capacity = 32, at = 0;
	struct lines lines = {.list = must_realloc(NULL, capacity, sizeof(*lines.list))};

	while (at < text->len) {
		const uint8_t *start = text->data + at;
		const uint8_t *end = memchr(start, '\n', text->len - at);
		size_t len = end ? (size_t)(end - start) : text->len - at;

		if (lines.count == capacity) {
			capacity *= 2;
			lines.list = must_realloc(lines.list, capacity, sizeof(*lines.list));
		}
		lines.list[lines.count++] = (struct match_key){.data = start, .len = len};
		at += len + 1;
	}
	return lines;
}

static void tell_line(const struct content_at *at, enum finding_change change,
	const struct match_key *line, size_t number)
{
	char *text = printable(line->data, line->len, PRINTABLE_MAX);
	char *shown = must_format("line %zu: %s", number, text);
	bool in_a = change == FINDING_REMOVED;
	struct content_values values = {.a = in_a ? shown : NULL, .b = in_a ? NULL : shown};

	content_tell(at, change, "line", &values);
	free(shown);
	free(text);
}

static void tell_more(const struct content_at *at, size_t count)
{
	char *remark = must_format("%zu more lines differ", count);
	struct content_values values = {.remark = remark};

	content_tell(at, FINDING_CHANGED, "lines", &values);
	free(remark);
}

/* In the order of a, then what only b has: a person reads the old text first. */
static void tell_lines(const struct content_at *at, const struct lines *a, const struct lines *b,
	const struct match *match)
{
	size_t told = 0;

	for (size_t i = 0; i < a->count; i++) {
		bool gone = match->b_of_a[i] == MATCH_NONE;

		if ((gone || match->moved[i]) && ++told <= LINES_SHOWN)
			tell_line(at, gone ? FINDING_REMOVED : FINDING_MOVED, &a->list[i],
				(gone ? i : match->b_of_a[i]) + 1);
	}
	for (size_t i = 0; i < b->count; i++)
		if (match->a_of_b[i] == MATCH_NONE && ++told <= LINES_SHOWN)
			tell_line(at, FINDING_ADDED, &b->list[i], i + 1);
	if (told > LINES_SHOWN)
		tell_more(at, told - LINES_SHOWN);
}

static bool same_line(const struct match_key *a, const struct match_key *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool is_text(const struct content *content)
{
	for (size_t i = 0; i < content->len; i++)
		if (content->data[i] < 0x20 && content->data[i] != '\n' &&
			content->data[i] != '\t' && content->data[i] != '\r' &&
			content->data[i] != 0)
			return false;
	return true;
}

/* A text of one line reads best as a value. */
static void tell_value(
	const struct content_at *at, const struct match_key *a, const struct match_key *b)
{
	char *text_a = printable(a->data, a->len, PRINTABLE_MAX);
	char *text_b = printable(b->data, b->len, PRINTABLE_MAX);
	struct content_values values = {.a = text_a, .b = text_b};

	content_tell(at, FINDING_CHANGED, "text", &values);
	free(text_a);
	free(text_b);
}

void content_text(const struct content_at *at, const struct content *a, const struct content *b)
{
	struct lines in_a, in_b;
	struct match match;

	if (!is_text(a) || !is_text(b)) {
		content_opaque(at, a, b);
		return;
	}
	in_a = split(a);
	in_b = split(b);
	if (in_a.count == 1 && in_b.count == 1 && !same_line(in_a.list, in_b.list)) {
		tell_value(at, in_a.list, in_b.list);
	} else {
		match_keys(in_a.list, in_a.count, in_b.list, in_b.count, &match);
		tell_lines(at, &in_a, &in_b, &match);
		match_free(&match);
	}
	free(in_a.list);
	free(in_b.list);
}

static struct match_key key_of(const struct match_key *line)
{
	const uint8_t *equals = line->len ? memchr(line->data, '=', line->len) : NULL;

	return (struct match_key){.data = line->data,
		.len = equals ? (size_t)(equals - (const uint8_t *)line->data) : line->len};
}

static struct lines keys_of(const struct lines *lines)
{
	struct lines keys = {
		.list = must_realloc(NULL, lines->count, sizeof(*keys.list)),
		.count = lines->count,
	};

	for (size_t i = 0; i < lines->count; i++)
		keys.list[i] = key_of(&lines->list[i]);
	return keys;
}

static void tell_settings(const struct content_at *at, const struct lines *a, const struct lines *b,
	const struct lines *keys_a, const struct lines *keys_b, const struct match *match)
{
	for (size_t i = 0; i < a->count; i++) {
		size_t j = match->b_of_a[i];

		if (j == MATCH_NONE)
			content_tell_item(at, FINDING_REMOVED, "setting", &keys_a->list[i],
				&a->list[i], NULL);
		else if (!same_line(&a->list[i], &b->list[j]))
			content_tell_item(at, FINDING_CHANGED, "setting", &keys_a->list[i],
				&a->list[i], &b->list[j]);
		else if (match->moved[i])
			content_tell_item(
				at, FINDING_MOVED, "setting", &keys_a->list[i], NULL, NULL);
	}
	for (size_t i = 0; i < b->count; i++)
		if (match->a_of_b[i] == MATCH_NONE)
			content_tell_item(
				at, FINDING_ADDED, "setting", &keys_b->list[i], NULL, &b->list[i]);
}

void content_settings(const struct content_at *at, const struct content *a, const struct content *b)
{
	struct lines in_a = split(a), in_b = split(b);
	struct lines keys_a = keys_of(&in_a), keys_b = keys_of(&in_b);
	struct match match;

	match_keys(keys_a.list, keys_a.count, keys_b.list, keys_b.count, &match);
	tell_settings(at, &in_a, &in_b, &keys_a, &keys_b, &match);
	match_free(&match);
	free(keys_a.list);
	free(keys_b.list);
	free(in_a.list);
	free(in_b.list);
}
