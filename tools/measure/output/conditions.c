/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be said beside values, for shapes that have no place for it. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/printable.h"
#include "tools/lib/report.h"
#include "tools/measure/output/output.h"

#define TEXT_MAX 1000u /* characters of a reason, as in the table */

/* "PCR 2, 3", of a set that is not empty. */
static void put_names(struct bytes *out, uint32_t pcrs)
{
	const char *before = "PCR ";

	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		if (!(pcrs & 1u << pcr))
			continue;
		bytes_addf(out, "%s%u", before, pcr);
		before = ", ";
	}
}

/* Texts come from images too. */
static void say(const char *set, const char *what, const char *names, const char *text)
{
	char *fit = printable(text, strlen(text), TEXT_MAX);

	report_error("%s%s%s%s: %s: %s", set ? "set \"" : "", set ? set : "", set ? "\": " : "",
		what, names, fit);
	free(fit);
}

/* Registers with the same text in one line. */
static void say_each(
	const char *set, const char *what, const char *const text[BOOT_PCRS], uint32_t pcrs)
{
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		struct bytes names = {0};
		uint32_t same = 0;

		if (!(pcrs & 1u << pcr) || !text[pcr])
			continue;
		for (unsigned other = pcr; other < BOOT_PCRS; other++)
			if (pcrs & 1u << other && text[other] &&
				strcmp(text[other], text[pcr]) == 0)
				same |= 1u << other;
		put_names(&names, same);
		bytes_add(&names, "", 1);
		say(set, what, (const char *)names.data, text[pcr]);
		bytes_free(&names);
		pcrs &= ~same;
	}
}

void output_conditions(const struct boot *boot, const char *set, uint32_t given, uint32_t wanted)
{
	const char *left_out[BOOT_PCRS];

	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		left_out[pcr] = boot->unknown[pcr] ? boot->unknown[pcr] : boot->remark[pcr];
	say_each(set, "condition", boot->remark, given);
	say_each(set, "left out", left_out, wanted & ~given);
}

void output_cc_conditions(const struct boot *boot, const char *set)
{
	for (unsigned i = 0; i < BOOT_CC_COUNT; i++) {
		const struct boot_cc_value *cc = &boot->cc[i];
		const char *name = boot_cc_name((enum boot_cc)i);

		if (cc->asked && cc->unknown)
			say(set, "left out", name, cc->unknown);
		else if (cc->asked && cc->remark)
			say(set, "condition", name, cc->remark);
	}
}
