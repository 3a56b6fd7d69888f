/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrapped messages in JSON, in CBOR and in a certificate's extension: as the first byte says. */
#include "tests/unit/done.h"
#include "tools/evidence/ear/cmw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cmw *c, size_t size)
{
	if (!c->count || c->count > CMW_ITEMS_MAX || c->items[0].parent != -1)
		__builtin_trap();
	for (size_t i = 0; i < c->count; i++) {
		const struct cmw_item *item = &c->items[i];

		if (item->parent >= (int)i || item->value.len > size ||
			(i && (item->parent < 0 || c->items[item->parent].form != CMW_COLLECTION)))
			__builtin_trap();
		for (size_t at = 0; at < item->value.len; at++)
			(void)*(const volatile uint8_t *)&item->value.data[at];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = {data + 1, size ? size - 1 : 0};
	static struct cmw c;
	bool good;

	if (!size)
		return 0;
	good = done(data[0] == 'j'   ? cmw_read_json(in, &c)
		    : data[0] == 'c' ? cmw_read_cbor(in, &c)
				     : cmw_read_extension(in, &c));
	if (good) {
		check(&c, size);
		cmw_free(&c);
	}
	return 0;
}
