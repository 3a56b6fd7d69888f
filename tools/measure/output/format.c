/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/output/format.h"

#include <string.h>
#include "tools/lib/report.h"

const char *const output_format_names[FORMAT_COUNT + 1] = {
	[FORMAT_TABLE] = "table",
	[FORMAT_CONSTELLATION] = "constellation",
	[FORMAT_FULL] = "full",
	[FORMAT_AWS] = "aws",
	[FORMAT_RVPS] = "rvps",
	[FORMAT_TCG2] = "tcg2",
	[FORMAT_CEL] = "cel",
};

static const struct {
	unsigned needs; /* a bank that it is of; 0: any */
	bool one_bank;	/* it has place for one only */
} formats[FORMAT_COUNT] = {
	[FORMAT_CONSTELLATION] = {0, true},
	[FORMAT_AWS] = {BANK_BIT(BANK_SHA384), true},
	[FORMAT_RVPS] = {0, true},
};

/* A number of one or two digits; moves on behind it. */
static bool take_pcr(const char **at, unsigned *out)
{
	unsigned pcr = 0;
	size_t digits = strspn(*at, "0123456789");

	if (digits < 1 || digits > 2)
		return false;
	while (digits--)
		pcr = 10 * pcr + (unsigned)(*(*at)++ - '0');
	*out = pcr;
	return pcr < BOOT_PCRS;
}

bool output_pcrs_by_name(const char *text, uint32_t *out)
{
	const char *at = text;
	uint32_t pcrs = 0;

	do {
		unsigned first = 0, last = 0;
		bool fine;

		at += at > text;
		fine = take_pcr(&at, &first);
		last = first;
		if (fine && *at == '-') {
			at++;
			fine = take_pcr(&at, &last);
		}
		if (!fine || last < first || (*at && *at != ','))
			return false;
		for (unsigned pcr = first; pcr <= last; pcr++)
			pcrs |= 1u << pcr;
	} while (*at);
	*out = pcrs;
	return true;
}

bool output_take_pcrs(void *into, const struct option_use *use)
{
	uint32_t *pcrs = (uint32_t *)(void *)((uint8_t *)into + use->row->offset);

	return output_pcrs_by_name(use->value, pcrs) ||
	       option_refuse(use, "it takes a list such as 4,9,11-13");
}

bool output_banks(enum output_format format, unsigned asked, unsigned *out)
{
	unsigned needs = formats[format].needs;

	if (asked && formats[format].one_bank && (asked & (asked - 1)))
		return complain(
			"--format %s holds one bank: give one --bank", output_format_names[format]);
	if (asked && needs && asked != needs)
		return complain("--format %s is of SHA-384 values", output_format_names[format]);
	*out = asked ? asked : needs ? needs : BANK_BIT(BANK_SHA256);
	return true;
}

/* The table and the whole boot say it themselves. */
static void say_conditions(const struct boot *boot, const struct output_options *options)
{
	uint32_t wanted = options->pcrs ? options->pcrs : OUTPUT_POLICY_PCRS;
	uint32_t given = output_known(boot, options->pcrs);

	switch (options->format) {
	case FORMAT_CONSTELLATION:
		break;
	case FORMAT_AWS:
		wanted = options->pcrs ? options->pcrs : OUTPUT_AWS_PCRS;
		given = output_known(boot, wanted);
		break;
	case FORMAT_RVPS:
		output_cc_conditions(boot, NULL);
		break;
	case FORMAT_TCG2:
	case FORMAT_CEL:
		wanted = OUTPUT_TABLE_PCRS;
		given = output_known(boot, wanted);
		break;
	default:
		return;
	}
	output_conditions(boot, NULL, given, wanted);
}

bool output_boot(const struct boot *boot, const struct output_options *options, struct bytes *out)
{
	enum bank bank = output_bank(boot->banks);

	say_conditions(boot, options);
	switch (options->format) {
	case FORMAT_CONSTELLATION:
		output_measurements(boot, bank, options->pcrs, out);
		return true;
	case FORMAT_FULL:
		output_full(boot, options->pcrs, out);
		return true;
	case FORMAT_AWS:
		return output_aws(boot, options->pcrs, out);
	case FORMAT_RVPS:
		output_rvps(boot, bank, options->pcrs, out);
		return true;
	case FORMAT_TCG2:
		output_tcg2(boot, out);
		return true;
	case FORMAT_CEL:
		output_cel(boot, out);
		return true;
	default:
		if (options->events)
			output_events_table(boot, options->colour, out);
		output_table(boot, options->pcrs, options->colour, out);
		return true;
	}
}
