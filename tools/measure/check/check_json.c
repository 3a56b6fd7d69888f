/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "tools/lib/json_text.h"
#include "tools/measure/cause/cause.h"
#include "tools/measure/check/check_print.h"

static const char *binding_name(enum check_binding binding)
{
	static const char *const names[] = {"none", "holds", "later", "broken"};

	return names[binding];
}

static void put_quote(const struct check_report *r, struct json_text *json)
{
	if (!r->quoted)
		return;
	json_open(json, "quote", '{');
	json_flag(json, "good", r->quote == QUOTE_GOOD && !r->left_out);
	json_string(json, "problem",
		r->quote == QUOTE_GOOD && r->left_out ? quote_problem_name(QUOTE_SELECTION)
						      : quote_problem_name(r->quote));
	json_string(json, "text", quote_problem_text(r->quote));
	json_flag(json, "nonceChecked", r->nonce);
	json_flag(json, "keyRestricted", r->key_told && r->quote != QUOTE_KEY);
	json_open(json, "leftOut", '[');
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (r->left_out >> pcr & 1)
			json_number(json, NULL, pcr);
	json_close(json);
	json_close(json);
}

static void put_register(const struct check *check, unsigned reg, struct json_text *json)
{
	const struct check_register *r = &check->registers[reg];

	json_open(json, NULL, '{');
	json_string(json, "register", check_register_name(check, reg));
	json_number(json, check->cc ? "mr" : "pcr", reg);
	json_string(json, "state", check_state_name(r->state));
	if (r->has_expected)
		json_hex(json, "expected", r->expected, bank_len(check->bank));
	if (r->has_measured)
		json_hex(json, "measured", r->measured, bank_len(check->bank));
	if (r->why)
		json_string(json, "why", r->why);
	json_number(json, "events", r->events);
	json_string(json, "log", binding_name(r->binding));
	if (r->binding_text)
		json_string(json, "logText", r->binding_text);
	json_close(json);
}

static void put_expected(
	const struct check *check, const struct boot_event *e, struct json_text *json)
{
	json_open(json, NULL, '{');
	json_string(json, "rule", boot_rule_name(e->rule));
	json_string(json, "subject", e->subject);
	json_string(json, "what", e->what);
	json_hex(json, "digest", e->digest[check->bank], bank_len(check->bank));
	json_close(json);
}

static void put_logged(
	const struct check *check, const struct logged_event *e, struct json_text *json)
{
	struct bytes text = {0};

	logged_describe(check, e, &text);
	bytes_add(&text, "", 1);
	json_open(json, NULL, '{');
	json_number(json, "event", e->number);
	json_number(json, "type", e->type);
	json_hex(json, "digest", e->digest[check->bank], bank_len(check->bank));
	json_flag(json, "textProved", logged_proved(check, e) || logged_section_name(check, e));
	json_string(json, "text", (const char *)text.data);
	json_close(json);
	bytes_free(&text);
}

static void put_divergence(
	const struct check *check, const struct divergence *d, struct json_text *json)
{
	json_open(json, NULL, '{');
	json_string(json, "register", check_register_name(check, d->reg));
	json_number(json, check->cc ? "mr" : "pcr", d->reg);
	json_flag(json, "counts", d->counts);
	json_string(json, "cause", d->cause);
	json_string(json, "certainty", certainty_name(d->certainty));
	json_string(json, "meaning", d->meaning);
	json_string(json, "evidence", d->evidence);
	json_open(json, "expected", '[');
	for (size_t i = 0; i < d->expected_count; i++)
		put_expected(check, d->expected[i], json);
	json_close(json);
	json_open(json, "measured", '[');
	for (size_t i = 0; i < d->logged_count; i++)
		put_logged(check, d->logged[i], json);
	json_close(json);
	json_close(json);
}

static const char *verdict(const struct check_report *r)
{
	if (check_report_same(r))
		return "same";
	return r->check->differing || !r->check->known ? "different" : "refused";
}

void check_json(const struct check_report *report, struct bytes *out)
{
	const struct check *check = report->check;
	struct json_text json;

	json_start_lines(&json, out, 2);
	json_open(&json, NULL, '{');
	json_string(&json, "verdict", verdict(report));
	json_string(&json, "bank", bank_name(check->bank));
	json_flag(&json, "logHolds", !check->broken);
	if (check->request->evidence->log.cut)
		json_number(&json, "logCutAt", check->request->evidence->log.cut);
	if (report->set)
		json_string(&json, "set", report->set);
	put_quote(report, &json);
	json_open(&json, "notJudged", '[');
	for (unsigned reg = 0; reg < check->regs; reg++)
		if (check->unmet >> reg & 1)
			json_number(&json, NULL, reg);
	json_close(&json);
	json_open(&json, "registers", '[');
	for (unsigned reg = 0; reg < check->regs; reg++)
		put_register(check, reg, &json);
	json_close(&json);
	json_open(&json, "differences", '[');
	for (size_t i = 0; i < check->divergence_count; i++)
		put_divergence(check, &check->divergences[i], &json);
	json_close(&json);
	json_close(&json);
}
