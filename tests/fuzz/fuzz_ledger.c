/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ledgers of a bundle's uses, as a stranger may hand them in. */
#include <stdlib.h>

#include "tools/bundle/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct failure count(void *context, const struct ledger_use *use)
{
	uint64_t *seen = context;

	if (use->number != ++*seen)
		abort();
	return failure_none();
}

/* Whatever is taken has numbers from 1 on, and ends with a whole line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[LEDGER_KEY_LEN] = {0x4e, 1};
	struct ledger_read r = {0};
	uint8_t id[LEDGER_ID_LEN];
	uint64_t seen = 0;
	struct failure f;

	if (!ledger_id((struct span){data, size}, id))
		return 0;
	f = ledger_check((struct span){data, size}, id, key, count, &seen, &r);
	if (!f.happened && (r.uses != seen || r.whole > size || data[r.whole - 1] != '\n'))
		abort();
	return 0;
}
