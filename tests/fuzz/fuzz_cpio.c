/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an initrd: each entry that is listed lies where it says, in the bytes given. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/cpio_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(const uint8_t *from, size_t len, const uint8_t *data, size_t size)
{
	return from >= data && from <= data + size && len <= (size_t)(data + size - from);
}

static void check_item(
	const struct initrd *initrd, const struct cpio_item *item, const uint8_t *data, size_t size)
{
	const struct initrd_part *part = &initrd->parts[item->part];

	if (item->part >= initrd->part_count || item->archive > initrd->archives)
		abort();
	if (part->compression != COMPRESSION_NONE) {
		data = part->unpacked.data;
		size = part->unpacked.len;
	}
	if (!lies_in((const uint8_t *)item->name, item->name_len + 1, data, size) ||
		strlen(item->name) != item->name_len)
		abort();
	/* A hard link's contents may be in another part. */
	if (item->links <= 1 && !lies_in(item->data, item->len, data, size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct initrd_flaw flaw;
	struct initrd initrd;
	volatile uint8_t sum = 0;

	if (!initrd_read(data, size, &initrd, &flaw) &&
		(!flaw.flaw.reason || flaw.flaw.offset > size))
		abort();
	for (size_t i = 0; i < initrd.item_count; i++) {
		const struct cpio_item *item = &initrd.items[i];

		check_item(&initrd, item, data, size);
		for (size_t j = 0; j < item->len && j < 4096; j++)
			sum = (uint8_t)(sum + item->data[j]);
	}
	initrd_free(&initrd);
	return 0;
}
