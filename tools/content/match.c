/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/content/match.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"

struct indexed_key {
	struct match_key key;
	size_t index;
};

static int key_order(const struct match_key *x, const struct match_key *y)
{
	size_t shorter = x->len < y->len ? x->len : y->len;
	int order = shorter ? memcmp(x->data, y->data, shorter) : 0;

	if (order)
		return order;
	return x->len == y->len ? 0 : x->len < y->len ? -1 : 1;
}

static int by_key(const void *a, const void *b)
{
	const struct indexed_key *x = a, *y = b;
	int order = key_order(&x->key, &y->key);

	if (order)
		return order;
	return x->index < y->index ? -1 : 1;
}

static struct indexed_key *sorted(const struct match_key *keys, size_t count)
{
	struct indexed_key *places = must_realloc(NULL, count, sizeof(*places));

	for (size_t i = 0; i < count; i++)
		places[i] = (struct indexed_key){.key = keys[i], .index = i};
	qsort(places, count, sizeof(*places), by_key);
	return places;
}

static void pair_up(const struct indexed_key *a, size_t a_count, const struct indexed_key *b,
	size_t b_count, struct match *out)
{
	size_t i = 0, j = 0;

	while (i < a_count && j < b_count) {
		int order = key_order(&a[i].key, &b[j].key);

		if (order == 0) {
			out->b_of_a[a[i].index] = b[j].index;
			out->a_of_b[b[j].index] = a[i].index;
		}
		i += order <= 0;
		j += order >= 0;
	}
}

/* Index of the first tail whose partner is beyond what. */
static size_t first_beyond(const struct match *m, const size_t *tails, size_t count, size_t what)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->b_of_a[tails[middle]] < what)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The longest increasing run of partners: tails[n] is the item of a at which the best run of
 * n + 1 items ends, before[i] the item that comes before i in its run.
 */
static void find_moved(struct match *m, size_t a_count)
{
	size_t *tails = must_realloc(NULL, a_count, sizeof(*tails));
	size_t *before = must_realloc(NULL, a_count, sizeof(*before));
	size_t length = 0;

	for (size_t i = 0; i < a_count; i++) {
		size_t at;

		if (m->b_of_a[i] == MATCH_NONE)
			continue;
		m->moved[i] = true;
		at = first_beyond(m, tails, length, m->b_of_a[i]);
		before[i] = at ? tails[at - 1] : MATCH_NONE;
		tails[at] = i;
		if (at == length)
			length++;
	}
	for (size_t i = length ? tails[length - 1] : MATCH_NONE; i != MATCH_NONE; i = before[i])
		m->moved[i] = false;
	free(tails);
	free(before);
}

void match_keys(const struct match_key *a, size_t a_count, const struct match_key *b,
	size_t b_count, struct match *out)
{
	struct indexed_key *in_a = sorted(a, a_count), *in_b = sorted(b, b_count);

	out->b_of_a = must_realloc(NULL, a_count, sizeof(*out->b_of_a));
	out->a_of_b = must_realloc(NULL, b_count, sizeof(*out->a_of_b));
	out->moved = must_realloc(NULL, a_count, sizeof(*out->moved));
	for (size_t i = 0; i < a_count; i++) {
		out->b_of_a[i] = MATCH_NONE;
		out->moved[i] = false;
	}
	for (size_t i = 0; i < b_count; i++)
		out->a_of_b[i] = MATCH_NONE;
	pair_up(in_a, a_count, in_b, b_count, out);
	find_moved(out, a_count);
	free(in_a);
	free(in_b);
}

void match_free(struct match *match)
{
	free(match->b_of_a);
	free(match->a_of_b);
	free(match->moved);
	*match = (struct match){0};
}
