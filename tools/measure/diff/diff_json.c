/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A comparison of two boots as JSON: {"same","a","b","banks":[...],"registers":[{"pcr","state",
 * "a":{bank:hex},"b":{...}}],"cc":[...],"events":[...],"findings":[...]}.
 */
#include "tools/lib/json_text.h"
#include "tools/measure/diff/diff.h"

static void put_values(struct json_text *json, const char *key, const struct diff *d,
	const struct register_values *values, unsigned pcr)
{
	json_open(json, key, '{');
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if ((d->banks & BANK_BIT(bank)) && (values->known[bank] >> pcr & 1))
			json_hex(json, bank_name((enum bank)bank), values->pcr[bank][pcr],
				bank_len((enum bank)bank));
	json_close(json);
}

static void put_registers(struct json_text *json, const struct diff *d)
{
	json_open(json, "registers", '[');
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		json_open(json, NULL, '{');
		json_number(json, "pcr", pcr);
		json_string(json, "state", diff_state_name(d->registers[pcr]));
		put_values(json, "a", d, &d->a->values, pcr);
		put_values(json, "b", d, &d->b->values, pcr);
		json_close(json);
	}
	json_close(json);
}

static void put_cc_value(struct json_text *json, const char *key, const struct boot_cc_value *value)
{
	if (value->asked && !value->unknown)
		json_hex(json, key, value->value, BOOT_CC_LEN);
}

static void put_cc(struct json_text *json, const struct diff *d)
{
	json_open(json, "cc", '[');
	for (unsigned cc = 0; cc < BOOT_CC_COUNT; cc++) {
		if (!d->a->boot.cc[cc].asked && !d->b->boot.cc[cc].asked)
			continue;
		json_open(json, NULL, '{');
		json_string(json, "register", boot_cc_name((enum boot_cc)cc));
		json_string(json, "state", diff_state_name(d->cc[cc]));
		put_cc_value(json, "a", &d->a->boot.cc[cc]);
		put_cc_value(json, "b", &d->b->boot.cc[cc]);
		json_close(json);
	}
	json_close(json);
}

static void put_digests(
	struct json_text *json, const char *key, const struct diff *d, const struct boot_event *e)
{
	if (!e)
		return;
	json_open(json, key, '{');
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (d->banks & e->banks & BANK_BIT(bank))
			json_hex(json, bank_name((enum bank)bank), e->digest[bank],
				bank_len((enum bank)bank));
	json_close(json);
}

static void put_events(struct json_text *json, const struct diff *d, bool all)
{
	json_open(json, "events", '[');
	for (size_t i = 0; i < d->row_count; i++) {
		const struct diff_row *row = &d->rows[i];
		const struct boot_event *e = row->a ? row->a : row->b;

		if (row->state == DIFF_SAME && !all)
			continue;
		json_open(json, NULL, '{');
		json_number(json, "pcr", e->pcr);
		json_string(json, "state", diff_state_name(row->state));
		json_string(json, "rule", boot_rule_name(e->rule));
		json_string(json, "subject", e->subject);
		json_string(json, "what", e->what);
		put_digests(json, "a", d, row->a);
		put_digests(json, "b", d, row->b);
		json_close(json);
	}
	json_close(json);
}

void diff_json(const struct diff *diff, const struct diff_style *style, struct bytes *out)
{
	struct json_text json;

	json_start_lines(&json, out, 2);
	json_open(&json, NULL, '{');
	json_flag(&json, "same", diff_is_same(diff, false));
	json_flag(&json, "measuredSame", diff_is_same(diff, true));
	json_string(&json, "a", diff->a->path);
	json_string(&json, "b", diff->b->path);
	json_open(&json, "banks", '[');
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (diff->banks & BANK_BIT(bank))
			json_string(&json, NULL, bank_name((enum bank)bank));
	json_close(&json);
	put_registers(&json, diff);
	put_cc(&json, diff);
	put_events(&json, diff, style->all_events);
	findings_json(&diff->findings, &json, "findings");
	json_close(&json);
}
