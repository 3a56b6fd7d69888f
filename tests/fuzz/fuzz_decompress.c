/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a compressed stream: never more than the limit, never more than the input used. */
#include <stdint.h>
#include <stdlib.h>
#include "tools/lib/decompress.h"

#define LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes out = {0};
	struct flaw flaw = {0};
	size_t used = 0;

	if (decompress(compression_of(data, size), data, size, LIMIT, &out, &used, &flaw)) {
		if (used > size || used == 0)
			abort();
	} else if (!flaw.reason || flaw.offset > size) {
		abort();
	}
	if (out.len > LIMIT)
		abort();
	bytes_free(&out);
	return 0;
}
