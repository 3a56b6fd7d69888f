/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's table of certificates: what comes out lies within it, every byte of it. */
#include "tests/unit/done.h"
#include "tools/evidence/snp/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void touch(struct span part, const uint8_t *data, size_t size)
{
	if (!part.len)
		return;
	if (part.data < data || part.len > size || part.data + part.len > data + size)
		__builtin_trap();
	for (size_t i = 0; i < part.len; i++)
		sink ^= part.data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snp_table t;

	if (!done(snp_table_parse((struct span){data, size}, &t)))
		return 0;
	touch(t.vcek, data, size);
	touch(t.vlek, data, size);
	touch(t.ask, data, size);
	return 0;
}
