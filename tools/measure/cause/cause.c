#include "tools/measure/cause/cause.h"

#include <stdlib.h>
#include <string.h>
#include "tools/measure/cause/align.h"

static const struct {
	const char *name, *meaning;
} causes[CAUSE_COUNT] = {
#define CAUSE(id, name, meaning) [CAUSE_##id] = {name, meaning},
#include "tools/measure/cause/cause.def"
#undef CAUSE
};

/* In the order in which they are asked: what tells more comes first. */
static cause_function *const functions[] = {
	cause_boot_attempt,
	cause_secure_boot_state,
	cause_secure_boot_keys,
	cause_authority,
	cause_firmware_version,
	cause_firmware_volume,
	cause_platform,
	cause_gpt,
	cause_inner_kernel,
	cause_inner_kernel_missing,
	cause_application,
	cause_command_line_passed,
	cause_command_line_kernel,
	cause_archive,
	cause_profile,
	cause_smbios,
	cause_section_padded,
	cause_section_unknown_to_stub,
	cause_section_missing,
	cause_section,
	cause_initrd_padded,
	cause_initrd,
	cause_truncated,
};

const char *cause_name(enum cause cause)
{
	return causes[cause].name;
}

const char *cause_meaning(enum cause cause)
{
	return causes[cause].meaning;
}

enum cause cause_by_name(const char *name)
{
	unsigned cause = 0;

	while (cause < CAUSE_COUNT && strcmp(causes[cause].name, name) != 0)
		cause++;
	return (enum cause)cause;
}

/* The log is cut: nothing after the last event, and the kernel never left boot services. */
bool cause_truncated(const struct gap *gap, struct explanation *out)
{
	const struct evidence_log *log = &gap->check->request->evidence->log;
	const struct lane *lane = gap->lane;

	if (gap->logged_count ||
		gap->first_expected + gap->expected_count != lane->expected_count ||
		gap->first_logged != lane->logged_count)
		return false;
	for (size_t i = 0; !log->cut && i < log->count; i++) {
		static const char done[] = "Exit Boot Services Returned with Success";

		if (logged_is(gap->check, &log->events[i], done, sizeof(done) - 1))
			return false;
	}
	*out = (struct explanation){CAUSE_TRUNCATED, log->cut ? CERTAINTY_PROVED : CERTAINTY_LIKELY,
		gap->expected_count, 0, {0}};
	if (log->cut) {
		bytes_addf(&out->text, "proved: the log ends inside the event at byte 0x%zx",
			log->cut);
		return true;
	}
	bytes_addf(&out->text,
		"%zu predicted events are missing at the end of the register, and the log never "
		"says that boot services have ended",
		gap->expected_count);
	return true;
}

static bool in_lane(
	const struct check *check, const struct lane *lane, const struct boot_event *wanted)
{
	for (size_t i = 0; i < lane->expected_count; i++) {
		bool same = true;

		for (unsigned bank = 0; bank < BANK_COUNT; bank++)
			if (check->banks >> bank & 1)
				same &= memcmp(lane->expected[i]->digest[bank],
						wanted->digest[bank],
						bank_len((enum bank)bank)) == 0;
		if (same)
			return true;
	}
	return false;
}

/* How many events of both sides a lane leaves without a match. */
static size_t unmatched(const struct lane *lane)
{
	size_t left = lane->expected_count;

	for (size_t i = 0; i < lane->logged_count; i++)
		left += lane->match[i] == ALIGN_NONE ? 1 : (size_t)-1;
	return left;
}

/* Under this variant the gap's events are as logged, and those that were predicted are not there.
 */
static bool variant_fits(const struct gap *gap, const struct lane *lane)
{
	for (size_t i = 0; i < gap->logged_count; i++)
		if (lane->match[gap->first_logged + i] == ALIGN_NONE)
			return false;
	for (size_t i = 0; i < gap->expected_count; i++)
		if (in_lane(gap->check, lane, gap->expected[i]))
			return false;
	return true;
}

/* The same of all registers: what the log says elsewhere speaks for a variant, or against it. */
static size_t unmatched_in_all(const struct check *check, size_t variant)
{
	size_t left = 0;

	for (unsigned reg = 0; reg < check->regs; reg++)
		left += unmatched(&check->variant_lanes[variant][reg]);
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
	const struct lane *lane = &gap->check->variant_lanes[choice->best][gap->lane->reg];

	out->cause = cause_by_name(variant->cause);
	if (out->cause == CAUSE_COUNT)
		out->cause = CAUSE_UNEXPLAINED;
	out->expected = gap->expected_count;
	out->logged = gap->logged_count;
	out->certainty = (gap->logged_count || !unmatched(lane)) && !choice->ambiguous &&
					 !variant->contradicted
				 ? CERTAINTY_PROVED
				 : CERTAINTY_LIKELY;
	bytes_addf(&out->text, "it is as predicted when %s%s%s", variant->text,
		unmatched(lane) ? "" : ", and so is the whole register",
		variant->contradicted ? "; but the image says that it is not" : "");
}

static bool cause_variant(const struct gap *gap, struct explanation *out)
{
	const struct check *check = gap->check;
	struct choice choice = {0};

	for (size_t i = 0; i < check->variant_count; i++) {
		const struct lane *lane = &check->variant_lanes[i][gap->lane->reg];

		if (unmatched(lane) < unmatched(gap->lane) && variant_fits(gap, lane))
			consider(check, i, &choice);
	}
	if (choice.found)
		say_variant(gap, &choice, out);
	return choice.found;
}

bool cause_say(struct explanation *out, enum cause cause, enum certainty certainty, size_t expected,
	size_t logged)
{
	out->cause = cause;
	out->certainty = certainty;
	out->expected = expected;
	out->logged = logged;
	return true;
}

/* The first that is proved, else the first that is likely. */
static void explain(const struct gap *gap, struct explanation *out)
{
	struct explanation variant = {0};

	*out = (struct explanation){0};
	if (cause_variant(gap, &variant) && variant.certainty == CERTAINTY_PROVED) {
		*out = variant;
		return;
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		struct explanation one = {0};

		if (functions[i](gap, &one) && one.certainty > out->certainty) {
			bytes_free(&out->text);
			*out = one;
		} else {
			bytes_free(&one.text);
		}
	}
	if (variant.certainty > out->certainty ||
		(variant.certainty && variant.certainty == out->certainty)) {
		bytes_free(&out->text);
		*out = variant;
	} else {
		bytes_free(&variant.text);
	}
	if (out->certainty == CERTAINTY_NONE)
		*out = (struct explanation){.cause = CAUSE_UNEXPLAINED,
			.expected = gap->expected_count > 0,
			.logged = gap->logged_count > 0};
}

static char *text_of(const struct gap *gap, struct explanation *e)
{
	if (!e->text.len && e->logged)
		logged_describe(gap->check, gap->logged[0], &e->text);
	bytes_add(&e->text, "", 1);
	return (char *)e->text.data;
}

/* In a register that files do not determine: nothing like this event was predicted to differ. */
static bool was_not_predicted(const struct gap *gap)
{
	if (gap->expected_count || !gap->logged_count)
		return false;
	for (size_t i = 0; i < gap->lane->expected_count; i++)
		if (gap->lane->expected[i]->type == gap->logged[0]->type)
			return false;
	return true;
}

static void explain_counted(const struct gap *gap, bool counts, struct explanation *out)
{
	if (!counts && was_not_predicted(gap))
		*out = (struct explanation){.cause = CAUSE_NOT_PREDICTED, .logged = 1};
	else
		explain(gap, out);
}

void cause_explain(const struct gap *gap, size_t when, bool counts)
{
	struct gap rest = *gap;

	while (rest.expected_count || rest.logged_count) {
		struct explanation e;

		if (rest.check->divergence_count < CAUSE_DIVERGENCES_MAX)
			explain_counted(&rest, counts, &e);
		else
			e = (struct explanation){.cause = CAUSE_UNEXPLAINED,
				.expected = rest.expected_count,
				.logged = rest.logged_count};
		check_add(rest.check, &(struct divergence){.reg = rest.lane->reg,
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
 * When an event is missing: behind the last event of the log that is predicted before it, whatever
 * register that goes to. The lane alone does not tell: it may have nothing in the log at all.
 */
static size_t when_missing(const struct check *check, const struct boot_event *event)
{
	size_t when = 1;

	for (unsigned reg = 0; reg < check->regs; reg++) {
		const struct lane *lane = &check->lanes[reg];

		for (size_t i = 0; i < lane->logged_count; i++) {
			size_t after = 2 * lane->logged[i]->number + 1;

			if (lane->match[i] != ALIGN_NONE &&
				lane->expected[lane->match[i]] < event && after > when)
				when = after;
		}
	}
	return when;
}

/* The part of a gap from (a, b) with so many events each. */
static void explain_part(const struct gap *gap, size_t a, size_t a_count, size_t b, size_t b_count)
{
	const struct check *check = gap->check;
	size_t at = gap->first_logged + b;
	const struct gap part = {gap->check, gap->lane, gap->first_expected + a, at,
		gap->expected + a, a_count, gap->logged + b, b_count};
	size_t when = at ? 2 * gap->lane->logged[at - 1]->number + 1 : 1;
	size_t missing = a_count ? when_missing(check, part.expected[0]) : 0;

	cause_explain(&part, missing > when ? missing : when,
		check->registers[gap->lane->reg].state == CHECK_DIFFERS);
}

static void explain_gap(const struct gap *gap)
{
	size_t *match = must_alloc((gap->logged_count + 1) * sizeof(*match));
	size_t a = 0, b = 0;

	align(gap->expected_count, gap->logged_count, kin, gap, match);
	for (size_t next = 0; next < gap->logged_count; next++) {
		if (match[next] == ALIGN_NONE)
			continue;
		explain_part(gap, a, match[next] - a, b, next - b);
		explain_part(gap, match[next], 1, next, 1);
		a = match[next] + 1;
		b = next + 1;
	}
	explain_part(gap, a, gap->expected_count - a, b, gap->logged_count - b);
	free(match);
}

static void explain_lane(struct check *check, const struct lane *lane)
{
	size_t a = 0, b = 0;

	for (size_t next = 0; next <= lane->logged_count; next++) {
		bool end = next == lane->logged_count;
		size_t a_end = end ? lane->expected_count : lane->match[next];
		struct gap gap = {
			check, lane, a, b, lane->expected + a, 0, lane->logged + b, next - b};

		if (a_end == ALIGN_NONE)
			continue;
		gap.expected_count = a_end - a;
		if (gap.expected_count || gap.logged_count)
			explain_gap(&gap);
		a = a_end + 1;
		b = next + 1;
	}
}

void cause_find(struct check *check)
{
	for (unsigned reg = 0; reg < check->regs; reg++)
		explain_lane(check, &check->lanes[reg]);
}
