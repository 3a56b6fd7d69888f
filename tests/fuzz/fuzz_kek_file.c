/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A KEK file, plain or encrypted with the passphrase "passphrase". What is read is written again as
 * it was. The first byte chooses: even, the rest is the text; odd, it is a box.
 */
#include "tests/unit/done.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "tools/keys/kek_text.h"
#include "tools/lib/passphrase_box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_text(struct span text)
{
	struct kek_set set;
	SECRET_AUTO again = {0};

	if (failed(kek_set_new(&set)))
		abort();
	if (kek_text_read(text, &set)) {
		if (failed(kek_text_write(&set, &again)))
			abort();
		/* Digits of keys may be capitals; all else has one form. */
		if (again.len != text.len)
			abort();
		for (size_t i = 1; i < set.count; i++)
			if (set.versions[i] <= set.versions[i - 1])
				abort();
	}
	kek_set_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t cost[] = {0, 0, 0x80, 0, 0, 0, 0, 8, 0, 0, 0, 1};
	SECRET_AUTO passphrase = {0};
	SECRET_AUTO text = {0};

	if (!secret_pool_generation() && failed(secret_pool_open(1u << 20)))
		abort();
	if (size < 2 || size > KEK_TEXT_MAX)
		return 0;
	if (!(data[0] & 1)) {
		read_text((struct span){data + 1, size - 1});
		return 0;
	}
	/* Costlier boxes are for fuzz_passphrase_box. */
	if (size < 1 + 28 || memcmp(data + 1 + 16, cost, sizeof(cost)) != 0)
		return 0;
	if (failed(secret_new(10, &passphrase)))
		abort();
	memcpy(passphrase.bytes, "passphrase", 10);
	if (done(passphrase_box_open(&passphrase, (struct span){data + 1, size - 1}, &text)))
		read_text((struct span){text.bytes, text.len});
	return 0;
}
