/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A comparison of two boots, for people. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/lib/printable.h"
#include "tools/measure/diff/diff.h"

#define PCRS_OF_BOOT 16u /* those beyond are no part of it */

static const char *colour_of(enum diff_state state)
{
	switch (state) {
	case DIFF_CHANGED:
		return "\033[33m";
	case DIFF_ONLY_A:
		return "\033[31m";
	case DIFF_ONLY_B:
		return "\033[32m";
	default:
		return "";
	}
}

static void put_coloured(
	const struct diff_style *style, enum diff_state state, const char *text, struct bytes *out)
{
	bool colour = style->colour && *colour_of(state);

	bytes_addf(out, "%s%s%s", colour ? colour_of(state) : "", text, colour ? "\033[0m" : "");
}

static void put_path(const char *letter, const struct diff_side *side, struct bytes *out)
{
	char *path = printable(side->path, strlen(side->path), 4096);

	bytes_addf(out, "%s  %s%s\n", letter, path,
		side->is_file && !side->boot.count ? " (values without events)" : "");
	free(path);
}

static const char *reason(const struct diff *d, unsigned pcr)
{
	if (d->a->boot.unknown[pcr])
		return d->a->boot.unknown[pcr];
	return d->b->boot.unknown[pcr] ? d->b->boot.unknown[pcr] : "one of the two has no value";
}

static void put_values(const struct diff *d, unsigned pcr, struct bytes *out)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		size_t len = bank_len((enum bank)bank);
		char hex[2][2 * BANK_DIGEST_MAX + 1];

		if (!(d->banks & BANK_BIT(bank)) || !(d->a->values.known[bank] >> pcr & 1) ||
			!(d->b->values.known[bank] >> pcr & 1))
			continue;
		hex_encode(d->a->values.pcr[bank][pcr], len, hex[0]);
		hex_encode(d->b->values.pcr[bank][pcr], len, hex[1]);
		bytes_addf(out, "      A %s %s\n      B %s %s\n", bank_name((enum bank)bank),
			hex[0], bank_name((enum bank)bank), hex[1]);
	}
}

static void put_same(const struct diff *d, struct bytes *out)
{
	const char *before = "  same     PCR ";

	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		if (d->registers[pcr] != DIFF_SAME)
			continue;
		bytes_addf(out, "%s%u", before, pcr);
		before = ", ";
	}
	if (*before == ',')
		bytes_add_text(out, "\n");
}

static void put_not_known(const struct diff *d, unsigned pcr, struct bytes *out)
{
	char *why = printable(reason(d, pcr), strlen(reason(d, pcr)), 400);

	bytes_addf(out, "  unknown  PCR %u: %s\n", pcr, why);
	free(why);
}

static void put_registers(const struct diff *d, const struct diff_style *style, struct bytes *out)
{
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		enum diff_state state = d->registers[pcr];
		char *line;

		if (state == DIFF_SAME || state == DIFF_NOT_KNOWN)
			continue;
		line = must_format("%s  PCR %u", diff_state_name(state), pcr);
		bytes_add_text(out, "  ");
		put_coloured(style, state, line, out);
		bytes_add_text(out, "\n");
		free(line);
		if (state == DIFF_CHANGED)
			put_values(d, pcr, out);
	}
	put_same(d, out);
	for (unsigned pcr = 0; pcr < PCRS_OF_BOOT; pcr++)
		if (d->registers[pcr] == DIFF_NOT_KNOWN)
			put_not_known(d, pcr, out);
}

static void put_cc(const struct diff *d, const struct diff_style *style, struct bytes *out)
{
	char hex[2][2 * BOOT_CC_LEN + 1];

	for (unsigned cc = 0; cc < BOOT_CC_COUNT; cc++) {
		if (!d->a->boot.cc[cc].asked && !d->b->boot.cc[cc].asked)
			continue;
		bytes_add_text(out, "  ");
		put_coloured(style, d->cc[cc], diff_state_name(d->cc[cc]), out);
		bytes_addf(out, "  %s\n", boot_cc_name((enum boot_cc)cc));
		if (d->cc[cc] != DIFF_CHANGED)
			continue;
		hex_encode(d->a->boot.cc[cc].value, BOOT_CC_LEN, hex[0]);
		hex_encode(d->b->boot.cc[cc].value, BOOT_CC_LEN, hex[1]);
		bytes_addf(out, "      A %s\n      B %s\n", hex[0], hex[1]);
	}
}

static void put_digest(
	const char *letter, const struct diff *d, const struct boot_event *e, struct bytes *out)
{
	enum bank bank = output_bank(d->banks);
	char hex[2 * BANK_DIGEST_MAX + 1];

	if (!(e->banks & BANK_BIT(bank)))
		return;
	hex_encode(e->digest[bank], bank_len(bank), hex);
	bytes_addf(out, "      %s %s\n", letter, hex);
}

static void put_row(const struct diff *d, const struct diff_row *row,
	const struct diff_style *style, struct bytes *out)
{
	static const char signs[] = {'=', '~', '-', '+', '?'};
	const struct boot_event *e = row->a ? row->a : row->b;
	char *what = printable(e->what, strlen(e->what), PRINTABLE_MAX);
	char *line = must_format(
		"%c PCR %u  %s: %s", signs[row->state], e->pcr, boot_rule_name(e->rule), what);

	bytes_add_text(out, "  ");
	put_coloured(style, row->state, line, out);
	if (row->state == DIFF_ONLY_A || row->state == DIFF_ONLY_B)
		bytes_addf(out, " (%s)", diff_state_name(row->state));
	bytes_add_text(out, "\n");
	if (row->a && row->state != DIFF_SAME)
		put_digest("A", d, row->a, out);
	if (row->b)
		put_digest(row->state == DIFF_SAME ? " " : "B", d, row->b, out);
	free(line);
	free(what);
}

static void put_rows(const struct diff *d, const struct diff_style *style, struct bytes *out)
{
	size_t same = 0;

	for (size_t i = 0; i < d->row_count; i++) {
		if (d->rows[i].state == DIFF_SAME && !style->all_events)
			same++;
		else
			put_row(d, &d->rows[i], style, out);
	}
	if (same)
		bytes_addf(out, "  = %zu %sevents are the same\n", same,
			same < d->row_count ? "other " : "");
}

void diff_text(const struct diff *diff, const struct diff_style *style, struct bytes *out)
{
	put_path("A", diff->a, out);
	put_path("B", diff->b, out);
	bytes_add_text(out, "\nRegisters\n");
	put_registers(diff, style, out);
	put_cc(diff, style, out);
	if (diff->row_count) {
		bytes_add_text(out, "\nEvents\n");
		put_rows(diff, style, out);
	}
	if (diff->findings.count) {
		bytes_add_text(out, "\nContents\n");
		findings_text(&diff->findings, "  ", style->colour, out);
	}
	if (diff_is_same(diff, false))
		bytes_add_text(out, "\nNothing differs.\n");
	else if (diff_is_same(diff, true))
		bytes_add_text(out, "\nNo register differs.\n");
}
