/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One event of a measurements file. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/measure/output/full.h"

bool read_text(const struct json_at *at, struct boot *boot, const char **out)
{
	const char *text;

	if (!json_get_text(at, &text))
		return false;
	if (strlen(text) > FULL_TEXT_MAX)
		return json_fault(at, "the text is too long");
	*out = boot_text(boot, "%s", text);
	return true;
}

bool read_digests(
	const struct json_at *at, const struct boot *boot, uint8_t out[BANK_COUNT][BANK_DIGEST_MAX])
{
	const char *names[BANK_COUNT] = {NULL};
	size_t count = 0;

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (boot->banks & BANK_BIT(bank))
			names[count++] = bank_name((enum bank)bank);
	if (!json_only(at, names, count))
		return false;
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		struct json_at digest;

		if (boot->banks & BANK_BIT(bank) &&
			(!json_member(at, bank_name((enum bank)bank), &digest) ||
				!json_get_hex(&digest, out[bank], bank_len((enum bank)bank))))
			return false;
	}
	return true;
}

static bool read_number(const struct json_at *at, const char *name, uint64_t max, uint64_t *out)
{
	struct json_at member;

	return json_member(at, name, &member) && json_get_number(&member, max, out);
}

static bool read_flag(const struct json_at *at, const char *name, bool *out)
{
	struct json_at member;

	return json_member(at, name, &member) && json_get_bool(&member, out);
}

static bool read_rule(const struct json_at *at, enum boot_rule *out)
{
	struct json_at member;
	const char *name;

	if (!json_member(at, "rule", &member) || !json_get_text(&member, &name))
		return false;
	for (unsigned rule = 0; rule < BOOT_RULE_COUNT; rule++) {
		if (strcmp(boot_rule_name((enum boot_rule)rule), name) == 0) {
			*out = (enum boot_rule)rule;
			return true;
		}
	}
	return json_fault(&member, "this version knows no such rule");
}

static bool read_type_name(const struct json_at *at, uint64_t type)
{
	const char *known = tcg_event_name((uint32_t)type), *name;
	struct json_at member;

	return json_member(at, "typeName", &member) && json_get_text(&member, &name) &&
	       (strcmp(name, known ? known : "") == 0 ||
		       json_fault(&member, "it is not the name of the event's type"));
}

/* The file's bytes that a piece is, or was made of. */
static bool read_source(const struct json_at *at, struct boot *boot, struct boot_piece *piece)
{
	static const char *const names[] = {"offset", "sourceLen", "form"};
	struct json_at member;

	if (!json_has(at, "source", &member)) {
		for (unsigned i = 0; i < 3; i++)
			if (json_has(at, names[i], &member))
				return json_fault(&member, "it needs a source");
		return true;
	}
	if (!read_text(&member, boot, &piece->source) ||
		!read_number(at, "offset", INT64_MAX, &piece->offset))
		return false;
	if (json_has(at, "form", &member))
		return read_text(&member, boot, &piece->form) &&
		       read_number(at, "sourceLen", INT64_MAX, &piece->source_len);
	return !json_has(at, "sourceLen", &member) || json_fault(&member, "it needs a form");
}

static bool read_piece(const struct json_at *at, struct boot *boot, struct boot_event *event)
{
	static const char *const names[] = {
		"source", "offset", "sourceLen", "form", "len", "zeros"};
	struct boot_piece piece = {0};
	uint64_t len, zeros;

	if (!json_only(at, names, 6) || !read_number(at, "len", SIZE_MAX / 4, &len) ||
		!read_number(at, "zeros", SIZE_MAX / 4, &zeros))
		return false;
	piece.len = len;
	piece.zeros = zeros;
	return read_source(at, boot, &piece) && boot_piece(boot, event, &piece);
}

static bool read_pieces(const struct json_at *at, struct boot *boot, struct boot_event *event)
{
	struct json_at list, item;
	size_t count;

	if (!json_member(at, "pieces", &list) || !json_list(&list, BOOT_PIECES_MAX, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		item = json_item(&list, i);
		if (!read_piece(&item, boot, event))
			return false;
	}
	return true;
}

static bool read_data(const struct json_at *at, struct boot *boot, struct boot_event *event)
{
	struct json_at member;
	const char *text;
	uint8_t *data;
	size_t len;

	if (!json_member(at, "data", &member) || !json_get_text(&member, &text))
		return false;
	len = strlen(text) / 2;
	if (len > FULL_DATA_MAX)
		return json_fault(&member, "it is longer than an event can be");
	data = boot_own(boot, must_alloc(len ? len : 1));
	if (!hex_decode(text, data, len))
		return json_fault(&member, "it must be hexadecimal digits, two a byte");
	event->data = data;
	event->data_len = len;
	return true;
}

bool read_event(const struct json_at *at, struct boot *boot)
{
	static const char *const names[] = {"pcr", "type", "typeName", "rule", "subject", "what",
		"tpm", "cc", "digests", "pieces", "data"};
	struct json_at subject, what, digests;
	const char *subject_text, *what_text;
	struct boot_event *event;
	enum boot_rule rule;
	uint64_t pcr, type;
	bool tpm, cc;

	if (!json_only(at, names, sizeof(names) / sizeof(names[0])) ||
		!read_number(at, "pcr", BOOT_PCRS - 1, &pcr) ||
		!read_number(at, "type", UINT32_MAX, &type) || !read_type_name(at, type) ||
		!read_rule(at, &rule) || !json_member(at, "subject", &subject) ||
		!read_text(&subject, boot, &subject_text) || !json_member(at, "what", &what) ||
		!read_text(&what, boot, &what_text) || !read_flag(at, "tpm", &tpm) ||
		!read_flag(at, "cc", &cc) || !json_member(at, "digests", &digests))
		return false;
	event = boot_add(boot, (unsigned)pcr, (uint32_t)type, rule, subject_text, what_text);
	if (!event)
		return false;
	event->to = (tpm ? BOOT_TO_TPM : 0u) | (cc ? BOOT_TO_CC : 0u);
	event->banks = boot->banks;
	return read_digests(&digests, boot, event->digest) && read_pieces(at, boot, event) &&
	       read_data(at, boot, event);
}
