/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes firmware volumes as edk2's build tools do, small ones that a test can then break. */
#ifndef TESTS_MOCK_VOLUME_MAKER_H
#define TESTS_MOCK_VOLUME_MAKER_H

#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bytes.h"

/* A volume of FFS files; name is the text of a GUID for the extended header, NULL: none. */
void volume_begin(struct bytes *volume, const char *name);
/* Appends a file that holds sections, 8-aligned. guid is the text of its name. */
void volume_add(struct bytes *volume, const char *guid, uint8_t type, const struct bytes *sections);
/* Fills up to a multiple of 4096 bytes with erased bytes, and sets length and checksum. */
void volume_end(struct bytes *volume);

/* Appends a section, 4-aligned. */
void section_add(struct bytes *sections, uint8_t type, const void *data, size_t len);
/* The same, of type "name", in UTF-16. */
void section_add_name(struct bytes *sections, const char *name);
/* A section of LZMA that unpacks to data; claims claimed bytes, or the true size when that is 0. */
void section_add_lzma(struct bytes *sections, const void *data, size_t len, uint64_t claimed);

#endif
