/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks for what must be left out of a run of events, or put in, so that it leads to a given
 * register value. Each answer is proved by the value itself.
 */
#ifndef TOOLS_MEASURE_CHECK_SEQUENCE_H
#define TOOLS_MEASURE_CHECK_SEQUENCE_H

#include <stdbool.h>
#include "tools/lib/bank.h"

#define SEQUENCE_MAX  1024u /* events; longer runs are only compared as they are */
#define SEQUENCE_DEEP 64u   /* longer runs are searched for a prefix only: the rest costs n^3 */

struct sequence {
	enum bank bank;
	uint8_t start[BANK_DIGEST_MAX]; /* of the register */
	const uint8_t *digest[SEQUENCE_MAX];
	size_t count;
};

/* False when the run is full. */
bool sequence_add(struct sequence *sequence, const uint8_t *digest);
void sequence_value(const struct sequence *sequence, uint8_t *value);
bool sequence_leads_to(const struct sequence *sequence, const uint8_t *value);

/* The first *count events, fewer than all, lead to the value. */
bool sequence_prefix(const struct sequence *sequence, const uint8_t *value, size_t *count);
/* Without *count events from *first on they do; the shortest such run. */
bool sequence_without(
	const struct sequence *sequence, const uint8_t *value, size_t *first, size_t *count);
/* With extra put in before event *before. */
bool sequence_with(const struct sequence *sequence, const uint8_t *value,
	const uint8_t *const *extra, size_t extra_count, size_t *before);
/* With another digest in place of event index. */
bool sequence_replaced(
	const struct sequence *sequence, const uint8_t *value, size_t index, const uint8_t *digest);

#endif
