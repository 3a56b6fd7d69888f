/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks the compressed streams that an initrd or a kernel can consist of, with the libraries of
 * their makers. The input may be hostile: what comes out is bounded whatever a header claims, and
 * grows only as it comes.
 *
 * Order: compression_of(), then decompress() of what it found.
 */
#ifndef TOOLS_LIB_DECOMPRESS_H
#define TOOLS_LIB_DECOMPRESS_H

#include "tools/lib/bytes.h"
#include "tools/lib/flaw.h"

/* Linux: lib/decompress.c has the list and their first bytes. */
enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_XZ,
	COMPRESSION_LZMA,
	COMPRESSION_ZSTD,
	COMPRESSION_LZ4, /* the legacy frame, which Linux takes */
	/* Known by sight only: decompress() refuses them. */
	COMPRESSION_BZIP2,
	COMPRESSION_LZO,
	COMPRESSION_COUNT
};

/* By the first bytes; NONE for anything else. */
enum compression compression_of(const uint8_t *data, size_t len);
const char *compression_name(enum compression compression); /* "zstd" */

/*
 * How much len bytes may unpack to: 64 MiB and 256 times len, at most 2 GiB. Initrds in use stay
 * below a tenth of it.
 */
size_t decompress_limit(size_t len);

/*
 * Unpacks the one stream that data starts with, as Linux does, and appends it to out: at most limit
 * bytes. *used becomes the length of the stream. False with *flaw when it is damaged, cut off or
 * too large; what was unpacked so far is in out then.
 */
bool decompress(enum compression compression, const uint8_t *data, size_t len, size_t limit,
	struct bytes *out, size_t *used, struct flaw *flaw);

#endif
