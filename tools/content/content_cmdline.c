/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel command line, by its words (Linux: lib/cmdline.c, next_arg()). */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/content/content_private.h"
#include "tools/content/match.h"

struct words {
	struct match_key *list;
	size_t count;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

/* White space within double quotes belongs to the word. */
static size_t word_end(const struct content *line, size_t at)
{
	bool quoted = false;

	for (; at < line->len && (quoted || !is_space(line->data[at])); at++)
		if (line->data[at] == '"')
			quoted = !quoted;
	return at;
}

static struct words split(const struct content *line)
{
	size_t capacity = 32, at = 0;
	struct words words = {.list = must_realloc(NULL, capacity, sizeof(*words.list))};

	for (;;) {
		size_t end;

		while (at < line->len && is_space(line->data[at]))
			at++;
		if (at == line->len)
			return words;
		end = word_end(line, at);
		if (words.count == capacity) {
			capacity *= 2;
			words.list = must_realloc(words.list, capacity, sizeof(*words.list));
		}
		words.list[words.count++] = (struct match_key){
			.data = line->data + at, .len = end - at};
		at = end;
	}
}

static struct match_key name_of(const struct match_key *word)
{
	const uint8_t *equals = memchr(word->data, '=', word->len);

	return (struct match_key){.data = word->data,
		.len = equals ? (size_t)(equals - (const uint8_t *)word->data) : word->len};
}

/* a or b is NULL when that side is not to be shown; word is the one that names it. */
static void tell_word(const struct content_at *at, enum finding_change change,
	const struct match_key *word, const struct match_key *a, const struct match_key *b)
{
	struct match_key key = name_of(word);

	content_tell_item(at, change, "word", &key, a, b);
}

/* The names of the words that have no partner; at[] becomes their places. */
static size_t lone_names(
	const struct words *words, const size_t *partner, struct match_key *names, size_t *indices)
{
	size_t count = 0;

	for (size_t i = 0; i < words->count; i++) {
		if (partner[i] != MATCH_NONE)
			continue;
		names[count] = name_of(&words->list[i]);
		indices[count++] = i;
	}
	return count;
}

struct lone {
	struct match_key *names;
	size_t *indices;
	size_t count;
};

static struct lone lone_words(const struct words *words, const size_t *partner)
{
	struct lone lone = {
		.names = must_realloc(NULL, words->count, sizeof(*lone.names)),
		.indices = must_realloc(NULL, words->count, sizeof(*lone.indices)),
	};

	lone.count = lone_names(words, partner, lone.names, lone.indices);
	return lone;
}

static void lone_free(struct lone *lone)
{
	free(lone->names);
	free(lone->indices);
}

/* Words without an equal: those of one name have another value, the rest is in one line only. */
static void tell_lone(const struct content_at *at, const struct words *a, const struct words *b,
	const struct match *equal)
{
	struct lone in_a = lone_words(a, equal->b_of_a), in_b = lone_words(b, equal->a_of_b);
	struct match named;

	match_keys(in_a.names, in_a.count, in_b.names, in_b.count, &named);
	for (size_t i = 0; i < in_a.count; i++) {
		const struct match_key *word = &a->list[in_a.indices[i]];
		size_t j = named.b_of_a[i];

		if (j == MATCH_NONE)
			tell_word(at, FINDING_REMOVED, word, word, NULL);
		else
			tell_word(at, FINDING_CHANGED, word, word, &b->list[in_b.indices[j]]);
	}
	for (size_t j = 0; j < in_b.count; j++) {
		const struct match_key *word = &b->list[in_b.indices[j]];

		if (named.a_of_b[j] == MATCH_NONE)
			tell_word(at, FINDING_ADDED, word, NULL, word);
	}
	match_free(&named);
	lone_free(&in_a);
	lone_free(&in_b);
}

void content_cmdline(const struct content_at *at, const struct content *a, const struct content *b)
{
	static const struct content_values same_words = {
		.remark = "the words are the same; only the space between or after them differs"};
	struct words in_a = split(a), in_b = split(b);
	size_t before = *at->told;
	struct match equal;

	match_keys(in_a.list, in_a.count, in_b.list, in_b.count, &equal);
	tell_lone(at, &in_a, &in_b, &equal);
	for (size_t i = 0; i < in_a.count; i++)
		if (equal.moved[i])
			tell_word(at, FINDING_MOVED, &in_a.list[i], &in_a.list[i], NULL);
	if (*at->told == before)
		content_tell(at, FINDING_CHANGED, "spacing", &same_words);
	match_free(&equal);
	free(in_a.list);
	free(in_b.list);
}
