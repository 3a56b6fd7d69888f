/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/fat_names.h"

#include <string.h>

#define ATTR_VOLUME	0x08u
#define ATTR_FOLDER	0x10u
#define ATTR_LONG	0x0fu
#define CASE		12u /* byte of an entry */
#define LOWER_BASE	0x08u
#define LOWER_EXTENSION 0x10u
#define DELETED		0xe5u /* first byte of an entry */
#define LONG_LAST	0x40u /* bit of a long name's first entry, which holds its end */
#define LONG_UNITS	13u   /* characters of an entry */
#define LONG_PARTS	20u   /* entries of a name */

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* "bootx64.efi" -> "BOOTX64 EFI"; false for a name that is not 8.3. */
static bool short_name(const char *name, size_t len, uint8_t out[FAT_NAME_83])
{
	const char *dot = memchr(name, '.', len);
	size_t base = dot ? (size_t)(dot - name) : len, extension = dot ? len - base - 1 : 0;

	if (base == 0 || base > 8 || extension > 3)
		return false;
	memset(out, ' ', FAT_NAME_83);
	for (size_t i = 0; i < base; i++)
		out[i] = (uint8_t)upper(name[i]);
	for (size_t i = 0; i < extension; i++)
		out[8 + i] = (uint8_t)upper(dot[1 + i]);
	return true;
}

void fat_want(struct fat_wanted *wanted)
{
	wanted->is_short = short_name(wanted->name, wanted->len, wanted->short_form);
}

/* A long name, collected from the entries that stand before the one it belongs to. */
struct long_name {
	uint16_t units[LONG_PARTS * LONG_UNITS];
	unsigned missing; /* parts; the next one to come has this number */
	uint8_t checksum; /* of the short name that it belongs to */
	bool any;
};

/* Parts come last first: the first to be met has the highest number, and a flag. */
static void take_part(struct long_name *name, const uint8_t *e)
{
	static const uint8_t offsets[LONG_UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	unsigned number = e[0] & 0x3fu;
	bool first = e[0] & LONG_LAST;

	if (e[0] == DELETED || !number || number > LONG_PARTS ||
		(!first && (!name->any || number != name->missing || e[13] != name->checksum))) {
		name->any = false;
		return;
	}
	if (first)
		*name = (struct long_name){.any = true, .checksum = e[13]};
	for (unsigned i = 0; i < LONG_UNITS; i++)
		name->units[(number - 1) * LONG_UNITS + i] = le16(e + offsets[i]);
	name->missing = number - 1;
}

static uint8_t checksum_of(const uint8_t name[FAT_NAME_83])
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < FAT_NAME_83; i++)
		sum = (uint8_t)((sum & 1 ? 0x80 : 0) + (sum >> 1) + name[i]);
	return sum;
}

/* Case does not matter, for ASCII; other characters are in no path that we look for. */
static bool long_name_is(
	const struct long_name *name, const uint8_t *e, const struct fat_wanted *wanted)
{
	if (!name->any || name->missing || name->checksum != checksum_of(e))
		return false;
	if (wanted->len > LONG_PARTS * LONG_UNITS)
		return false;
	for (size_t i = 0; i < wanted->len; i++)
		if (name->units[i] > 0x7f || upper((char)name->units[i]) != upper(wanted->name[i]))
			return false;
	return wanted->len == LONG_PARTS * LONG_UNITS || name->units[wanted->len] == 0;
}

const uint8_t *fat_find_entry(
	const uint8_t *folder, size_t len, const struct fat_wanted *wanted, bool want_folder)
{
	struct long_name name = {.any = false};

	for (size_t at = 0; at + FAT_DIR_ENTRY <= len && folder[at]; at += FAT_DIR_ENTRY) {
		const uint8_t *e = folder + at;
		bool is;

		if (e[11] == ATTR_LONG) {
			take_part(&name, e);
			continue;
		}
		is = e[0] != DELETED && !(e[11] & ATTR_VOLUME) &&
		     !(e[11] & ATTR_FOLDER) == !want_folder &&
		     (long_name_is(&name, e, wanted) ||
			     (wanted->is_short && memcmp(e, wanted->short_form, FAT_NAME_83) == 0));
		name.any = false;
		if (is)
			return e;
	}
	return NULL;
}

/* "BOOTX64 EFI" -> "BOOTX64.EFI"; two bits say which half is meant in lower case. */
static void add_short_name(struct bytes *out, const uint8_t *e)
{
	for (unsigned i = 0; i < FAT_NAME_83; i++) {
		bool lower = e[CASE] & (i < 8 ? LOWER_BASE : LOWER_EXTENSION);
		char c = e[i] > ' ' && e[i] < 0x7f ? (char)e[i] : '?';

		if (i == 8 && e[i] != ' ')
			bytes_add(out, ".", 1);
		if (lower && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (e[i] != ' ')
			bytes_add(out, &c, 1);
	}
	bytes_zeros(out, 1);
}

static void add_long_name(struct bytes *out, const struct long_name *name)
{
	for (unsigned i = 0; i < LONG_PARTS * LONG_UNITS && name->units[i]; i++) {
		char c = name->units[i] >= ' ' && name->units[i] < 0x7f ? (char)name->units[i]
									: '?';

		bytes_add(out, &c, 1);
	}
	bytes_zeros(out, 1);
}

void fat_add_names(const struct bytes *folder, struct bytes *out)
{
	struct long_name name = {.any = false};

	for (size_t at = 0; at + FAT_DIR_ENTRY <= folder->len && folder->data[at];
		at += FAT_DIR_ENTRY) {
		const uint8_t *e = folder->data + at;
		bool whole;

		if (e[11] == ATTR_LONG) {
			take_part(&name, e);
			continue;
		}
		whole = name.any && !name.missing && name.checksum == checksum_of(e);
		name.any = false;
		if (e[0] == DELETED || e[11] & (ATTR_VOLUME | ATTR_FOLDER))
			continue;
		if (whole)
			add_long_name(out, &name);
		else
			add_short_name(out, e);
	}
}
