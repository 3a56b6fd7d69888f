/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines up the events of each PCR: the longest common run of events that are about the same thing,
 * so that one more event does not make all behind it differ.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/measure/diff/diff.h"

/* The events of one PCR on one side. */
struct run {
	const struct boot_event *events[BOOT_EVENTS_MAX];
	size_t count;
};

static void collect(const struct boot *boot, unsigned pcr, struct run *out)
{
	out->count = 0;
	for (size_t i = 0; i < boot->count && out->count < BOOT_EVENTS_MAX; i++)
		if (boot->events[i].pcr == pcr)
			out->events[out->count++] = &boot->events[i];
}

static bool same_digests(const struct boot_event *a, const struct boot_event *b, unsigned banks)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if ((banks & a->banks & b->banks & BANK_BIT(bank)) &&
			memcmp(a->digest[bank], b->digest[bank], bank_len((enum bank)bank)) != 0)
			return false;
	return true;
}

/*
 * How well two events go together; 0: not at all. An application's subject is the name of its
 * file, which people choose, so it may differ.
 */
static unsigned likeness(const struct boot_event *a, const struct boot_event *b, unsigned banks)
{
	bool same = same_digests(a, b, banks);

	if (a->rule != b->rule)
		return 0;
	if (strcmp(a->subject, b->subject) == 0)
		return same ? 4 : 3;
	if (a->rule != RULE_APPLICATION)
		return same ? 3 : 0;
	return same ? 3 : 2;
}

/* best[i][j]: the most likeness that the events from i and from j on can have. */
static uint16_t *best_of(const struct run *a, const struct run *b, unsigned banks)
{
	size_t width = b->count + 1;
	uint16_t *best = must_alloc((a->count + 1) * width * sizeof(*best));

	memset(best, 0, (a->count + 1) * width * sizeof(*best));
	for (size_t i = a->count; i-- > 0;) {
		for (size_t j = b->count; j-- > 0;) {
			unsigned like = likeness(a->events[i], b->events[j], banks);
			unsigned most = best[(i + 1) * width + j];

			if (best[i * width + j + 1] > most)
				most = best[i * width + j + 1];
			if (like && like + best[(i + 1) * width + j + 1] > most)
				most = like + best[(i + 1) * width + j + 1];
			best[i * width + j] = (uint16_t)most;
		}
	}
	return best;
}

static void add_row(struct diff *d, enum diff_state state, const struct boot_event *a,
	const struct boot_event *b)
{
	d->rows[d->row_count++] = (struct diff_row){.state = state, .a = a, .b = b};
}

static void align_run(struct diff *d, const struct run *a, const struct run *b)
{
	uint16_t *best = best_of(a, b, d->banks);
	size_t width = b->count + 1, i = 0, j = 0;

	while (i < a->count || j < b->count) {
		bool both = i < a->count && j < b->count;
		unsigned like = both ? likeness(a->events[i], b->events[j], d->banks) : 0;

		if (like && best[i * width + j] == like + best[(i + 1) * width + j + 1]) {
			add_row(d,
				same_digests(a->events[i], b->events[j], d->banks) ? DIFF_SAME
										   : DIFF_CHANGED,
				a->events[i], b->events[j]);
			i++;
			j++;
		} else if (j == b->count ||
			   (both && best[i * width + j] == best[(i + 1) * width + j])) {
			add_row(d, DIFF_ONLY_A, a->events[i++], NULL);
		} else {
			add_row(d, DIFF_ONLY_B, NULL, b->events[j++]);
		}
	}
	free(best);
}

void diff_align(struct diff *diff)
{
	const struct boot *a = &diff->a->boot, *b = &diff->b->boot;
	struct run *runs = must_alloc(2 * sizeof(*runs));

	diff->rows = must_realloc(NULL, a->count + b->count, sizeof(*diff->rows));
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		collect(a, pcr, &runs[0]);
		collect(b, pcr, &runs[1]);
		align_run(diff, &runs[0], &runs[1]);
	}
	free(runs);
}
