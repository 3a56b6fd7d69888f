/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initrd that the kernel measures into PCR 9. */
#include <string.h>
#include "tools/measure/cause/cause.h"
#include "tools/measure/cause/padding.h"

#define TAG_INITRD 0x8F3B22ECu /* Linux: efistub.h */
#define PCR_UKI	   11u

static bool is_pair(const struct gap *gap)
{
	return gap->logged_count && gap->expected_count &&
	       gap->expected[0]->rule == RULE_KERNEL_INITRD;
}

bool cause_initrd_padded(const struct gap *gap, struct explanation *out)
{
	long zeros;

	if (!is_pair(gap) || !padding_fits(gap->expected[0], gap->check->bank,
				     gap->logged[0]->digest[gap->check->bank], &zeros))
		return false;
	*out = (struct explanation){CAUSE_INITRD_PADDED, CERTAINTY_PROVED, 1, 1, {0}};
	bytes_addf(&out->text,
		"proved: the initrd is as predicted, with %ld zero bytes %s at its end",
		zeros < 0 ? -zeros : zeros, zeros < 0 ? "fewer" : "more");
	return true;
}

static bool is_archive(const struct gap *gap, const struct logged_event *e)
{
	return (e->reg == 12 || e->reg == 13) && e->type == TCG_IPL &&
	       !logged_proved(gap->check, e);
}

/* The section .initrd as the stub measured it: name first, then contents. */
static const struct logged_event *section_of_log(const struct gap *gap)
{
	const struct alignment *alignment = &gap->check->alignments[gap->check->cc ? 3 : PCR_UKI];

	for (size_t i = 0; i + 1 < alignment->logged_count; i++)
		if (logged_is(gap->check, alignment->logged[i], ".initrd", sizeof(".initrd")))
			return alignment->logged[i + 1];
	return NULL;
}

static bool section_predicted(const struct gap *gap, const struct logged_event *section)
{
	const struct boot *boot = gap->check->request->boot;

	for (size_t i = 0; i < boot->count; i++)
		if (comparison_same_event(gap->check, &boot->events[i], section))
			return true;
	return false;
}

bool cause_initrd(const struct gap *gap, struct explanation *out)
{
	const struct evidence_log *log = &gap->check->request->evidence->log;
	const struct logged_event *section = section_of_log(gap);
	bool as_predicted = section && section_predicted(gap, section);
	bool archives = false;

	if (!is_pair(gap) && !(gap->logged_count && logged_tag(gap->logged[0]) == TAG_INITRD))
		return false;
	for (size_t i = 0; i < log->count; i++)
		archives |= is_archive(gap, &log->events[i]);
	out->expected = gap->expected_count > 0;
	out->logged = 1;
	out->cause = as_predicted ? CAUSE_INITRD_EXTENDED : CAUSE_INITRD;
	out->certainty = CERTAINTY_LIKELY;
	if (section && logged_same(gap->check, section, gap->logged[0])) {
		out->cause = CAUSE_INITRD;
		out->certainty = CERTAINTY_PROVED;
		bytes_add_text(&out->text, "proved: the kernel got exactly the section .initrd of "
					   "the image that was started");
	} else if (as_predicted) {
		bytes_addf(&out->text,
			"the image's .initrd is as predicted, so more was added to "
			"it%s",
			archives ? "; the stub measured archives of credentials or extensions"
				 : ": systemd-stub from release 257 on adds os-release");
	}
	return true;
}
