/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/cause/cause.h"

#include <string.h>

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
	const struct alignment *alignment = gap->alignment;

	if (gap->logged_count ||
		gap->first_expected + gap->expected_count != alignment->expected_count ||
		gap->first_logged != alignment->logged_count)
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

/* In a register that files do not determine: nothing like this event was predicted to differ. */
static bool was_not_predicted(const struct gap *gap)
{
	if (gap->expected_count || !gap->logged_count)
		return false;
	for (size_t i = 0; i < gap->alignment->expected_count; i++)
		if (gap->alignment->expected[i]->type == gap->logged[0]->type)
			return false;
	return true;
}

void cause_of(const struct gap *gap, bool counts, struct explanation *out)
{
	if (!counts && was_not_predicted(gap))
		*out = (struct explanation){.cause = CAUSE_NOT_PREDICTED, .logged = 1};
	else
		explain(gap, out);
}
