/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The LZMA sections of firmware (edk2: LzmaCustomDecompressLib): a 13-byte header that claims the
 * unpacked size, then the stream. Memory is bounded by a limit and not by the claim.
 */
#ifndef TOOLS_LIB_LZMA_SECTION_H
#define TOOLS_LIB_LZMA_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Unpacks len bytes into a malloc'd block of at most limit bytes. False: *reason, a constant text,
 * says why, and nothing is left to free.
 */
bool lzma_section_unpack(const uint8_t *data, size_t len, size_t limit, uint8_t **out,
	size_t *out_len, const char **reason);

#endif
