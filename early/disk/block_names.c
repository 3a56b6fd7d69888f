/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/block_names.h"

#include <string.h>
#include "early/files.h"

#define VPD_HEADER	4u /* device type, page, two bytes of length */
#define PAGE_SERIAL	0x80u
#define PAGE_NAMES	0x83u
#define DESCRIPTOR_HEAD 4u /* code set, kind, reserved, length */
#define CODE_SET_ASCII	2u
#define KIND_OF_UNIT	0u /* association with the unit, vendor-specific */
#define KIND_BITS	0x3fu
#define CODE_SET_BITS	0x0fu

enum form { FORM_TEXT, FORM_SERIAL_PAGE, FORM_NAME_PAGE };

static const struct source {
	const char *path;
	enum form form;
} sources[BLOCK_NAME_KINDS] = {
	{"serial", FORM_TEXT},
	{"device/serial", FORM_TEXT},
	{"device/vpd_pg80", FORM_SERIAL_PAGE},
	{"device/vpd_pg83", FORM_NAME_PAGE},
	{"wwid", FORM_TEXT},
	{"device/wwid", FORM_TEXT},
};

/* Without the spaces around it. False when it is no printable ASCII text that fits, or nothing. */
static bool take_text(const uint8_t *text, size_t len, char out[BLOCK_NAME_MAX])
{
	while (len && text[0] == ' ') {
		text++;
		len--;
	}
	while (len && text[len - 1] == ' ')
		len--;
	if (!len || len >= BLOCK_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* The contents of a page of this number; *len becomes theirs. NULL when it is not sound. */
static const uint8_t *page_contents(const uint8_t *page, size_t *len, uint8_t number)
{
	if (*len < VPD_HEADER || page[1] != number ||
		*len - VPD_HEADER != ((size_t)page[2] << 8 | page[3]))
		return NULL;
	*len -= VPD_HEADER;
	return page + VPD_HEADER;
}

bool vpd_serial(const uint8_t *page, size_t len, char out[BLOCK_NAME_MAX])
{
	const uint8_t *text = page_contents(page, &len, PAGE_SERIAL);

	return text && take_text(text, len, out);
}

bool vpd_name(const uint8_t *page, size_t len, char out[BLOCK_NAME_MAX])
{
	const uint8_t *d = page_contents(page, &len, PAGE_NAMES);

	while (d && len >= DESCRIPTOR_HEAD && len - DESCRIPTOR_HEAD >= d[3]) {
		size_t whole = DESCRIPTOR_HEAD + d[3];

		if ((d[0] & CODE_SET_BITS) == CODE_SET_ASCII && (d[1] & KIND_BITS) == KIND_OF_UNIT)
			return take_text(d + DESCRIPTOR_HEAD, d[3], out);
		d += whole;
		len -= whole;
	}
	return false;
}

static bool read_name(int sys, const struct source *s, char out[BLOCK_NAME_MAX])
{
	uint8_t page[VPD_MAX];
	char text[BLOCK_NAME_MAX];
	size_t len;

	if (s->form == FORM_TEXT)
		return attribute_read(sys, s->path, text, sizeof(text)) &&
		       take_text((const uint8_t *)text, strlen(text), out);
	if (!attribute_bytes(sys, s->path, page, sizeof(page), &len))
		return false;
	return s->form == FORM_SERIAL_PAGE ? vpd_serial(page, len, out) : vpd_name(page, len, out);
}

void block_names_read(int sys, struct block_names *out)
{
	for (size_t i = 0; i < BLOCK_NAME_KINDS; i++)
		if (!read_name(sys, &sources[i], out->text[i]))
			out->text[i][0] = '\0';
}
