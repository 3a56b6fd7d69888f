/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SVSM's manifest: the key lies within it, and is never empty. */
#include "tests/unit/done.h"
#include "tools/evidence/snp/svsm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span ek;

	if (!done(svsm_manifest_parse((struct span){data, size}, &ek)))
		return 0;
	if (!ek.len || ek.data < data || ek.len > size || ek.data + ek.len > data + size)
		__builtin_trap();
	for (size_t i = 0; i < ek.len; i++)
		sink ^= ek.data[i];
	return 0;
}
