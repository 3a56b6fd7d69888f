/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service seals by OpenSSL, the node opens by BearSSL; every byte of it counts. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <string.h>

#include "crypto/random.h"
#include "tools/keys/seal.h"

static void test_seal(void)
{
	uint8_t rd[32] = {1}, plain[50] = {9, 8, 7}, out[sizeof(plain) + WRAP_OVERHEAD];
	const struct span aad = {(const uint8_t *)"aad", 3};
	size_t len = 0;
	struct key_pair kem, other;
	struct secret back;

	REQUIRE(!failed(key_generate(&kem)) && !failed(key_generate(&other)));
	REQUIRE(seal(&(struct kem_public){.p256 = kem.pub}, rd, aad,
			(struct span){plain, sizeof(plain)}, out, &len) &&
		len == sizeof(out));
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
	CHECK(!seal(&(struct kem_public){.p256 = other.pub}, rd, aad,
		(struct span){plain, sizeof(plain)}, out, &len));
	key_free(&kem);
	key_free(&other);
}

/* Both libraries agree on which points are on the curve. */
static void test_points(void)
{
	struct key_pair k;

	REQUIRE(!failed(key_generate(&k)));
	CHECK(seal_key_valid(k.pub));
	for (size_t i = 0; i < P256_PUB_LEN; i++) {
		k.pub[i] ^= 1;
		CHECK(!seal_key_valid(k.pub) && !key_pub_valid(k.pub));
		k.pub[i] ^= 1;
	}
	for (unsigned first = 0; first < 256; first++) {
		k.pub[0] = (uint8_t)first;
		CHECK(seal_key_valid(k.pub) == (first == 4));
	}
	key_free(&k);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	RUN(test_seal);
	RUN(test_points);
	secret_pool_close();
	return test_summary();
}
