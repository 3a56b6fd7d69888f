/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where log and prediction part, and why: events that stand for the same thing are paired within a
 * gap, then the causes are asked, and what they return is added to the check.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/measure/cause/align.h"
#include "tools/measure/cause/cause.h"
#include "tools/measure/check/check_private.h"

static char *text_of(const struct gap *gap, struct explanation *e)
{
	if (!e->text.len && e->logged)
		logged_describe(gap->check, gap->logged[0], &e->text);
	bytes_add(&e->text, "", 1);
	return (char *)e->text.data;
}

void check_gap(struct check *check, const struct gap *gap, size_t when, bool counts)
{
	struct gap rest = *gap;

	while (rest.expected_count || rest.logged_count) {
		struct explanation e;

		if (check->divergence_count < DIVERGENCES_MAX)
			cause_of(&rest, counts, &e);
		else
			e = (struct explanation){.cause = CAUSE_UNEXPLAINED,
				.expected = rest.expected_count,
				.logged = rest.logged_count};
		check_add(check, &(struct divergence){.reg = rest.alignment->reg,
					 .counts = counts,
					 .expected = rest.expected,
					 .expected_count = e.expected,
					 .logged = rest.logged,
					 .logged_count = e.logged,
					 .when = e.logged ? 2 * rest.logged[0]->number : when,
					 .cause = cause_name(e.cause),
					 .meaning = cause_meaning(e.cause),
					 .certainty = e.certainty,
					 .evidence = text_of(&rest, &e)});
		rest.first_expected += e.expected;
		rest.expected += e.expected;
		rest.expected_count -= e.expected;
		rest.first_logged += e.logged;
		rest.logged += e.logged;
		rest.logged_count -= e.logged;
	}
}

/* Two events of a gap that stand for the same thing, though with other contents. */
static bool kin(const void *context, size_t a, size_t b)
{
	const struct gap *gap = context;
	const struct boot_event *expected = gap->expected[a];
	const struct logged_event *logged = gap->logged[b];
	char name[32];

	if (expected->type != logged->type)
		return false;
	logged_variable(logged, name);
	if (expected->rule == RULE_SECURE_BOOT_VARIABLE)
		return strcmp(expected->subject, name) == 0;
	if (expected->type == TCG_EVENT_TAG && expected->data_len >= 4 && logged->data_len >= 4)
		return memcmp(expected->data, logged->data, 4) == 0;
	if (expected->rule == RULE_LOADER_OPTIONS || expected->rule == RULE_STUB_CMDLINE ||
		expected->rule == RULE_STUB_ARCHIVE)
		return logged_proved(gap->check, logged) == (expected->rule != RULE_STUB_ARCHIVE);
	if (expected->type == TCG_IPL)
		return (expected->rule == RULE_SECTION_NAME) ==
		       (logged_section_name(gap->check, logged) != NULL);
	return expected->type != TCG_EFI_ACTION && expected->type != TCG_SEPARATOR;
}

/*
 * When in time an event is missing: after the last event of the log that is predicted before it, of
 * any register. The alignment of the event's own register may not tell, since the log may have no
 * event of it.
 */
static size_t when_missing(const struct check *check, const struct boot_event *event)
{
	size_t when = 1;

	for (unsigned reg = 0; reg < check->regs; reg++) {
		const struct alignment *alignment = &check->alignments[reg];

		for (size_t i = 0; i < alignment->logged_count; i++) {
			size_t after = 2 * alignment->logged[i]->number + 1;

			if (alignment->match[i] != ALIGN_NONE &&
				alignment->expected[alignment->match[i]] < event && after > when)
				when = after;
		}
	}
	return when;
}

/* The part of a gap from (a, b) with so many events each. */
static void explain_part(struct check *check, const struct gap *gap, size_t a, size_t a_count,
	size_t b, size_t b_count)
{
	size_t at = gap->first_logged + b;
	const struct gap part = {check, gap->alignment, gap->first_expected + a, at,
		gap->expected + a, a_count, gap->logged + b, b_count};
	size_t when = at ? 2 * gap->alignment->logged[at - 1]->number + 1 : 1;
	size_t missing = a_count ? when_missing(check, part.expected[0]) : 0;

	check_gap(check, &part, missing > when ? missing : when,
		check->registers[gap->alignment->reg].state == CHECK_DIFFERS);
}

static void explain_gap(struct check *check, const struct gap *gap)
{
	size_t *match = must_alloc((gap->logged_count + 1) * sizeof(*match));
	size_t a = 0, b = 0;

	align(gap->expected_count, gap->logged_count, kin, gap, match);
	for (size_t next = 0; next < gap->logged_count; next++) {
		if (match[next] == ALIGN_NONE)
			continue;
		explain_part(check, gap, a, match[next] - a, b, next - b);
		explain_part(check, gap, match[next], 1, next, 1);
		a = match[next] + 1;
		b = next + 1;
	}
	explain_part(check, gap, a, gap->expected_count - a, b, gap->logged_count - b);
	free(match);
}

static void explain_register(struct check *check, const struct alignment *alignment)
{
	size_t a = 0, b = 0;

	for (size_t next = 0; next <= alignment->logged_count; next++) {
		bool end = next == alignment->logged_count;
		size_t a_end = end ? alignment->expected_count : alignment->match[next];
		struct gap gap = {check, alignment, a, b, alignment->expected + a, 0,
			alignment->logged + b, next - b};

		if (a_end == ALIGN_NONE)
			continue;
		gap.expected_count = a_end - a;
		if (gap.expected_count || gap.logged_count)
			explain_gap(check, &gap);
		a = a_end + 1;
		b = next + 1;
	}
}

void check_gaps(struct check *check)
{
	for (unsigned reg = 0; reg < check->regs; reg++)
		explain_register(check, &check->alignments[reg]);
}
