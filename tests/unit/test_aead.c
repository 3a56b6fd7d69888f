/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing, and wrapping to a key: every byte of what is sealed, and of its context, counts. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include "crypto/aead.h"
#include "crypto/random.h"

static void test_wrap(void)
{
	uint8_t rd[32] = {1}, plain[50] = {9, 8, 7}, out[sizeof(plain) + WRAP_OVERHEAD];
	const size_t len = sizeof(out);
	struct key_pair kem, other;
	struct secret back;

	REQUIRE(!failed(key_generate(&kem)) && !failed(key_generate(&other)));
	REQUIRE(!failed(wrap_seal(kem.pub, rd, "aad", 3, plain, sizeof(plain), out)));
	REQUIRE(!failed(wrap_open(&kem, rd, "aad", 3, out, len, &back)));
	CHECK(back.len == sizeof(plain));
	CHECK_BYTES(back.bytes, plain, sizeof(plain));
	secret_free(&back);
	CHECK(wrap_open(&kem, rd, "aae", 3, out, len, &back).code == E_AEAD_TAG);
	CHECK(wrap_open(&kem, rd, "aad", 2, out, len, &back).code == E_AEAD_TAG);
	CHECK(wrap_open(&other, rd, "aad", 3, out, len, &back).code == E_AEAD_TAG);
	rd[31] ^= 1;
	CHECK(wrap_open(&kem, rd, "aad", 3, out, len, &back).code == E_AEAD_TAG);
	rd[31] ^= 1;
	for (size_t n = 0; n < len; n++)
		CHECK(failed(wrap_open(&kem, rd, "aad", 3, out, n, &back)));
	for (size_t i = 0; i < len; i++) {
		out[i] ^= 1;
		CHECK(failed(wrap_open(&kem, rd, "aad", 3, out, len, &back)));
		out[i] ^= 1;
	}
	memset(out, 0, P256_PUB_LEN);
	CHECK(wrap_open(&kem, rd, "aad", 3, out, len, &back).code == E_KEY_PEER);
	CHECK(wrap_open(&kem, rd, "aad", 3, out, WRAP_OVERHEAD, &back).code == E_WRAP_SHORT);
	memset(other.pub, 0, sizeof(other.pub));
	CHECK(wrap_seal(other.pub, rd, "aad", 3, plain, sizeof(plain), out).code == E_KEY_PEER);
	key_free(&kem);
	key_free(&other);
}

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
	RUN(test_wrap);
	RUN(test_aead_wipes_on_failure);
	secret_pool_close();
	return test_summary();
}
