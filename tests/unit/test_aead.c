/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does not open is wiped. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include "crypto/aead.h"
#include "crypto/random.h"

static void test_aead_wipes_on_failure(void)
{
	uint8_t key[32] = {1}, nonce[12] = {2}, tag[16], data[40];

	memset(data, 5, sizeof(data));
	aead_seal(key, nonce, "a", 1, data, sizeof(data), tag);
	tag[0] ^= 1;
	CHECK(aead_open(key, nonce, "a", 1, data, sizeof(data), tag).code == E_AEAD_TAG);
	for (size_t i = 0; i < sizeof(data); i++)
		CHECK(data[i] == 0);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	RUN(test_aead_wipes_on_failure);
	secret_pool_close();
	return test_summary();
}
