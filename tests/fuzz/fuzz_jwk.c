/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys as JSON Web Keys and PEM: what is taken is a key of P-256. */
#include "tests/unit/done.h"
#include "tools/evidence/ear/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EVP_PKEY *key = NULL;

	if (done(ear_public_key((struct span){data, size}, &key)) != (key != NULL) ||
		(key && EVP_PKEY_get_bits(key) != 256))
		__builtin_trap();
	EVP_PKEY_free(key);
	return 0;
}
