/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole boot as JSON; README.md in this folder specifies it. */
#include "tools/measure/output/full.h"

static void put_digests(struct json_text *w, const char *key, unsigned banks,
	const uint8_t *const digest[BANK_COUNT])
{
	json_open(w, key, '{');
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (banks & BANK_BIT(bank))
			json_hex(w, bank_name((enum bank)bank), digest[bank],
				bank_len((enum bank)bank));
	json_close(w);
}

static void put_register(struct json_text *w, const struct boot *boot,
	const struct register_values *values, unsigned pcr)
{
	const uint8_t *value[BANK_COUNT];

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		value[bank] = values->pcr[bank][pcr];
	json_open(w, NULL, '{');
	json_number(w, "pcr", pcr);
	json_flag(w, "known", !boot->unknown[pcr]);
	if (boot->unknown[pcr])
		json_string(w, "reason", boot->unknown[pcr]);
	else
		put_digests(w, "values", boot->banks, value);
	if (boot->remark[pcr])
		json_string(w, "remark", boot->remark[pcr]);
	json_close(w);
}

static void put_pieces(struct json_text *w, const struct boot_event *event)
{
	json_open(w, "pieces", '[');
	for (size_t i = 0; i < event->piece_count; i++) {
		const struct boot_piece *piece = &event->pieces[i];

		json_open(w, NULL, '{');
		if (piece->source) {
			json_string(w, "source", piece->source);
			json_number(w, "offset", piece->offset);
		}
		if (piece->source && piece->form) {
			json_number(w, "sourceLen", piece->source_len);
			json_string(w, "form", piece->form);
		}
		json_number(w, "len", piece->len);
		json_number(w, "zeros", piece->zeros);
		json_close(w);
	}
	json_close(w);
}

static void put_event(struct json_text *w, const struct boot *boot, const struct boot_event *event)
{
	const char *name = tcg_event_name(event->type);
	const uint8_t *digest[BANK_COUNT];

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		digest[bank] = event->digest[bank];
	json_open(w, NULL, '{');
	json_number(w, "pcr", event->pcr);
	json_number(w, "type", event->type);
	json_string(w, "typeName", name ? name : "");
	json_string(w, "rule", boot_rule_name(event->rule));
	json_string(w, "subject", event->subject);
	json_string(w, "what", event->what);
	json_flag(w, "tpm", event->to & BOOT_TO_TPM);
	json_flag(w, "cc", event->to & BOOT_TO_CC);
	put_digests(w, "digests", boot->banks, digest);
	put_pieces(w, event);
	json_hex(w, "data", event->data, event->data_len);
	json_close(w);
}

/* RTMRs are checked against their events, which then need digests in their bank. */
static unsigned banks_of(const struct boot *boot)
{
	for (unsigned cc = BOOT_RTMR0; cc <= BOOT_RTMR3; cc++)
		if (boot->cc[cc].asked && !boot->cc[cc].unknown)
			return boot->banks | BANK_BIT(BANK_SHA384);
	return boot->banks;
}

void output_full(const struct boot *given, uint32_t pcrs, struct bytes *out)
{
	struct boot with_banks = *given, *boot = &with_banks;
	enum bank bank = output_bank(given->banks);
	struct register_values values;
	struct json_text w;

	with_banks.banks = banks_of(given);
	register_values_of(boot, &values);
	json_start_lines(&w, out, 2);
	json_open(&w, NULL, '{');
	json_string(&w, "format", FULL_FORMAT);
	json_string(&w, "bank", bank_name(bank));
	json_open(&w, "banks", '[');
	for (unsigned i = 0; i < BANK_COUNT; i++)
		if (boot->banks & BANK_BIT(i))
			json_string(&w, NULL, bank_name((enum bank)i));
	json_close(&w);
	json_flag(&w, "secureBootKeys", boot->secure_boot_keys);
	put_measurements(&w, &values, bank, output_known(boot, pcrs));
	json_open(&w, "registers", '[');
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		put_register(&w, boot, &values, pcr);
	json_close(&w);
	put_cc(&w, boot);
	json_open(&w, "events", '[');
	for (size_t i = 0; i < boot->count; i++)
		put_event(&w, boot, &boot->events[i]);
	json_close(&w);
	json_close(&w);
}
