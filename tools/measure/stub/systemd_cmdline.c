/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line that systemd-stub gives to the kernel, and which one it accepts. */
#include <string.h>
#include "tools/measure/stub/systemd.h"

#define UNIT 2u /* bytes of a character in UTF-16 */

static uint16_t unit_at(const struct bytes *text, size_t i)
{
	return le16(text->data + UNIT * i);
}

/* 252: control characters become spaces, spaces at the end go. */
static void tidy_252(struct bytes *text)
{
	for (size_t i = 0; i < text->len / UNIT; i++)
		if (unit_at(text, i) <= 0x1f)
			put_le16(text->data + UNIT * i, ' ');
	while (text->len && unit_at(text, text->len / UNIT - 1) == ' ')
		text->len -= UNIT;
}

/* 254: spaces at the beginning go too, and DEL is taken for one. */
static void tidy_254(struct bytes *text)
{
	size_t lead = 0, count = text->len / UNIT;

	for (size_t i = 0; i < count; i++)
		if (unit_at(text, i) <= 0x20 || unit_at(text, i) == 0x7f)
			put_le16(text->data + UNIT * i, ' ');
	while (lead < count && unit_at(text, lead) == ' ')
		lead++;
	while (count > lead && unit_at(text, count - 1) == ' ')
		count--;
	if (count > lead)
		memmove(text->data, text->data + UNIT * lead, UNIT * (count - lead));
	text->len = UNIT * (count - lead);
}

void systemd_tidy(unsigned release, struct bytes *text)
{
	if (release < 254)
		tidy_252(text);
	else
		tidy_254(text);
}

/* "@1 quiet": takes the number and one space away. False: this is no such prefix. */
static bool take_profile(const char **text, unsigned *out)
{
	const char *at = *text + 1;
	unsigned long n = 0;

	if (**text != '@' || *at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9' && n < 1000; at++)
		n = 10 * n + (unsigned long)(*at - '0');
	if (*at && *at != ' ')
		return false;
	*out = (unsigned)n;
	*text = at + (*at == ' ');
	return true;
}

/* Firmware may pass bytes that are no text, of which the stub keeps clear: 252 looks at the first
 * character, 258 at all. */
static bool is_text(const struct systemd_stub *s, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if (*at <= 0x1f)
		return false;
	for (; s->release >= 258 && *at; at++)
		if (*at <= 0x1f)
			return false;
	return true;
}

void systemd_options(struct systemd_stub *stub, struct bytes *out)
{
	const char *text = stub->in->load_options;

	stub->profile = stub->in->profile;
	if (!text || !is_text(stub, text))
		return;
	if (stub->release >= 257)
		take_profile(&text, &stub->profile);
	utf16_from(out, (const uint8_t *)text, strlen(text));
	systemd_tidy(stub->release, out);
}

/*
 * With Secure Boot off whatever is passed is taken. With it on, 252 takes it where the image has no
 * command line of its own; 257 not in a confidential VM even then.
 */
static bool accepted(const struct systemd_stub *s)
{
	if (!s->in->secure_boot)
		return true;
	return !s->present[CMDLINE] && !(s->release >= 257 && s->in->confidential);
}

static void add_section_line(struct systemd_stub *stub, struct bytes *out)
{
	const struct pe_contents *own = &stub->sections[CMDLINE];
	struct bytes untidy = {0};

	utf16_from(&untidy, own->data, own->len);
	utf16_from(out, own->data, own->len);
	systemd_tidy(stub->release, out);
	stub->line_form = "UTF-16, tidied";
	if (out->len == untidy.len && (!out->len || memcmp(out->data, untidy.data, out->len) == 0))
		stub->line_form = "UTF-16";
	bytes_zeros(out, UNIT);
	bytes_free(&untidy);
}

bool systemd_cmdline(struct systemd_stub *stub, const struct bytes *passed, struct bytes *out)
{
	bool some = stub->in->load_options && (passed->len || stub->release < 254);

	if (some && is_text(stub, stub->in->load_options) && accepted(stub)) {
		bytes_add(out, passed->data, passed->len);
		bytes_zeros(out, UNIT);
		return boot_add_shown(stub->boot, PCR_KERNEL_CONFIG, TCG_IPL, RULE_STUB_CMDLINE,
			       "load options", "command line passed to the stub", out->data,
			       out->len) != NULL;
	}
	if (!stub->present[CMDLINE])
		return true;
	add_section_line(stub, out);
	return true;
}
