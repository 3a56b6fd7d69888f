/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/key.h"

#include <string.h>
#include "crypto/der.h"
#include "crypto/errors.h"
#include "crypto/random.h"

/* FIPS 186-5, SP 800-186: the order of the group. */
static const uint8_t group_order[P256_PRIV_LEN] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e,
	0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

/* 1 <= scalar < group order, in constant time. */
static bool scalar_valid(const uint8_t scalar[P256_PRIV_LEN])
{
	unsigned borrow = 0, any = 0;

	for (size_t i = P256_PRIV_LEN; i-- > 0;) {
		borrow = ((unsigned)scalar[i] - group_order[i] - borrow) >> 31;
		any |= scalar[i];
	}
	return borrow && any;
}

struct status key_from_private(const uint8_t *priv, struct key_pair *out)
{
	struct key_pair k;

	if (!scalar_valid(priv))
		return fail(E_KEY_PRIVATE);
	TRY(secret_new(P256_PRIV_LEN, &k.priv));
	memcpy(k.priv.bytes, priv, P256_PRIV_LEN);
	br_ec_p256_m31.mulgen(k.pub, k.priv.bytes, P256_PRIV_LEN, BR_EC_secp256r1);
	*out = k;
	return OK;
}

struct status key_generate(struct key_pair *out)
{
	struct status s;
	SECRET_AUTO scalar = {0};

	TRY(secret_new(P256_PRIV_LEN, &scalar));
	do {
		TRY(random_bytes(scalar.bytes, scalar.len));
		s = key_from_private(scalar.bytes, out);
	} while (s.code == E_KEY_PRIVATE);
	return s;
}

void key_free(struct key_pair *k)
{
	secret_free(&k->priv);
	wipe(k->pub, sizeof(k->pub));
}

bool key_pub_valid(const uint8_t pub[P256_PUB_LEN])
{
	static const uint8_t one = 1;
	uint8_t point[P256_PUB_LEN];

	/* The multiplication decodes the point, and that checks form, range and curve equation. */
	memcpy(point, pub, sizeof(point));
	return br_ec_p256_m31.mul(point, sizeof(point), &one, 1, BR_EC_secp256r1) == 1;
}

struct status key_agree(
	const struct key_pair *own, const uint8_t peer[P256_PUB_LEN], uint8_t out_x[32])
{
	uint8_t point[P256_PUB_LEN];
	uint32_t good;

	memcpy(point, peer, sizeof(point));
	good = br_ec_p256_m31.mul(
		point, sizeof(point), own->priv.bytes, P256_PRIV_LEN, BR_EC_secp256r1);
	if (good)
		memcpy(out_x, point + 1, 32);
	wipe(point, sizeof(point));
	return good ? OK : fail(E_KEY_PEER);
}

bool key_verify(
	const uint8_t pub[P256_PUB_LEN], const uint8_t digest[32], const uint8_t sig[P256_SIG_LEN])
{
	uint8_t point[P256_PUB_LEN];
	br_ec_public_key key = {BR_EC_secp256r1, point, sizeof(point)};

	memcpy(point, pub, sizeof(point));
	return br_ecdsa_i31_vrfy_raw(&br_ec_p256_m31, digest, 32, &key, sig, P256_SIG_LEN) == 1;
}

bool key_verify_der(const uint8_t pub[P256_PUB_LEN], const uint8_t digest[32], const uint8_t *der,
	size_t der_len)
{
	struct der in = {der, der_len}, pair;
	uint8_t sig[P256_SIG_LEN];

	if (!der_take(&in, DER_SEQUENCE, &pair) || in.left)
		return false;
	if (!der_take_uint(&pair, sig, 32) || !der_take_uint(&pair, sig + 32, 32) || pair.left)
		return false;
	return key_verify(pub, digest, sig);
}
