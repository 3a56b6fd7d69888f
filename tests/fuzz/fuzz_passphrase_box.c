/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A box that anybody may have written. Nothing opens but what was sealed with the passphrase, here
 * "fuzz", and what opens has the length that the box says.
 */
#include "crypto/random.h"
#include "tools/lib/passphrase_box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span box = {data, size};
	struct secret passphrase = {0}, plain = {0};

	if (!secret_pool_generation() && failed(secret_pool_open(1 << 18)))
		__builtin_trap();
	if (failed(secret_new(4, &passphrase)))
		__builtin_trap();
	__builtin_memcpy(passphrase.bytes, "fuzz", 4);
	if (!passphrase_box_open(&passphrase, box, &plain).happened &&
		(!passphrase_box_is(box) || plain.len + PASSPHRASE_BOX_OVERHEAD != size))
		__builtin_trap();
	secret_free(&plain);
	secret_free(&passphrase);
	return 0;
}
