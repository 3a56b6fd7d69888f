/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What firmware measures otherwise: PCRs 0, 1, 4 (boot attempts), 5 and 7. */
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/measure/cause/cause.h"

#define GPT_HEADER 92u

static const char calling[] = "Calling EFI Application from Boot Option";
static const char returning[] = "Returning from EFI Application from Boot Option";

bool cause_boot_attempt(const struct gap *gap, struct explanation *out)
{
	size_t logged = 0, expected = 0;

	while (logged < gap->logged_count &&
		(logged_is(gap->check, gap->logged[logged], calling, sizeof(calling) - 1) ||
			logged_is(
				gap->check, gap->logged[logged], returning, sizeof(returning) - 1)))
		logged++;
	if (logged) {
		bytes_addf(&out->text,
			"proved: %zu events are the hashes of \"Returning from...\" and "
			"\"Calling EFI Application from Boot Option\"",
			logged);
		return cause_say(out, CAUSE_BOOT_ATTEMPT, CERTAINTY_PROVED, 0, logged);
	}
	while (expected < gap->expected_count &&
		(gap->expected[expected]->rule == RULE_CALLING ||
			gap->expected[expected]->rule == RULE_RETURNING))
		expected++;
	return expected && cause_say(out, CAUSE_FEWER_ATTEMPTS, CERTAINTY_LIKELY, expected, 0);
}

const char *secure_boot_form_text(unsigned form)
{
	static const char *const texts[] = {
		"unset (no data)", "off (one byte 00)", "on (one byte 01)"};

	return texts[form];
}

size_t variable_data(
	const char *guid, const char *name, const uint8_t *data, size_t len, uint8_t out[64])
{
	size_t at = 32;

	guid_parse(guid, out);
	put_le64(out + 16, strlen(name));
	put_le64(out + 24, len);
	for (const char *c = name; *c; c++, at += 2)
		put_le16(out + at, (uint16_t)*c);
	if (len)
		memcpy(out + at, data, len);
	return at + len;
}

size_t secure_boot_variable(unsigned form, uint8_t out[64])
{
	const uint8_t value = form == SECURE_BOOT_FORM_ON;

	return variable_data(
		EFI_GLOBAL_GUID, "SecureBoot", &value, form != SECURE_BOOT_FORM_UNSET, out);
}

/* SECURE_BOOT_FORMS: none of them. */
static unsigned logged_form(const struct check *check, const struct logged_event *event)
{
	for (unsigned form = 0; form < SECURE_BOOT_FORMS; form++) {
		uint8_t data[64];
		size_t len = secure_boot_variable(form, data);

		if (logged_is(check, event, data, len))
			return form;
	}
	return SECURE_BOOT_FORMS;
}

static unsigned expected_form(const struct check *check, const struct boot_event *event)
{
	struct logged_event as_logged = {0};

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		as_logged.digest[bank] = event->digest[bank];
	return logged_form(check, &as_logged);
}

bool cause_secure_boot_state(const struct gap *gap, struct explanation *out)
{
	unsigned logged, expected;

	if (!gap->logged_count || !gap->expected_count)
		return false;
	logged = logged_form(gap->check, gap->logged[0]);
	expected = expected_form(gap->check, gap->expected[0]);
	if (logged == SECURE_BOOT_FORMS || expected == SECURE_BOOT_FORMS)
		return false;
	bytes_addf(&out->text, "proved: the variable SecureBoot was measured as %s; predicted %s",
		secure_boot_form_text(logged), secure_boot_form_text(expected));
	return cause_say(out,
		(logged == SECURE_BOOT_FORM_ON) != (expected == SECURE_BOOT_FORM_ON)
			? CAUSE_SECURE_BOOT
			: CAUSE_SECURE_BOOT_FORM,
		CERTAINTY_PROVED, 1, 1);
}

/* UEFI specification 2.10, 32.3. */
static bool is_key_database(const char *name)
{
	static const char *const names[] = {"PK", "KEK", "db", "dbx", "dbt", "dbr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool cause_secure_boot_keys(const struct gap *gap, struct explanation *out)
{
	const struct logged_event *e;
	char name[32];
	bool proved;

	if (!gap->logged_count || gap->logged[0]->type != TCG_EFI_VARIABLE_DRIVER_CONFIG)
		return false;
	e = gap->logged[0];
	logged_variable(e, name);
	if (!is_key_database(name))
		return false;
	proved = logged_proved(gap->check, e);
	logged_describe(gap->check, e, &out->text);
	if (gap->expected_count && gap->expected[0]->data_len >= 32)
		bytes_addf(&out->text, "; predicted %llu bytes",
			(unsigned long long)le64(gap->expected[0]->data + 24));
	return cause_say(out, CAUSE_SECURE_BOOT_KEYS, proved ? CERTAINTY_PROVED : CERTAINTY_LIKELY,
		gap->expected_count > 0, 1);
}

unsigned logged_secure_boot(const struct check *check)
{
	const struct alignment *alignment = &check->alignments[check->cc ? 1 : 7];
	unsigned form = SECURE_BOOT_FORMS;

	for (size_t i = 0; i < alignment->logged_count && form == SECURE_BOOT_FORMS; i++)
		form = logged_form(check, alignment->logged[i]);
	return form;
}

bool cause_authority(const struct gap *gap, struct explanation *out)
{
	bool logged = gap->logged_count && gap->logged[0]->type == TCG_EFI_VARIABLE_AUTHORITY;
	bool expected = gap->expected_count && gap->expected[0]->rule == RULE_AUTHORITY;

	if (!logged && !expected)
		return false;
	if (logged)
		logged_describe(gap->check, gap->logged[0], &out->text);
	else
		bytes_add_text(&out->text, "no authority was measured for the image");
	if (logged != expected && (logged_secure_boot(gap->check) == SECURE_BOOT_FORM_ON) == logged)
		return cause_say(out, CAUSE_SECURE_BOOT, CERTAINTY_LIKELY, expected, logged);
	return cause_say(out, CAUSE_AUTHORITY, CERTAINTY_LIKELY, expected, logged);
}

bool cause_firmware_version(const struct gap *gap, struct explanation *out)
{
	const struct logged_event *e;

	if (!gap->logged_count || gap->logged[0]->type != TCG_CRTM_VERSION)
		return false;
	e = gap->logged[0];
	logged_describe(gap->check, e, &out->text);
	if (gap->expected_count && gap->expected[0]->data_len) {
		bytes_add_text(&out->text, "; predicted ");
		printable_add_utf16(&out->text, gap->expected[0]->data, gap->expected[0]->data_len,
			&logged_text_form);
	}
	return cause_say(out, CAUSE_FIRMWARE_VERSION,
		logged_proved(gap->check, e) ? CERTAINTY_PROVED : CERTAINTY_LIKELY,
		gap->expected_count > 0, 1);
}

bool cause_firmware_volume(const struct gap *gap, struct explanation *out)
{
	bool blob = gap->logged_count && (gap->logged[0]->type == TCG_EFI_FIRMWARE_BLOB ||
						 gap->logged[0]->type == TCG_EFI_FIRMWARE_BLOB2 ||
						 gap->logged[0]->type == TCG_CRTM_CONTENTS);

	if (!blob)
		return false;
	logged_describe(gap->check, gap->logged[0], &out->text);
	return cause_say(out, CAUSE_FIRMWARE_VOLUME, CERTAINTY_LIKELY, gap->expected_count > 0, 1);
}

bool cause_platform(const struct gap *gap, struct explanation *out)
{
	uint32_t type;

	if (!gap->logged_count)
		return false;
	type = gap->logged[0]->type;
	logged_describe(gap->check, gap->logged[0], &out->text);
	if (type == TCG_EFI_VARIABLE_BOOT || type == TCG_EFI_VARIABLE_BOOT2)
		return cause_say(
			out, CAUSE_BOOT_VARIABLE, CERTAINTY_LIKELY, gap->expected_count > 0, 1);
	return (type == TCG_PLATFORM_CONFIG || type == TCG_EFI_HANDOFF_TABLES ||
		       type == TCG_EFI_HANDOFF_TABLES2) &&
	       cause_say(out, CAUSE_PLATFORM, CERTAINTY_LIKELY, gap->expected_count > 0, 1);
}

/* UEFI specification 2.10, 5.3.2: the header's fields that say which disk it is. */
static void say_gpt(struct bytes *out, const uint8_t *data)
{
	char guid[GUID_TEXT];

	guid_text(data + 56, guid);
	bytes_addf(out, "disk %s of %llu sectors, %llu partitions", guid,
		(unsigned long long)le64(data + 32) + 1,
		(unsigned long long)le64(data + GPT_HEADER));
}

bool cause_gpt(const struct gap *gap, struct explanation *out)
{
	bool logged = gap->logged_count && gap->logged[0]->type == TCG_EFI_GPT;
	bool expected = gap->expected_count && gap->expected[0]->rule == RULE_GPT;
	bool proved = logged && logged_proved(gap->check, gap->logged[0]);

	if (!logged && !expected)
		return false;
	if (logged) {
		bytes_add_text(&out->text, proved ? "proved: " : "claimed: ");
		if (gap->logged[0]->data_len >= GPT_HEADER + 8)
			say_gpt(&out->text, gap->logged[0]->data);
	} else {
		bytes_add_text(&out->text, "no partition table was measured");
	}
	if (expected && gap->expected[0]->data_len >= GPT_HEADER + 8) {
		bytes_add_text(&out->text, "; predicted ");
		say_gpt(&out->text, gap->expected[0]->data);
	}
	return cause_say(
		out, CAUSE_GPT, proved ? CERTAINTY_PROVED : CERTAINTY_LIKELY, expected, logged);
}
