/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A predicted boot for people. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/hex.h"
#include "tools/lib/printable.h"
#include "tools/measure/output/output.h"

#define TEXT_MAX 1000u /* characters */
#define STRONG	 "\033[1m"
#define DIM	 "\033[2m"
#define PLAIN	 "\033[0m"

bool output_colour(int fd)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && isatty(fd);
}

/* Texts come from images: nothing in them reaches the terminal as a control. */
static void put_text(struct bytes *out, const char *text)
{
	char *fit = printable(text, strlen(text), TEXT_MAX);

	bytes_add_text(out, fit);
	free(fit);
}

static void put_styled(struct bytes *out, bool colour, const char *style, const char *text)
{
	if (colour)
		bytes_add_text(out, style);
	put_text(out, text);
	if (colour)
		bytes_add_text(out, PLAIN);
}

/* "sha256  9f..." or, where there is only one bank, the digits alone. */
static void put_digest(struct bytes *out, unsigned banks, enum bank bank, const uint8_t *digest)
{
	char hex[2 * BANK_DIGEST_MAX + 1];

	hex_encode(digest, bank_len(bank), hex);
	if (banks & (banks - 1))
		bytes_addf(out, "%-6s  ", bank_name(bank));
	bytes_add_text(out, hex);
	bytes_add(out, "\n", 1);
}

static void put_register(struct bytes *out, const struct boot *boot, bool colour, unsigned pcr,
	const struct register_values *values)
{
	bool first = true;

	bytes_addf(out, "%3u  ", pcr);
	if (boot->unknown[pcr]) {
		put_styled(out, colour, DIM, "unknown: ");
		put_styled(out, colour, DIM, boot->unknown[pcr]);
		bytes_add(out, "\n", 1);
	}
	for (unsigned bank = 0; !boot->unknown[pcr] && bank < BANK_COUNT; bank++) {
		if (!(boot->banks & BANK_BIT(bank)))
			continue;
		if (!first)
			bytes_add_text(out, "     ");
		put_digest(out, boot->banks, (enum bank)bank, values->pcr[bank][pcr]);
		first = false;
	}
	if (boot->remark[pcr]) {
		bytes_add_text(out, "     ");
		put_styled(out, colour, DIM, boot->remark[pcr]);
		bytes_add(out, "\n", 1);
	}
}

static void put_cc_register(
	struct bytes *out, bool colour, const char *name, const struct boot_cc_value *cc)
{
	char hex[2 * BOOT_CC_LEN + 1];

	put_styled(out, colour, STRONG, name);
	bytes_add_text(out, "\n     ");
	if (cc->unknown) {
		put_styled(out, colour, DIM, "unknown: ");
		put_styled(out, colour, DIM, cc->unknown);
	} else {
		hex_encode(cc->value, BOOT_CC_LEN, hex);
		bytes_add_text(out, hex);
	}
	bytes_add(out, "\n", 1);
	for (unsigned i = 0; i < 2; i++) {
		const char *text = i ? cc->remark : cc->rule;

		if (!text)
			continue;
		bytes_add_text(out, "     ");
		put_styled(out, colour, DIM, text);
		bytes_add(out, "\n", 1);
	}
}

void output_table(const struct boot *boot, uint32_t pcrs, bool colour, struct bytes *out)
{
	struct register_values values;

	if (!pcrs)
		pcrs = OUTPUT_TABLE_PCRS;

	register_values_of(boot, &values);
	put_styled(out, colour, STRONG, "PCR  ");
	if (boot->banks & (boot->banks - 1))
		put_styled(out, colour, STRONG, "bank    value");
	else
		put_styled(out, colour, STRONG, bank_name(output_bank(boot->banks)));
	bytes_add(out, "\n", 1);
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (pcrs & 1u << pcr)
			put_register(out, boot, colour, pcr, &values);
	for (unsigned cc = 0; cc < BOOT_CC_COUNT; cc++)
		if (boot->cc[cc].asked)
			put_cc_register(out, colour, boot_cc_name((enum boot_cc)cc), &boot->cc[cc]);
}

static bool has_source(const struct boot_event *event)
{
	for (size_t i = 0; i < event->piece_count; i++)
		if (event->pieces[i].source)
			return true;
	return false;
}

/* Where memory goes on after the file's bytes: "uki.efi 0x1a00+41, 23 zeros". */
static void put_piece(struct bytes *out, const struct boot_piece *piece)
{
	if (piece->source) {
		bytes_add_text(out, "     from ");
		put_text(out, piece->source);
		bytes_addf(out, " 0x%llx+%llu", (unsigned long long)piece->offset,
			(unsigned long long)(piece->form ? piece->source_len : piece->len));
	} else {
		bytes_addf(out, "     from the rule, %zu bytes", piece->len);
	}
	if (piece->form) {
		bytes_add_text(out, ", as ");
		put_text(out, piece->form);
	}
	if (piece->zeros)
		bytes_addf(out, ", %zu zeros", piece->zeros);
	bytes_add(out, "\n", 1);
}

/* What is of no file at all is the rule's, as its text says. */
static void put_pieces(struct bytes *out, const struct boot_event *event)
{
	for (size_t i = 0; has_source(event) && i < event->piece_count; i++)
		put_piece(out, &event->pieces[i]);
}

static void put_event(
	struct bytes *out, const struct boot *boot, bool colour, const struct boot_event *event)
{
	const char *name = tcg_event_name(event->type);

	bytes_addf(out, "%3u  ", event->pcr);
	put_styled(out, colour, STRONG, event->what);
	bytes_add_text(out, "\n     ");
	if (name)
		bytes_add_text(out, name);
	else
		bytes_addf(out, "event type 0x%x", event->type);
	bytes_addf(out, ", %s: %s\n", boot_rule_name(event->rule), boot_rule_text(event->rule));
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(boot->banks & BANK_BIT(bank)))
			continue;
		bytes_add_text(out, "     ");
		put_digest(out, boot->banks, (enum bank)bank, event->digest[bank]);
	}
	put_pieces(out, event);
}

void output_events_table(const struct boot *boot, bool colour, struct bytes *out)
{
	for (size_t i = 0; i < boot->count; i++)
		put_event(out, boot, colour, &boot->events[i]);
}
