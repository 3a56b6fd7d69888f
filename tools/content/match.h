/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairs up the items of two lists that have the same key, and says which of the pairs stand in
 * another order. Takes n log n steps, so that lists from hostile files can be long.
 *
 * Order: match_keys(), read, match_free(). Keys are borrowed until match_keys() returns.
 */
#ifndef TOOLS_CONTENT_MATCH_H
#define TOOLS_CONTENT_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#define MATCH_NONE ((size_t)-1)

struct match_key {
	const void *data;
	size_t len; /* bytes */
};

struct match {
	size_t *b_of_a; /* for each item of a its partner's index in b, or MATCH_NONE */
	size_t *a_of_b;
	/* By index in a: the pair is not in the longest run of pairs that keep their order. */
	bool *moved;
};

/* Of several items with one key the first is paired with the first, and so on. */
void match_keys(const struct match_key *a, size_t a_count, const struct match_key *b,
	size_t b_count, struct match *out);
void match_free(struct match *match);

#endif
