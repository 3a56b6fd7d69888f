/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layers in memory, entry by entry, as the tests of layer_tree and image_unpack want them. */
#ifndef TESTS_UNIT_ROOTFS_LAYER_MAKER_H
#define TESTS_UNIT_ROOTFS_LAYER_MAKER_H

#include <stdio.h>
#include <string.h>
#include "tools/lib/bytes.h"

/* Appends a header and what belongs to it; data may be NULL. */
static inline void layer_add_entry(
	struct bytes *tar, char type, const char *name, const char *target, const char *data)
{
	uint8_t header[512] = {0};
	size_t len = data ? strlen(data) : 0;
	unsigned sum = 0;

	(void)snprintf((char *)header, 100, "%s", name);
	memcpy(header + 100, type == '5' ? "0000755" : "0000644", 7);
	(void)snprintf((char *)header + 124, 12, "%011o", (unsigned)len);
	header[156] = (uint8_t)type;
	(void)snprintf((char *)header + 157, 100, "%s", target);
	memcpy(header + 257, "ustar", 6);
	memcpy(header + 263, "00", 2);
	memset(header + 148, ' ', 8);
	for (unsigned i = 0; i < sizeof(header); i++)
		sum += header[i];
	(void)snprintf((char *)header + 148, 8, "%06o", sum & 0777777);
	bytes_add(tar, header, sizeof(header));
	bytes_add(tar, data, len);
	bytes_align(tar, 512);
}

#endif
