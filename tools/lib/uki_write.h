/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a unified kernel image: the stub's PE file with sections appended, each at the next free
 * aligned address (UAPI.5). The stub must be unsigned and have room in its headers.
 */
#ifndef TOOLS_LIB_UKI_WRITE_H
#define TOOLS_LIB_UKI_WRITE_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

struct uki_section {
	const char *name; /* at most 8 characters */
	const uint8_t *data;
	size_t len; /* bytes, > 0 */
};

/*
 * Appends the image to the empty out: a multiple of 512 bytes. NX_COMPAT is taken away when the
 * kernel that the stub starts does not have it. Complains and returns false when it cannot be done.
 */
bool uki_write(const uint8_t *stub, size_t stub_len, const struct uki_section *sections,
	size_t count, bool kernel_is_nx, struct bytes *out);

/* True when the PE file says that it runs with non-executable data (NX_COMPAT). */
bool pe_is_nx(const uint8_t *file, size_t len);

#endif
