/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stub is in an image: systemd's say so themselves, ours stands in its own .sbat. */
#include <stdlib.h>
#include <string.h>
#include "tools/measure/stub/stub_private.h"

static const struct {
	const char *name;
	unsigned first, last; /* systemd releases */
} dialects[STUB_DIALECT_COUNT] = {
	[STUB_AUTO] = {"auto", 0, 0},
	[STUB_PROTOSTAR] = {"protostar", 0, 0},
	[STUB_SYSTEMD_252] = {"systemd-252", 252, 253},
	[STUB_SYSTEMD_254] = {"systemd-254", 254, 255},
	[STUB_SYSTEMD_256] = {"systemd-256", 256, 256},
	[STUB_SYSTEMD_257] = {"systemd-257", 257, 257},
	[STUB_SYSTEMD_258] = {"systemd-258", 258, 260},
	[STUB_SYSTEMD_261] = {"systemd-261", 261, 261},
	[STUB_SYSTEMD_262] = {"systemd-262", 262, 262},
	[STUB_LANZABOOTE] = {"lanzaboote", 0, 0},
};

const char *stub_dialect_name(enum stub_dialect dialect)
{
	return dialects[dialect].name;
}

unsigned dialect_release(enum stub_dialect dialect)
{
	return dialects[dialect].first;
}

static bool by_release(unsigned long release, enum stub_dialect *out)
{
	for (unsigned i = 0; i < STUB_DIALECT_COUNT; i++) {
		if (!dialects[i].first || release < dialects[i].first || release > dialects[i].last)
			continue;
		*out = (enum stub_dialect)i;
		return true;
	}
	return false;
}

bool stub_dialect_by_name(const char *name, enum stub_dialect *out)
{
	static const char prefix[] = "systemd-";
	char *end;

	for (unsigned i = 0; i < STUB_DIALECT_COUNT; i++) {
		if (strcmp(dialects[i].name, name) != 0)
			continue;
		*out = (enum stub_dialect)i;
		return true;
	}
	if (strncmp(name, prefix, strlen(prefix)) == 0)
		name += strlen(prefix);
	if (*name < '0' || *name > '9')
		return false;
	return by_release(strtoul(name, &end, 10), out) && *end == '\0';
}

static bool contains(const struct pe_contents *contents, const char *text)
{
	return memmem(contents->data, contents->len, text, strlen(text)) != NULL;
}

/* "#### LoaderInfo: systemd-stub 252.39-1 ####": the release is the number up to the first dot. */
static bool from_magic(const struct pe_contents *magic, enum stub_dialect *out)
{
	static const char text[] = "LoaderInfo: systemd-stub ";
	const char *at = memmem(magic->data, magic->len, text, sizeof(text) - 1);
	const char *end = (const char *)magic->data + magic->len;
	unsigned long release = 0;

	if (!at)
		return false;
	for (at += sizeof(text) - 1; at < end && *at >= '0' && *at <= '9' && release < 1000; at++)
		release = 10 * release + (unsigned long)(*at - '0');
	return by_release(release, out);
}

bool stub_dialect_of(const struct boot_image *image, enum stub_dialect *out)
{
	struct pe_contents contents;
	struct pe_file pe;
	struct flaw flaw;

	if (!pe_read(image->data, image->len, &pe, &flaw))
		return false;
	if (pe_lookup(&pe, ".sdmagic", PE_FIRST_EXACT, 0, pe.section_count, &contents) &&
		from_magic(&contents, out))
		return true;
	if (pe_lookup(&pe, ".sbat", PE_FIRST_EXACT, 0, pe.section_count, &contents) &&
		contains(&contents, "\nprotostar-stub,")) {
		*out = STUB_PROTOSTAR;
		return true;
	}
	if (pe_lookup(&pe, ".linuxh", PE_FIRST_EXACT, 0, pe.section_count, &contents) ||
		(pe_lookup(&pe, ".sbat", PE_FIRST_EXACT, 0, pe.section_count, &contents) &&
			contains(&contents, "\nlanzastub,"))) {
		*out = STUB_LANZABOOTE;
		return true;
	}
	return false;
}
