/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/stub/stub_private.h"

#include <string.h>
#include "tools/lib/report.h"

/* Tags of Linux's EFI stub (Linux: drivers/firmware/efi/libstub/efistub.h). */
#define TAG_LOAD_OPTIONS 0x8F3B22EDu
#define TAG_INITRD	 0x8F3B22ECu

bool pieces_add(struct piece_list *list, const struct boot_piece *piece)
{
	if (piece->len + piece->zeros == 0)
		return true;
	if (list->count == BOOT_PIECES_MAX)
		return complain("there are more files than an archive for the kernel may have");
	list->at[list->count++] = *piece;
	list->len += piece->len + piece->zeros;
	return true;
}

bool pieces_add_all(struct piece_list *list, const struct piece_list *more)
{
	for (size_t i = 0; i < more->count; i++)
		if (!pieces_add(list, &more->at[i]))
			return false;
	return true;
}

void pieces_pad(struct piece_list *list)
{
	size_t pad = (size_t)(-list->len & 3);

	if (!list->count)
		return;
	list->at[list->count - 1].zeros += pad;
	list->len += pad;
}

bool pieces_to_event(struct boot *boot, struct boot_event *event, const struct piece_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!boot_piece(boot, event, &list->at[i]))
			return false;
	return event != NULL;
}

struct boot_piece piece_of_section(
	const struct boot_image *image, const struct pe_contents *contents)
{
	return (struct boot_piece){
		.data = contents->data,
		.len = contents->len,
		.zeros = contents->zeros,
		.source = image->source,
		.offset = contents->offset,
	};
}

/* One character of UTF-8 and its length in bytes; UINT32_MAX for what is malformed. */
static size_t decode(const uint8_t *text, size_t len, uint32_t *out)
{
	static const struct {
		uint8_t mask, lead;
	} forms[] = {
		{0x80, 0}, {0xe0, 0xc0}, {0xf0, 0xe0}, {0xf8, 0xf0}, {0xfc, 0xf8}, {0xfe, 0xfc}};

	for (size_t form = 0; form < sizeof(forms) / sizeof(forms[0]); form++) {
		uint32_t c = text[0] & (uint8_t)~forms[form].mask;

		if ((text[0] & forms[form].mask) != forms[form].lead)
			continue;
		*out = UINT32_MAX;
		if (form >= len)
			return len;
		for (size_t i = 1; i <= form; i++) {
			if ((text[i] & 0xc0) != 0x80)
				return form + 1;
			c = c << 6 | (text[i] & 0x3f);
		}
		*out = c;
		return form + 1;
	}
	*out = UINT32_MAX;
	return 1;
}

void utf16_from(struct bytes *out, const uint8_t *utf8, size_t len)
{
	while (len && *utf8) {
		uint32_t c;
		size_t used = decode(utf8, len, &c);

		if (c < 0xd800 || (c >= 0xe000 && c <= 0xffff)) {
			const uint8_t unit[2] = {(uint8_t)c, (uint8_t)(c >> 8)};

			bytes_add(out, unit, sizeof(unit));
		}
		utf8 += used;
		len -= used;
	}
}

const uint8_t *utf16_keep(struct boot *boot, const char *text, size_t *out_len)
{
	struct bytes b = {0};

	utf16_from(&b, (const uint8_t *)text, strlen(text));
	bytes_zeros(&b, 2);
	*out_len = b.len;
	return boot_own(boot, b.data);
}

struct boot_event *add_ipl(struct boot *boot, unsigned pcr, enum boot_rule rule,
	const char *subject, const char *what, const char *description)
{
	struct boot_event *event = boot_add(boot, pcr, TCG_IPL, rule, subject, what);

	if (event)
		event->data = utf16_keep(boot, description, &event->data_len);
	return event;
}

void show_tagged(
	struct boot *boot, struct boot_event *event, uint32_t tag, const void *text, size_t len)
{
	struct bytes b = {0};
	uint8_t head[8];

	put_le32(head, tag);
	put_le32(head + 4, (uint32_t)len);
	bytes_add(&b, head, sizeof(head));
	bytes_add(&b, text, len);
	event->data = boot_own(boot, b.data);
	event->data_len = b.len;
}

struct boot_piece piece_of_line(const struct boot_image *image, const struct pe_contents *section,
	const char *form, const struct bytes *line)
{
	struct boot_piece piece = {.data = line->data, .len = line->len};

	if (section) {
		piece.source = image->source;
		piece.offset = section->offset;
		piece.source_len = section->len;
		piece.form = form;
	}
	return piece;
}

bool kernel_events(
	struct boot *boot, const struct boot_piece *options, const struct piece_list *initrd)
{
	static const char options_text[] = "LOADED_IMAGE::LoadOptions";
	static const char initrd_text[] = "Linux initrd";
	struct boot_event *event;

	if (options->len) {
		struct boot_piece line = *options;

		line.data = boot_keep(boot, options->data, options->len);
		event = boot_add(boot, PCR_KERNEL_LOADED, TCG_EVENT_TAG, RULE_KERNEL_CMDLINE,
			".cmdline", "command line given to the kernel");
		if (!boot_piece(boot, event, &line))
			return false;
		show_tagged(boot, event, TAG_LOAD_OPTIONS, options_text, sizeof(options_text));
	}
	if (!initrd->len)
		return true;
	event = boot_add(boot, PCR_KERNEL_LOADED, TCG_EVENT_TAG, RULE_KERNEL_INITRD, ".initrd",
		"initrd given to the kernel");
	if (!pieces_to_event(boot, event, initrd))
		return false;
	show_tagged(boot, event, TAG_INITRD, initrd_text, sizeof(initrd_text));
	return true;
}
