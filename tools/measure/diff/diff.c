/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/diff/diff.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"

const char *diff_state_name(enum diff_state state)
{
	static const char *const names[] = {
		[DIFF_SAME] = "same",
		[DIFF_CHANGED] = "changed",
		[DIFF_ONLY_A] = "only in A",
		[DIFF_ONLY_B] = "only in B",
		[DIFF_NOT_KNOWN] = "not known",
	};

	return names[state];
}

/* An image, a measurements file with events, or one with values alone. */
static unsigned kind_of(const struct diff_side *side)
{
	return !side->is_file ? 0 : side->boot.count ? 1 : 2;
}

/*
 * One side knows a value and the other does not. Between two predictions that is a difference; a
 * file with values alone may leave out registers.
 */
static enum diff_state lone(const struct diff *d, bool in_a, bool in_b)
{
	if (in_a == in_b || kind_of(d->a) != kind_of(d->b))
		return DIFF_NOT_KNOWN;
	return in_a ? DIFF_ONLY_A : DIFF_ONLY_B;
}

static enum diff_state compare_register(const struct diff *d, unsigned pcr)
{
	const struct register_values *a = &d->a->values, *b = &d->b->values;
	bool in_a = false, in_b = false, both = false;

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		bool known_a = a->known[bank] >> pcr & 1, known_b = b->known[bank] >> pcr & 1;

		if (!(d->banks & BANK_BIT(bank)))
			continue;
		in_a = in_a || known_a;
		in_b = in_b || known_b;
		both = both || (known_a && known_b);
		if (known_a && known_b &&
			memcmp(a->pcr[bank][pcr], b->pcr[bank][pcr], bank_len((enum bank)bank)) !=
				0)
			return DIFF_CHANGED;
	}
	return both ? DIFF_SAME : lone(d, in_a, in_b);
}

static enum diff_state compare_cc(const struct diff *d, unsigned which)
{
	const struct boot_cc_value *a = &d->a->boot.cc[which], *b = &d->b->boot.cc[which];
	bool in_a = a->asked && !a->unknown, in_b = b->asked && !b->unknown;

	if (!in_a || !in_b)
		return lone(d, in_a, in_b);
	return memcmp(a->value, b->value, BOOT_CC_LEN) == 0 ? DIFF_SAME : DIFF_CHANGED;
}

bool diff_sides(const struct diff_side *a, const struct diff_side *b, struct diff *out)
{
	struct diff d = {.a = a, .b = b, .banks = a->values.banks & b->values.banks};

	if (!d.banks)
		return complain("%s and %s have values in different banks: there is nothing to "
				"compare",
			a->path, b->path);
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		d.registers[pcr] = compare_register(&d, pcr);
	for (unsigned cc = 0; cc < BOOT_CC_COUNT; cc++)
		d.cc[cc] = compare_cc(&d, cc);
	if (a->boot.count && b->boot.count)
		diff_align(&d);
	diff_enter(&d);
	*out = d;
	return true;
}

void diff_free(struct diff *diff)
{
	free(diff->rows);
	findings_free(&diff->findings);
}

static bool is_difference(enum diff_state state)
{
	return state != DIFF_SAME && state != DIFF_NOT_KNOWN;
}

bool diff_is_same(const struct diff *diff, bool measured_only)
{
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (is_difference(diff->registers[pcr]))
			return false;
	for (unsigned cc = 0; cc < BOOT_CC_COUNT; cc++)
		if (is_difference(diff->cc[cc]))
			return false;
	for (size_t i = 0; i < diff->row_count; i++)
		if (is_difference(diff->rows[i].state))
			return false;
	return findings_same(&diff->findings, measured_only);
}
