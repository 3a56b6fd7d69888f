/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a logged event claims, and what of that its digest proves. */
#include <string.h>
#include "tools/measure/cause/cause.h"
#include "tools/measure/output/event_text.h"

const struct printable_form logged_text_form = {.max = 2048, .quoted = true};

bool logged_is(
	const struct check *check, const struct logged_event *event, const void *data, size_t len)
{
	uint8_t digest[BANK_DIGEST_MAX];

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(check->banks >> bank & 1))
			continue;
		bank_hash((enum bank)bank, data, len, digest);
		if (memcmp(digest, event->digest[bank], bank_len((enum bank)bank)) != 0)
			return false;
	}
	return true;
}

bool comparison_same_event(const struct check *check, const struct boot_event *expected,
	const struct logged_event *logged)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (check->banks >> bank & 1 && memcmp(expected->digest[bank], logged->digest[bank],
							bank_len((enum bank)bank)) != 0)
			return false;
	return true;
}

bool logged_same(
	const struct check *check, const struct logged_event *a, const struct logged_event *b)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (check->banks >> bank & 1 &&
			memcmp(a->digest[bank], b->digest[bank], bank_len((enum bank)bank)) != 0)
			return false;
	return true;
}

bool logged_proved(const struct check *check, const struct logged_event *event)
{
	return logged_is(check, event, event->data, event->data_len);
}

bool expected_bytes(const struct boot_event *event, size_t max, struct bytes *out)
{
	for (size_t i = 0; i < event->piece_count; i++) {
		const struct boot_piece *p = &event->pieces[i];

		if (p->len > max || p->zeros > max || out->len + p->len + p->zeros > max)
			return false;
		bytes_add(out, p->data, p->len);
		bytes_zeros(out, p->zeros);
	}
	return event->piece_count > 0;
}

const char *logged_section_name(const struct check *check, const struct logged_event *event)
{
	/* UAPI.5, and what systemd-stub measures beside it. */
	static const char *const names[] = {".linux", ".osrel", ".cmdline", ".initrd", ".ucode",
		".splash", ".dtb", ".uname", ".sbat", ".pcrsig", ".pcrpkey", ".profile", ".dtbauto",
		".hwids", ".efifw"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (logged_is(check, event, names[i], strlen(names[i]) + 1))
			return names[i];
	return NULL;
}

uint32_t logged_tag(const struct logged_event *event)
{
	return event->type == TCG_EVENT_TAG && event->data_len >= 8 ? le32(event->data) : 0;
}

void logged_variable(const struct logged_event *event, char out[32])
{
	uint64_t chars;

	out[0] = 0;
	if ((event->type != TCG_EFI_VARIABLE_DRIVER_CONFIG &&
		    event->type != TCG_EFI_VARIABLE_BOOT && event->type != TCG_EFI_VARIABLE_BOOT2 &&
		    event->type != TCG_EFI_VARIABLE_AUTHORITY) ||
		event->data_len < 32)
		return;
	chars = le64(event->data + 16);
	if (chars == 0 || chars > 31 || event->data_len - 32 < 2 * chars)
		return;
	for (size_t i = 0; i < chars; i++) {
		unsigned c = le16(event->data + 32 + 2 * i);

		if (c <= 0x20 || c >= 0x7f) {
			out[0] = 0;
			return;
		}
		out[i] = (char)c;
	}
	out[chars] = 0;
}

void logged_describe(const struct check *check, const struct logged_event *event, struct bytes *out)
{
	const char *section = logged_section_name(check, event);

	if (section) {
		bytes_addf(out, "proved: the name of section %s", section);
		return;
	}
	bytes_add_text(out, logged_proved(check, event) ? "proved: " : "claimed: ");
	event_text(out, event->type, event->data, event->data_len, &logged_text_form);
}
