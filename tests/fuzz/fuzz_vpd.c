/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a SCSI disk's VPD pages: what is taken from them is text. */
#include <stdlib.h>
#include <string.h>
#include "early/disk/block_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *name)
{
	size_t len = strnlen(name, BLOCK_NAME_MAX);

	if (!len || len == BLOCK_NAME_MAX || name[0] == ' ' || name[len - 1] == ' ')
		abort();
	for (; *name; name++)
		if (*name < 0x20 || *name > 0x7e)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[BLOCK_NAME_MAX];
	uint8_t *page = malloc(size ? size : 1);

	if (!page)
		abort();
	if (size)
		memcpy(page, data, size);
	if (vpd_serial(page, size, name))
		check(name);
	if (vpd_name(page, size, name))
		check(name);
	/* Once more with a length that is right, so that the input reaches what lies behind it. */
	if (size >= 4) {
		page[1] = data[0] & 1 ? 0x80 : 0x83;
		page[2] = (uint8_t)((size - 4) >> 8);
		page[3] = (uint8_t)(size - 4);
		if (vpd_serial(page, size, name) || vpd_name(page, size, name))
			check(name);
	}
	free(page);
	return 0;
}
