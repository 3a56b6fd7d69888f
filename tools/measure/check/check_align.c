/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of one register, predicted and logged, lined up by their digests. */
#include <stdlib.h>
#include "tools/lib/bytes.h"
#include "tools/measure/cause/align.h"
#include "tools/measure/check/check_private.h"

unsigned check_register_of(const struct check *check, const struct boot_event *event)
{
	enum boot_cc rtmr;

	if (check->cc)
		return boot_cc_of(event, &rtmr) ? (unsigned)rtmr : BOOT_PCRS;
	return event->to & BOOT_TO_TPM ? event->pcr : BOOT_PCRS;
}

bool check_logged_by_firmware(const struct boot_event *event)
{
	return event->rule != RULE_PHASE && event->rule != RULE_SEALED &&
	       event->rule != RULE_OS_SEPARATOR;
}

static bool same_digest(const void *context, size_t a, size_t b)
{
	const struct {
		const struct check *check;
		const struct alignment *alignment;
	} *both = context;

	return comparison_same_event(
		both->check, both->alignment->expected[a], both->alignment->logged[b]);
}

static void align_events(const struct check *check, struct alignment *alignment)
{
	const struct {
		const struct check *check;
		const struct alignment *alignment;
	} both = {check, alignment};

	alignment->match = must_alloc((alignment->logged_count + 1) * sizeof(*alignment->match));
	align(alignment->expected_count, alignment->logged_count, same_digest, &both,
		alignment->match);
}

void check_align(const struct check *check, const struct boot *boot, unsigned reg,
	struct alignment *alignment)
{
	const struct evidence_log *log = &check->request->evidence->log;

	*alignment = (struct alignment){.reg = reg};
	alignment->expected = must_alloc((boot->count + 1) * sizeof(const void *));
	alignment->logged = must_alloc((log->count + 1) * sizeof(const void *));
	for (size_t i = 0; i < boot->count; i++)
		if (check_register_of(check, &boot->events[i]) == reg &&
			check_logged_by_firmware(&boot->events[i]))
			alignment->expected[alignment->expected_count++] = &boot->events[i];
	for (size_t i = 0; i < log->count; i++)
		if (log->events[i].reg == reg)
			alignment->logged[alignment->logged_count++] = &log->events[i];
	align_events(check, alignment);
}

void check_align_free(struct alignment *alignment)
{
	free(alignment->expected);
	free(alignment->logged);
	free(alignment->match);
	*alignment = (struct alignment){0};
}
