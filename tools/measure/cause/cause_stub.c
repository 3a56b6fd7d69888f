/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the stub and the kernel measure otherwise: PCRs 1, 9, 11, 12 and 13. */
#include <stdio.h>
#include <string.h>
#include "tools/measure/cause/cause.h"
#include "tools/measure/cause/padding.h"
#include "tools/measure/output/event_text.h"

#define TAG_LOAD_OPTIONS 0x8F3B22EDu /* Linux: efistub.h */
#define TAG_PROFILE	 0x13AED6DBu /* systemd: tpm2-pcr.h */
#define TAG_SMBIOS_1	 0xD5CB7CBCu
#define TAG_SMBIOS_2	 0xE0D47BC8u
#define TAG_SMBIOS_11	 0xC0B3BD23u

#define PCR_KERNEL 9u /* where the kernel measures what it was given; RTMR 2 */

#define COMMAND_LINE_MAX (1u << 13) /* bytes, as UTF-16: twice what x86 Linux takes */

/* A text that was passed to the stub: its hash is the digest, so the text is what it says. */
static bool is_passed_text(const struct check *check, const struct logged_event *e)
{
	return e->type == TCG_IPL && text_is_utf16(e->data, e->data_len) &&
	       logged_proved(check, e) && !logged_section_name(check, e);
}

static const struct boot_event *predicted_command_line(const struct check *check)
{
	const struct boot *boot = check->request->boot;

	for (size_t i = 0; i < boot->count; i++)
		if (boot->events[i].rule == RULE_KERNEL_CMDLINE)
			return &boot->events[i];
	return NULL;
}

/* The image's command line, a space, and the text: what SMBIOS and addons lead to. */
static bool is_extended(const struct check *check, const struct logged_event *kernel,
	const struct logged_event *text)
{
	const struct boot_event *base = predicted_command_line(check);
	struct bytes line = {0};
	bool same;

	same = base && expected_bytes(base, COMMAND_LINE_MAX, &line) && line.len >= 2;
	if (same) {
		line.len -= 2;
		bytes_add(&line, line.len ? " \0" : "", line.len ? 2 : 0);
		bytes_add(&line, text->data, text->data_len);
		same = logged_is(check, kernel, line.data, line.len);
	}
	bytes_free(&line);
	return same;
}

static bool is_of_kernel(const struct check *check, const struct logged_event *e)
{
	return e->type == TCG_EVENT_TAG && e->reg == (check->cc ? 3 : PCR_KERNEL);
}

/* What the kernel was given shows what a passed text was used for. */
static enum cause use_of_text(
	const struct check *check, const struct logged_event *text, bool *proved)
{
	const struct evidence_log *log = &check->request->evidence->log;

	*proved = true;
	for (size_t i = 0; i < log->count; i++) {
		const struct logged_event *e = &log->events[i];

		if (e == text || !is_of_kernel(check, e))
			continue;
		if (logged_same(check, e, text))
			return CAUSE_CMDLINE_OVERRIDDEN;
		if (is_extended(check, e, text))
			return CAUSE_CMDLINE_EXTENDED;
	}
	*proved = false;
	return CAUSE_CMDLINE_OVERRIDDEN;
}

static void say_text(struct bytes *out, const struct logged_event *text)
{
	printable_add_utf16(out, text->data, text->data_len, &logged_text_form);
}

bool cause_command_line_passed(const struct gap *gap, struct explanation *out)
{
	enum cause use;
	bool proved;

	if (!gap->logged_count || !is_passed_text(gap->check, gap->logged[0]))
		return false;
	use = use_of_text(gap->check, gap->logged[0], &proved);
	bytes_add_text(&out->text, "proved: the stub was passed ");
	say_text(&out->text, gap->logged[0]);
	bytes_add_text(
		&out->text, !proved ? "; the log does not show that the kernel got it"
			    : use == CAUSE_CMDLINE_OVERRIDDEN
				    ? "; the kernel got exactly this"
				    : "; the kernel got the image's command line followed by this");
	return cause_say(
		out, use, proved ? CERTAINTY_PROVED : CERTAINTY_LIKELY, gap->expected_count > 0, 1);
}

/* The kernel's own event, explained by a text that the stub was passed. */
static bool from_passed_text(const struct gap *gap, struct explanation *out)
{
	const struct evidence_log *log = &gap->check->request->evidence->log;
	const struct logged_event *kernel = gap->logged[0];

	for (size_t i = 0; i < log->count; i++) {
		const struct logged_event *text = &log->events[i];
		bool same, extended;

		if (text == kernel || !is_passed_text(gap->check, text))
			continue;
		same = logged_same(gap->check, kernel, text);
		extended = !same && is_extended(gap->check, kernel, text);
		if (!same && !extended)
			continue;
		bytes_add_text(&out->text, same ? "proved: the kernel was given "
						: "proved: the kernel was given the image's "
						  "command line and ");
		say_text(&out->text, text);
		return cause_say(out, same ? CAUSE_CMDLINE_OVERRIDDEN : CAUSE_CMDLINE_EXTENDED,
			CERTAINTY_PROVED, gap->expected_count > 0, 1);
	}
	return false;
}

bool cause_command_line_kernel(const struct gap *gap, struct explanation *out)
{
	if (!gap->logged_count || !is_of_kernel(gap->check, gap->logged[0]) ||
		logged_tag(gap->logged[0]) != TAG_LOAD_OPTIONS)
		return gap->expected_count && !gap->logged_count &&
		       gap->expected[0]->rule == RULE_KERNEL_CMDLINE &&
		       cause_say(out, CAUSE_CMDLINE, CERTAINTY_LIKELY, 1, 0);
	if (from_passed_text(gap, out))
		return true;
	bytes_add_text(&out->text, "the log has only the digest of it, and no text that it is the "
				   "hash of");
	return cause_say(out, CAUSE_CMDLINE, CERTAINTY_LIKELY, gap->expected_count > 0, 1);
}

/* The digest is of a cpio archive; what the event calls it is claimed. */
bool cause_archive(const struct gap *gap, struct explanation *out)
{
	const struct logged_event *e;
	struct bytes name = {0};
	bool extension;

	if (!gap->logged_count || gap->alignment->reg == 11 || gap->logged[0]->type != TCG_IPL)
		return false;
	e = gap->logged[0];
	if (!text_is_utf16(e->data, e->data_len) || logged_proved(gap->check, e))
		return false;
	printable_add_utf16(&name, e->data, e->data_len, &logged_text_form);
	extension = memmem(name.data, name.len, "xtension", 8) != NULL;
	if (!extension && !memmem(name.data, name.len, "redential", 9)) {
		bytes_free(&name);
		return false;
	}
	bytes_free(&name);
	logged_describe(gap->check, e, &out->text);
	return cause_say(out, extension ? CAUSE_EXTENSIONS : CAUSE_CREDENTIALS, CERTAINTY_LIKELY,
		gap->expected_count > 0, 1);
}

/* The number as UTF-16 text with its NUL. */
bool cause_profile(const struct gap *gap, struct explanation *out)
{
	if (!gap->logged_count || logged_tag(gap->logged[0]) != TAG_PROFILE)
		return false;
	for (unsigned number = 1; number < 256; number++) {
		char digits[8];
		uint8_t wide[16] = {0};
		size_t len = (size_t)snprintf(digits, sizeof(digits), "%u", number) + 1;

		for (size_t i = 0; i < len; i++)
			wide[2 * i] = (uint8_t)digits[i];
		if (!logged_is(gap->check, gap->logged[0], wide, 2 * len))
			continue;
		bytes_addf(&out->text, "proved: profile %u was chosen", number);
		return cause_say(out, CAUSE_PROFILE, CERTAINTY_PROVED, gap->expected_count > 0, 1);
	}
	return cause_say(out, CAUSE_PROFILE, CERTAINTY_LIKELY, gap->expected_count > 0, 1);
}

bool cause_smbios(const struct gap *gap, struct explanation *out)
{
	uint32_t tag = gap->logged_count ? logged_tag(gap->logged[0]) : 0;

	return (tag == TAG_SMBIOS_1 || tag == TAG_SMBIOS_2 || tag == TAG_SMBIOS_11) &&
	       cause_say(out, CAUSE_SMBIOS, CERTAINTY_LIKELY, gap->expected_count > 0, 1);
}

bool cause_section_padded(const struct gap *gap, struct explanation *out)
{
	const struct boot_event *e;
	long zeros;

	if (!gap->logged_count || !gap->expected_count ||
		gap->expected[0]->rule != RULE_SECTION_DATA)
		return false;
	e = gap->expected[0];
	if (!padding_fits(e, gap->check->bank, gap->logged[0]->digest[gap->check->bank], &zeros))
		return false;
	bytes_addf(&out->text, "proved: %s is as predicted, with %ld zero bytes %s at its end",
		e->subject, zeros < 0 ? -zeros : zeros, zeros < 0 ? "fewer" : "more");
	return cause_say(out, CAUSE_SECTION_PADDED, CERTAINTY_PROVED, 1, 1);
}

/* Sections that some releases of systemd-stub measure and others do not. */
static bool depends_on_stub(const char *name)
{
	static const char *const names[] = {
		".uname", ".sbat", ".ucode", ".profile", ".dtbauto", ".hwids", ".efifw"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* A section's name and, behind it, its contents. */
bool cause_section_missing(const struct gap *gap, struct explanation *out)
{
	const char *name;

	if (gap->expected_count && !gap->logged_count &&
		(gap->expected[0]->rule == RULE_SECTION_NAME ||
			gap->expected[0]->rule == RULE_SECTION_DATA)) {
		bytes_addf(&out->text, "%s was not measured", gap->expected[0]->subject);
		return cause_say(out, CAUSE_SECTION_MISSING, CERTAINTY_LIKELY,
			gap->expected_count > 1 ? 2 : 1, 0);
	}
	if (gap->expected_count || !gap->logged_count)
		return false;
	name = logged_section_name(gap->check, gap->logged[0]);
	if (!name || (depends_on_stub(name) && gap->logged_count > 1))
		return false;
	bytes_addf(&out->text, "proved: the name %s was measured", name);
	return cause_say(
		out, CAUSE_SECTION_ADDED, CERTAINTY_PROVED, 0, gap->logged_count > 1 ? 2 : 1);
}

bool cause_section_unknown_to_stub(const struct gap *gap, struct explanation *out)
{
	const char *name = NULL;

	if (gap->expected_count > 1 && !gap->logged_count &&
		gap->expected[0]->rule == RULE_SECTION_NAME)
		name = gap->expected[0]->subject;
	else if (gap->logged_count > 1 && !gap->expected_count)
		name = logged_section_name(gap->check, gap->logged[0]);
	if (!name || !depends_on_stub(name))
		return false;
	bytes_addf(&out->text, "%s was %smeasured: systemd-stub does so from release %s on", name,
		gap->logged_count ? "" : "not ",
		strcmp(name, ".uname") == 0 || strcmp(name, ".sbat") == 0 ? "254"
		: strcmp(name, ".ucode") == 0				  ? "256"
									  : "257");
	return cause_say(out, CAUSE_STUB_VERSION, CERTAINTY_LIKELY, gap->expected_count ? 2 : 0,
		gap->logged_count ? 2 : 0);
}

bool cause_section(const struct gap *gap, struct explanation *out)
{
	size_t at = gap->first_logged;
	const char *name;
	bool named;

	if (!gap->logged_count || !gap->expected_count ||
		gap->expected[0]->rule != RULE_SECTION_DATA)
		return false;
	name = at ? logged_section_name(gap->check, gap->alignment->logged[at - 1]) : NULL;
	named = name && strcmp(name, gap->expected[0]->subject) == 0;
	bytes_addf(&out->text, "%s%s has not the predicted contents", named ? "proved: " : "",
		gap->expected[0]->subject);
	return cause_say(out, CAUSE_SECTION, named ? CERTAINTY_PROVED : CERTAINTY_LIKELY, 1, 1);
}
