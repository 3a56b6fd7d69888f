/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes variable stores as OVMF keeps them, sound ones and such that a test then breaks. */
#ifndef TESTS_MOCK_NVRAM_MAKER_H
#define TESTS_MOCK_NVRAM_MAKER_H

#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bytes.h"

#define NVRAM_ADDED	  0x3Fu
#define NVRAM_IN_DELETION 0x3Eu
#define NVRAM_DELETED	  0x3Du
#define NVRAM_TORN	  0x7Fu /* only the header was written */

#define NVRAM_FIRST 100u /* offset of the first variable in the file */

void nvram_begin(struct bytes *file);
/* vendor is the text of a GUID, name ASCII. Returns the offset of the variable's header. */
size_t nvram_add(struct bytes *file, const char *vendor, const char *name, const void *data,
	size_t len, uint8_t state);
/* Fills up to store_len bytes of store with erased bytes, and sets lengths and checksum. */
void nvram_end(struct bytes *file, size_t store_len);

#endif
