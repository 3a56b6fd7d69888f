/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/check/check_print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/measure/cause/cause.h"

#define RED   "\033[31m"
#define GREEN "\033[32m"
#define DIM   "\033[2m"
#define PLAIN "\033[0m"

#define CONDITION_MAX 1000u /* characters */

const char *check_state_name(enum check_state state)
{
	return state == CHECK_SAME ? "same" : state == CHECK_DIFFERS ? "differs" : "unknown";
}

const char *certainty_name(enum certainty certainty)
{
	return certainty == CERTAINTY_PROVED   ? "proved"
	       : certainty == CERTAINTY_LIKELY ? "likely"
					       : "none";
}

bool check_report_same(const struct check_report *report)
{
	return report->check->same && !report->left_out &&
	       (!report->quoted || report->quote == QUOTE_GOOD);
}

static void paint(
	struct bytes *out, const struct check_report *r, const char *colour, const char *text)
{
	bytes_addf(out, "%s%s%s", r->colour ? colour : "", text, r->colour ? PLAIN : "");
}

static void list_registers(struct bytes *out, const struct check *check, uint32_t mask)
{
	const char *between = "";

	for (unsigned reg = 0; reg < check->regs; reg++) {
		if (!(mask >> reg & 1))
			continue;
		bytes_addf(out, "%s%s", between, check_register_name(check, reg));
		between = ", ";
	}
}

static void print_quote(const struct check_report *r, struct bytes *out)
{
	if (!r->quoted)
		return;
	bytes_addf(out, "quote: %s%s\n",
		r->quote == QUOTE_GOOD ? "" : "refused: ", quote_problem_text(r->quote));
	if (r->quote == QUOTE_GOOD && !r->nonce)
		bytes_add_text(out, "quote: without --nonce it may be an old one\n");
	if (r->quote == QUOTE_GOOD && !r->key_told)
		bytes_add_text(out, "quote: the key in PEM does not say that it signs what its TPM "
				    "made only\n");
	if (r->left_out) {
		bytes_add_text(out, "quote: it leaves out ");
		list_registers(out, r->check, r->left_out);
		bytes_add_text(out, ", of which there are predictions (--pcrs limits them)\n");
	}
}

static void print_verdict(const struct check_report *r, struct bytes *out)
{
	const struct check *c = r->check;

	if (check_report_same(r)) {
		paint(out, r, GREEN, "same");
		bytes_addf(out, ": %u registers are as predicted\n", c->known);
	} else if (c->differing) {
		paint(out, r, RED, "different");
		bytes_addf(out, ": %u of %u predicted registers differ\n", c->differing, c->known);
	} else if (!c->known) {
		paint(out, r, RED, "different");
		bytes_add_text(out, ": there is no register of which both values are known\n");
	} else {
		paint(out, r, RED, "refused");
		bytes_add_text(out,
			": the values are as predicted, but the evidence does not prove "
			"them\n");
	}
	print_quote(r, out);
	if (c->request->evidence->log.cut)
		bytes_addf(out, "log: it ends inside the event at byte 0x%zx\n",
			c->request->evidence->log.cut);
	else if (c->broken)
		bytes_add_text(out, "log: it does not lead to the PCR values\n");
	if (c->unmet & ~r->left_out) {
		bytes_add_text(out, "values: not known of both sides: ");
		list_registers(out, c, c->unmet & ~r->left_out);
		bytes_add_text(out, "\n");
	}
	if (r->set)
		bytes_addf(out, "policy: compared with its set \"%s\"\n", r->set);
}

static void print_value(
	struct bytes *out, const struct check *check, const char *before, const uint8_t *value)
{
	char hex[2 * BANK_DIGEST_MAX + 1];

	hex_encode(value, bank_len(check->bank), hex);
	bytes_addf(out, "%s%s\n", before, hex);
}

/* Texts come from images too. */
static void print_condition(const char *condition, struct bytes *out)
{
	static const struct printable_form form = {.max = CONDITION_MAX};

	bytes_add_text(out, "                 condition: ");
	printable_add(out, condition, strlen(condition), &form);
	bytes_add_text(out, "\n");
}

static void print_register(const struct check_report *r, unsigned reg, struct bytes *out)
{
	const struct check *check = r->check;
	const struct check_register *one = &check->registers[reg];

	bytes_addf(out, "%-7s ", check_register_name(check, reg));
	paint(out, r,
		one->state == CHECK_SAME      ? GREEN
		: one->state == CHECK_DIFFERS ? RED
					      : DIM,
		check_state_name(one->state));
	if (one->state == CHECK_SAME)
		print_value(out, check, "     ", one->measured);
	else if (one->state == CHECK_UNKNOWN)
		bytes_addf(out, "  %s\n", one->why ? one->why : "");
	else
		print_value(out, check, "  measured  ", one->measured);
	if (one->state == CHECK_DIFFERS)
		print_value(out, check, "                 predicted ", one->expected);
	if (one->state == CHECK_DIFFERS && one->why)
		print_condition(one->why, out);
	if (one->binding_text && one->binding == BINDING_BROKEN)
		bytes_addf(out, "                 log: %s\n", one->binding_text);
}

static void print_expected(const struct check *check, const struct boot_event *e, struct bytes *out)
{
	char hex[2 * BANK_DIGEST_MAX + 1];

	hex_encode(e->digest[check->bank], bank_len(check->bank), hex);
	bytes_addf(out, "  predicted  %s  %s (%s)\n", hex, e->what, boot_rule_name(e->rule));
}

static void print_logged(const struct check *check, const struct logged_event *e, struct bytes *out)
{
	const char *type = tcg_event_name(e->type);
	char hex[2 * BANK_DIGEST_MAX + 1];

	hex_encode(e->digest[check->bank], bank_len(check->bank), hex);
	bytes_addf(out, "  measured   %s  event %u", hex, e->number);
	if (type)
		bytes_addf(out, ", %s; ", type);
	else
		bytes_addf(out, ", type 0x%x; ", e->type);
	logged_describe(check, e, out);
	bytes_add_text(out, "\n");
}

static void print_cause(const struct divergence *d, struct bytes *out)
{
	if (d->certainty == CERTAINTY_NONE)
		bytes_addf(out, "  cause      %s: %s\n", d->cause, d->meaning);
	else
		bytes_addf(out, "  cause      %s (%s): %s\n", d->cause,
			certainty_name(d->certainty), d->meaning);
	if (d->evidence[0])
		bytes_addf(out, "             %s\n", d->evidence);
}

static void print_divergence(
	const struct check_report *r, const struct divergence *d, struct bytes *out)
{
	bytes_addf(out, "%s%s\n", check_register_name(r->check, d->reg),
		d->counts ? "" : ", which is not predicted in full");
	for (size_t i = 0; i < d->expected_count; i++)
		print_expected(r->check, d->expected[i], out);
	for (size_t i = 0; i < d->logged_count; i++)
		print_logged(r->check, d->logged[i], out);
	print_cause(d, out);
}

/* The other causes in a line each, a cause in several registers once. */
static void print_others(const struct check_report *r, struct bytes *out)
{
	const struct check *c = r->check;
	bool any = false;

	for (size_t i = 1; i < c->divergence_count && c->divergences[i].counts; i++) {
		const struct divergence *d = &c->divergences[i];

		if (!any)
			bytes_add_text(out, "\nother differences (--all shows them in full):\n");
		any = true;
		bytes_addf(out, "%-7s %s (%s)\n", check_register_name(c, d->reg), d->cause,
			certainty_name(d->certainty));
	}
}

static void print_divergences(const struct check_report *r, struct bytes *out)
{
	const struct check *c = r->check;

	if (!c->divergence_count || (!r->all && !c->divergences[0].counts))
		return;
	bytes_add_text(out, r->all ? "\ndifferences: " : "\nfirst difference: ");
	for (size_t i = 0; i < c->divergence_count; i++) {
		if (i)
			bytes_add_text(out, "\n");
		print_divergence(r, &c->divergences[i], out);
		if (!r->all)
			break;
	}
	if (!r->all)
		print_others(r, out);
}

void check_print(const struct check_report *report, struct bytes *out)
{
	const struct check *check = report->check;

	print_verdict(report, out);
	bytes_addf(out, "\n%-7s %s\n", "", bank_name(check->bank));
	for (unsigned reg = 0; reg < check->regs; reg++)
		if (reg < 16 || check->registers[reg].state == CHECK_DIFFERS ||
			check->registers[reg].binding == BINDING_BROKEN)
			print_register(report, reg, out);
	print_divergences(report, out);
}
