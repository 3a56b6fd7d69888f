/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the service seals by OpenSSL, the node opens by BearSSL; every byte of it counts, and each
 * half of the node's key.
 */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <string.h>

#include "crypto/random.h"
#include "tools/keys/seal.h"

#define PLAIN_LEN 50u

static const uint8_t plain[PLAIN_LEN] = {9, 8, 7};
static const struct span aad = {(const uint8_t *)"aad", 3};

static struct kem_public public_of(const struct kem_pair *k)
{
	struct kem_public to = {.p256 = k->p256.pub};

	if (kem_mlkem_pub(k))
		to.mlkem = (struct span){kem_mlkem_pub(k), MLKEM_PUBLIC_LEN};
	return to;
}

static uint16_t code_of(
	const struct kem_pair *k, const uint8_t rd[32], const uint8_t *sealed, size_t len)
{
	struct secret back = {0};
	struct status s = wrap_open(k, rd, aad.data, aad.len, sealed, len, &back);

	if (!failed(s)) {
		CHECK(back.len == PLAIN_LEN);
		CHECK_BYTES(back.bytes, plain, PLAIN_LEN);
	}
	secret_free(&back);
	return s.code;
}

static void check_seal(const struct kem_pair *node, const struct kem_pair *other)
{
	uint8_t rd[32] = {1}, out[PLAIN_LEN + WRAP_OVERHEAD_MAX];
	struct kem_public to = public_of(node);
	struct secret back;
	size_t len = 0;

	REQUIRE(seal(&to, rd, aad, (struct span){plain, PLAIN_LEN}, out, &len));
	CHECK(len == PLAIN_LEN + wrap_overhead(to.mlkem.len) && len == seal_len(&to, PLAIN_LEN));
	CHECK(code_of(node, rd, out, len) == 0);
	CHECK(code_of(other, rd, out, len) == E_AEAD_TAG);
	CHECK(wrap_open(node, rd, "aae", 3, out, len, &back).code == E_AEAD_TAG);
	CHECK(wrap_open(node, rd, "aad", 2, out, len, &back).code == E_AEAD_TAG);
	rd[31] ^= 1;
	CHECK(code_of(node, rd, out, len) == E_AEAD_TAG);
	rd[31] ^= 1;
	for (size_t n = 0; n < len; n++)
		CHECK(code_of(node, rd, out, n) != 0);
	for (size_t i = 0; i < len; i++) {
		out[i] ^= 1;
		CHECK(code_of(node, rd, out, len) != 0);
		out[i] ^= 1;
	}
	CHECK(code_of(node, rd, out, len) == 0);
	memset(out, 0, P256_PUB_LEN);
	CHECK(code_of(node, rd, out, len) == E_KEY_PEER);
	CHECK(code_of(node, rd, out, len - PLAIN_LEN) == E_WRAP_SHORT);
}

static void test_seal(void)
{
	struct kem_pair node, other, p256 = {0}, other_p256 = {0};

	REQUIRE(!failed(kem_generate(&node)) && !failed(kem_generate(&other)));
	p256.p256 = node.p256;
	other_p256.p256 = other.p256;
	check_seal(&node, &other);
	check_seal(&p256, &other_p256);
	kem_free(&node);
	kem_free(&other);
}

/* With either private key in a stranger's hand, what was sealed to both stays sealed. */
static void test_half_broken(void)
{
	uint8_t rd[32] = {1}, out[PLAIN_LEN + WRAP_OVERHEAD_MAX];
	struct kem_pair node, stranger, knows;
	struct kem_public to;
	size_t len = 0;

	REQUIRE(!failed(kem_generate(&node)) && !failed(kem_generate(&stranger)));
	to = public_of(&node);
	REQUIRE(seal(&to, rd, aad, (struct span){plain, PLAIN_LEN}, out, &len));
	knows = (struct kem_pair){node.p256, stranger.mlkem};
	CHECK(code_of(&knows, rd, out, len) == E_AEAD_TAG);
	knows = (struct kem_pair){node.p256, {0}};
	CHECK(code_of(&knows, rd, out, len) == E_AEAD_TAG);
	knows = (struct kem_pair){stranger.p256, node.mlkem};
	CHECK(code_of(&knows, rd, out, len) == E_AEAD_TAG);
	memcpy(knows.p256.pub, node.p256.pub, P256_PUB_LEN);
	CHECK(code_of(&knows, rd, out, len) == E_AEAD_TAG);
	CHECK(code_of(&node, rd, out, len) == 0);
	kem_free(&node);
	kem_free(&stranger);
}

static bool seals(const struct kem_public *to)
{
	uint8_t rd[32] = {1}, out[PLAIN_LEN + WRAP_OVERHEAD_MAX];
	size_t len;

	return seal(to, rd, aad, (struct span){plain, PLAIN_LEN}, out, &len);
}

/* Both libraries agree on which points are on the curve. */
static void test_points(void)
{
	struct key_pair k;
	struct kem_public to = {.p256 = k.pub};

	REQUIRE(!failed(key_generate(&k)));
	CHECK(seal_key_valid(&to) && seals(&to));
	for (size_t i = 0; i < P256_PUB_LEN; i++) {
		k.pub[i] ^= 1;
		CHECK(!seal_key_valid(&to) && !key_pub_valid(k.pub) && !seals(&to));
		k.pub[i] ^= 1;
	}
	for (unsigned first = 0; first < 256; first++) {
		k.pub[0] = (uint8_t)first;
		CHECK(seal_key_valid(&to) == (first == 4));
	}
	key_free(&k);
}

/* Nothing is sealed to an ML-KEM key of another length, or with a coefficient that is not reduced.
 */
static void test_mlkem_keys(void)
{
	uint8_t pub[MLKEM_PUBLIC_LEN + 1] = {0};
	struct kem_pair k;
	struct kem_public to;

	REQUIRE(!failed(kem_generate(&k)));
	memcpy(pub, kem_mlkem_pub(&k), MLKEM_PUBLIC_LEN);
	to = (struct kem_public){k.p256.pub, {pub, MLKEM_PUBLIC_LEN}};
	CHECK(seal_key_valid(&to) && seals(&to));
	for (size_t len = 1; len <= sizeof(pub); len++) {
		to.mlkem.len = len;
		if (len != MLKEM_PUBLIC_LEN)
			CHECK(!seal_key_valid(&to) && !seals(&to));
	}
	to.mlkem.len = MLKEM_PUBLIC_LEN;
	pub[0] = 0x01;
	pub[1] = (uint8_t)((pub[1] & 0xf0u) | 0x0du);
	CHECK(!seal_key_valid(&to) && !seals(&to));
	kem_free(&k);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	RUN(test_seal);
	RUN(test_half_broken);
	RUN(test_points);
	RUN(test_mlkem_keys);
	secret_pool_close();
	return test_summary();
}
