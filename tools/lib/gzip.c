/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/gzip.h"

#include <string.h>
#include <zlib.h>
#include "tools/lib/report.h"

#define GZIP_WINDOW (15 + 16) /* 32 KiB window, gzip header */

bool gzip_pack(const uint8_t *data, size_t len, struct bytes *out)
{
	z_stream z = {0};
	uint8_t *buf;
	uLong bound;

	if (len > UINT32_MAX / 2)
		return complain("cannot compress %zu bytes at once", len);
	if (deflateInit2(&z, 9, Z_DEFLATED, GZIP_WINDOW, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return complain("zlib does not start");
	bound = deflateBound(&z, len);
	buf = must_alloc(bound);
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.next_out = buf;
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
		deflateEnd(&z);
		bytes_free(&(struct bytes){buf, 0, 0});
		return complain("zlib cannot compress the initrd");
	}
	bytes_add(out, buf, z.total_out);
	deflateEnd(&z);
	bytes_free(&(struct bytes){buf, 0, 0});
	return true;
}
