/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "tools/build/build.h"
#include "tools/lib/report.h"
#include "tools/lib/uki_write.h"

static const char default_osrel[] = "ID=protostar\nNAME=protostar\nPRETTY_NAME=protostar\n";

static bool write_file(const struct build *b, const char *name, const struct bytes *data)
{
	char *path = must_format("%s/%s", b->work, name);
	bool fine = file_write(path, data->data, data->len);

	free(path);
	return fine;
}

/* With a key, or with somebody's signature; without either the image stays unsigned. */
static bool add_signature(struct build *b)
{
	if (b->options.sign.key)
		return sign_uki(&b->options.sign, b->work, &b->uki);
	return !b->options.carry || sign_carry(b->options.carry, b->options.carry_len, &b->uki);
}

bool uki_make(struct build *b)
{
	struct mapped osrel = {(const uint8_t *)default_osrel, sizeof(default_osrel) - 1};
	bool own_osrel = b->options.osrel != NULL, fine;

	if (own_osrel && !file_map(b->options.osrel, &osrel))
		return false;
	const struct uki_section sections[] = {
		{".osrel", osrel.data, osrel.len},
		{".cmdline", b->cmdline.data, b->cmdline.len},
		{".uname", (const uint8_t *)b->kernel_version, strlen(b->kernel_version)},
		{".linux", b->kernel.data, b->kernel.len},
		{".initrd", b->initrd.data, b->initrd.len},
	};

	fine = uki_write(b->stub.data, b->stub.len, sections,
		       sizeof(sections) / sizeof(sections[0]),
		       pe_is_nx(b->kernel.data, b->kernel.len), &b->uki) &&
	       add_signature(b) && write_file(b, "uki.efi", &b->uki) &&
	       write_file(b, "initrd.img", &b->initrd) && write_file(b, "cmdline", &b->cmdline);
	if (own_osrel)
		file_unmap(&osrel);
	if (fine)
		progress("uki: %zu KiB", b->uki.len / 1024);
	return fine;
}
