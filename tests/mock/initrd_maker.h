/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives and compressed streams that tests of initrd readers begin with. */
#ifndef TESTS_MOCK_INITRD_MAKER_H
#define TESTS_MOCK_INITRD_MAKER_H

#include "tools/lib/bytes.h"
#include "tools/lib/decompress.h"

struct initrd_maker_file {
	const char *name;
	uint32_t mode, uid, mtime, inode, links;
	const char *text; /* contents */
};

/* Appends one entry with these very values, whatever they are. */
void initrd_maker_entry(const struct initrd_maker_file *file, struct bytes *out);
/* Appends an archive of them, with its trailer. */
void initrd_maker_archive(const struct initrd_maker_file *files, size_t count, struct bytes *out);
/* Appends the stream that data packs to; ends the program when it cannot. */
void initrd_maker_pack(
	enum compression compression, const void *data, size_t len, struct bytes *out);

#endif
