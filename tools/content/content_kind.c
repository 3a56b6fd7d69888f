/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a section or a file holds, by its name or its first bytes. */
#include <string.h>
#include "tools/content/content.h"

enum content_kind content_kind_of_section(const char *name)
{
	static const struct {
		const char *name;
		enum content_kind kind;
	} rows[] = {
		{".linux", CONTENT_KERNEL},
		{".initrd", CONTENT_INITRD},
		{".ucode", CONTENT_INITRD},
		{".cmdline", CONTENT_CMDLINE},
		{".osrel", CONTENT_SETTINGS},
		{".profile", CONTENT_SETTINGS},
		{".uname", CONTENT_TEXT},
		{".sbat", CONTENT_TEXT},
		{".pcrsig", CONTENT_TEXT},
		{".pcrpkey", CONTENT_TEXT},
		{".sdmagic", CONTENT_TEXT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].kind;
	return CONTENT_OPAQUE;
}

static bool starts(const struct content *content, size_t at, const char *text)
{
	size_t len = strlen(text);

	return content->len >= at + len && memcmp(content->data + at, text, len) == 0;
}

/* By the first 4 KiB. */
static bool is_text(const struct content *content)
{
	for (size_t i = 0; i < content->len && i < 4096; i++) {
		uint8_t c = content->data[i];

		if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
			return false;
	}
	return content->len != 0;
}

static bool named(const char *name, const char *last)
{
	const char *slash = name ? strrchr(name, '/') : NULL;

	return name && strcmp(slash ? slash + 1 : name, last) == 0;
}

enum content_kind content_kind_of_file(const char *name, const struct content *content)
{
	if (starts(content, 0, "MZ"))
		return starts(content, 0x202, "HdrS") ? CONTENT_KERNEL : CONTENT_PE;
	if (starts(content, 0, "07070"))
		return CONTENT_INITRD;
	if (starts(content, 512, "EFI PART") || starts(content, 4096, "EFI PART"))
		return CONTENT_DISK;
	if (starts(content, 0x28, "_FVH"))
		return CONTENT_FIRMWARE;
	if (named(name, "initrd.img") || named(name, "initrd"))
		return CONTENT_INITRD;
	if (named(name, "cmdline"))
		return CONTENT_CMDLINE;
	if (named(name, "os-release"))
		return CONTENT_SETTINGS;
	return is_text(content) ? CONTENT_TEXT : CONTENT_OPAQUE;
}
