/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a tar file. The checksum of each header that stands at a multiple of 512 is put
 * right, so that the input reaches what lies behind it. What is found must lie in the file.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/tar_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sum_up(uint8_t *header)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : header[i];
	for (unsigned i = 0; i < 6; i++)
		header[148 + i] = (uint8_t)('0' + (sum >> (3 * (5 - i)) & 7));
	header[154] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file = must_alloc(size ? size : 1);
	struct tar_list list;
	struct flaw flaw = {0};

	if (size)
		memcpy(file, data, size);
	for (size_t at = 0; at + 512 <= size; at += 512)
		sum_up(file + at);
	(void)tar_is(file, size);
	if (tar_list_read(file, size, &list, &flaw)) {
		for (size_t i = 0; i < list.count; i++) {
			const struct tar_entry *e = &list.entries[i];

			if (e->len &&
				(e->data < file || e->len > size || e->data + e->len > file + size))
				__builtin_trap();
			if (!tar_list_find(&list, e->path) || strstr(e->path, "//"))
				__builtin_trap();
		}
		tar_list_free(&list);
	} else if (!flaw.reason) {
		__builtin_trap();
	}
	free(file);
	return 0;
}
