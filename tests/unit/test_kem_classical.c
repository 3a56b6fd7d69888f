/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A build without ML-KEM (PROTOSTAR_MLKEM=OFF): kem_classical.c in the place of kem_mlkem.c. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include "crypto/aead.h"
#include "crypto/random.h"

/* The key has one half, says so, and what is sealed to that half opens. */
static void test_one_half(void)
{
	static const uint8_t rd[32] = {1}, nonce[AEAD_NONCE_LEN];
	uint8_t wrapped[P256_PUB_LEN + 5 + AEAD_TAG_LEN], z[WRAP_Z_LEN], key[AEAD_KEY_LEN];
	uint8_t *body = wrapped + P256_PUB_LEN;
	struct wrap_parts parts = {.z = z, .eph_pub = wrapped};
	struct key_pair own;
	struct kem_pair node;
	struct secret opened;

	REQUIRE(!failed(kem_generate(&node)) && !failed(key_generate(&own)));
	CHECK(!node.mlkem.bytes && !node.mlkem.len && !kem_mlkem_pub(&node));
	parts.kem_pub = node.p256.pub;
	memcpy(wrapped, own.pub, P256_PUB_LEN);
	REQUIRE(!failed(key_agree(&own, node.p256.pub, z)));
	wrap_key(rd, &parts, key);
	memcpy(body, "plain", 5);
	aead_seal(key, nonce, "", 0, body, 5, body + 5);
	REQUIRE(!failed(wrap_open(&node, rd, "", 0, wrapped, sizeof(wrapped), &opened)));
	CHECK(opened.len == 5);
	CHECK_BYTES(opened.bytes, "plain", 5);
	secret_free(&opened);
	key_free(&own);
	kem_free(&node);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 2;
	RUN(test_one_half);
	secret_pool_close();
	return test_summary();
}
