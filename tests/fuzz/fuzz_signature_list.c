/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signature lists, and files in any of the forms that carry them. */
#include <string.h>
#include "tools/lib/signature_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Entries lie one behind the other, within the lists. */
static void walk(const uint8_t *lists, size_t len)
{
	struct signatures walk;
	struct signature s;
	size_t end = 0;

	signatures_begin(&walk, lists, len);
	while (signatures_next(&walk, &s)) {
		if (s.offset < end || s.entry != lists + s.offset || s.entry_len > len - s.offset ||
			s.data != s.entry + GUID_LEN || s.len + GUID_LEN != s.entry_len)
			__builtin_trap();
		end = s.offset + s.entry_len;
	}
	if (walk.flaw.reason && walk.flaw.offset > len)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t owner[GUID_LEN] = {1};
	enum signature_file kind;
	struct bytes out = {0};
	struct flaw flaw = {0};
	size_t offset;

	walk(data, size);
	if (signatures_from_file(data, size, owner, &out, &kind, &offset, &flaw)) {
		if (offset > size || !signatures_check(out.data, out.len, &flaw))
			__builtin_trap();
	} else if (!flaw.reason || flaw.offset > size || out.len) {
		__builtin_trap();
	}
	bytes_free(&out);
	return 0;
}
