/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same boot predicted under other assumptions: does one of them have what was logged? */
#include <string.h>
#include "tools/measure/cause/align.h"
#include "tools/measure/cause/cause.h"

static bool is_predicted(const struct check *check, const struct alignment *alignment,
	const struct boot_event *wanted)
{
	for (size_t i = 0; i < alignment->expected_count; i++) {
		bool same = true;

		for (unsigned bank = 0; bank < BANK_COUNT; bank++)
			if (check->banks >> bank & 1)
				same &= memcmp(alignment->expected[i]->digest[bank],
						wanted->digest[bank],
						bank_len((enum bank)bank)) == 0;
		if (same)
			return true;
	}
	return false;
}

/* How many events of both sides a alignment leaves without a match. */
static size_t unmatched(const struct alignment *alignment)
{
	size_t left = alignment->expected_count;

	for (size_t i = 0; i < alignment->logged_count; i++)
		left += alignment->match[i] == ALIGN_NONE ? 1 : (size_t)-1;
	return left;
}

/* Under this variant the gap's events are as logged, and those that were predicted are not there.
 */
static bool variant_fits(const struct gap *gap, const struct alignment *alignment)
{
	for (size_t i = 0; i < gap->logged_count; i++)
		if (alignment->match[gap->first_logged + i] == ALIGN_NONE)
			return false;
	for (size_t i = 0; i < gap->expected_count; i++)
		if (is_predicted(gap->check, alignment, gap->expected[i]))
			return false;
	return true;
}

/* The same of all registers: what the log says elsewhere speaks for a variant, or against it. */
static size_t unmatched_in_all(const struct check *check, size_t variant)
{
	size_t left = 0;

	for (unsigned reg = 0; reg < check->regs; reg++)
		left += unmatched(&check->variant_alignments[variant][reg]);
	return left;
}

/* The variants that fit a gap: the best, and whether one of another cause is as good. */
struct choice {
	bool found, ambiguous;
	bool shown;	   /* the best assumes what a verified event of the log says */
	size_t best, left; /* its number, and what it leaves unmatched in all registers */
};

static void consider(const struct check *check, size_t variant, struct choice *choice)
{
	const struct check_variant *one = &check->variants[variant],
				   *best = &check->variants[choice->best];
	unsigned form = logged_secure_boot(check);
	struct choice mine = {.found = true, .best = variant};

	if (one->secure_boot && form != SECURE_BOOT_FORMS && one->secure_boot != 1 + form)
		return; /* the log shows that it was not so */
	mine.shown = one->secure_boot && form != SECURE_BOOT_FORMS;
	mine.left = unmatched_in_all(check, variant);
	if (choice->found && mine.shown != choice->shown) {
		if (mine.shown)
			*choice = mine;
		return;
	}
	if (choice->found && mine.left == choice->left && one->contradicted == best->contradicted) {
		choice->ambiguous |= strcmp(one->cause, best->cause) != 0;
		return;
	}
	if (!choice->found || mine.left < choice->left ||
		(mine.left == choice->left && best->contradicted))
		*choice = mine;
}

static void say_variant(const struct gap *gap, const struct choice *choice, struct explanation *out)
{
	const struct check_variant *variant = &gap->check->variants[choice->best];
	const struct alignment *alignment =
		&gap->check->variant_alignments[choice->best][gap->alignment->reg];

	out->cause = cause_by_name(variant->cause);
	if (out->cause == CAUSE_COUNT)
		out->cause = CAUSE_UNEXPLAINED;
	out->expected = gap->expected_count;
	out->logged = gap->logged_count;
	out->certainty = (gap->logged_count || !unmatched(alignment)) && !choice->ambiguous &&
					 !variant->contradicted
				 ? CERTAINTY_PROVED
				 : CERTAINTY_LIKELY;
	bytes_addf(&out->text, "it is as predicted when %s%s%s", variant->text,
		unmatched(alignment) ? "" : ", and so is the whole register",
		variant->contradicted ? "; but the image says that it is not" : "");
}

bool cause_variant(const struct gap *gap, struct explanation *out)
{
	const struct check *check = gap->check;
	struct choice choice = {0};

	for (size_t i = 0; i < check->variant_count; i++) {
		const struct alignment *alignment =
			&check->variant_alignments[i][gap->alignment->reg];

		if (unmatched(alignment) < unmatched(gap->alignment) &&
			variant_fits(gap, alignment))
			consider(check, i, &choice);
	}
	if (choice.found)
		say_variant(gap, &choice, out);
	return choice.found;
}
