/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Authenticode hash of a PE file as firmware computes it for PCR 4: edk2's way, which differs
 * from signing tools in two points. Bytes after the last section are hashed from the *sum* of
 * header and section sizes on, and an odd size is not padded to 8 bytes.
 */
#ifndef TOOLS_LIB_AUTHENTICODE_H
#define TOOLS_LIB_AUTHENTICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bank.h"
#include "tools/lib/pe_read.h"

/* The headers in three parts, the sections, the bytes behind them. */
#define AUTHENTICODE_SPANS_MAX (3u + PE_SECTIONS_MAX + 1u)

/* What is hashed: these bytes of the file, in this order. None is empty. */
struct authenticode {
	struct {
		size_t at, len; /* bytes */
	} spans[AUTHENTICODE_SPANS_MAX];
	size_t count;
};

/* False, and *flaw says where and why, for what is no PE32+ image or has broken headers. */
bool authenticode_spans(
	const uint8_t *file, size_t len, struct authenticode *out, struct flaw *flaw);

/* The hash itself; out has room for bank_len(bank) bytes. */
bool authenticode(const uint8_t *file, size_t len, enum bank bank, uint8_t *out, struct flaw *flaw);

#endif
