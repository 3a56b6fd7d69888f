/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key pairs, signatures, encodings: properties and known answers. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "tests/unit/key_sign.h"

static void test_generate_sign_verify(void)
{
	uint8_t digest[32], sig[P256_SIG_LEN], again[P256_SIG_LEN];
	struct key_pair a, b;

	REQUIRE(!failed(key_generate(&a)) && !failed(key_generate(&b)));
	CHECK(memcmp(a.pub, b.pub, P256_PUB_LEN) != 0);
	CHECK(key_pub_valid(a.pub));
	sha256("message", 7, digest);
	REQUIRE(key_sign(&a, digest, sig));
	REQUIRE(key_sign(&a, digest, again));
	CHECK_BYTES(sig, again, sizeof(sig));
	CHECK(key_verify(a.pub, digest, sig));
	CHECK(!key_verify(b.pub, digest, sig));
	for (size_t i = 0; i < sizeof(sig); i++) {
		sig[i] ^= 1;
		CHECK(!key_verify(a.pub, digest, sig));
		sig[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(digest); i++) {
		digest[i] ^= 0x80;
		CHECK(!key_verify(a.pub, digest, sig));
		digest[i] ^= 0x80;
	}
	key_free(&a);
	key_free(&b);
	CHECK(a.priv.bytes == NULL);
}

/*
 * BearSSL 0.6 cannot add the point at infinity: a right signature over a digest that is 0 modulo
 * the group order is refused. No message is known that has such a digest, and a refusal is the safe
 * side.
 */
static void test_zero_digest(void)
{
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3,
		0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	uint8_t digest[32] = {0}, sig[P256_SIG_LEN];
	struct key_pair k;

	REQUIRE(!failed(key_generate(&k)));
	REQUIRE(key_sign(&k, digest, sig));
	CHECK(!key_verify(k.pub, digest, sig));
	CHECK(!key_verify(k.pub, order, sig));
	digest[31] = 1;
	REQUIRE(key_sign(&k, digest, sig));
	CHECK(key_verify(k.pub, digest, sig));
	key_free(&k);
}

static void test_private_range(void)
{
	/* The group order less one, and the order itself. */
	uint8_t d[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2,
		0xfc, 0x63, 0x25, 0x50};
	uint8_t zero[32] = {0};
	struct key_pair k;

	REQUIRE(!failed(key_from_private(d, &k)));
	CHECK(key_pub_valid(k.pub));
	key_free(&k);
	d[31]++;
	CHECK(key_from_private(d, &k).code == E_KEY_PRIVATE);
	memset(d, 0xff, sizeof(d));
	CHECK(key_from_private(d, &k).code == E_KEY_PRIVATE);
	CHECK(key_from_private(zero, &k).code == E_KEY_PRIVATE);
	zero[31] = 1;
	REQUIRE(!failed(key_from_private(zero, &k)));
	/* The generator's x coordinate. */
	CHECK_BYTES(k.pub, "\x04\x6b\x17\xd1\xf2\xe1\x2c\x42\x47", 9);
	key_free(&k);
}

static void test_public_form(void)
{
	uint8_t pub[P256_PUB_LEN], spki[P256_SPKI_LEN], back[P256_PUB_LEN], x[32];
	struct key_pair k;

	REQUIRE(!failed(key_generate(&k)));
	key_spki(k.pub, spki);
	REQUIRE(key_from_spki(spki, sizeof(spki), back));
	CHECK_BYTES(back, k.pub, sizeof(back));
	for (size_t n = 0; n < sizeof(spki); n++)
		CHECK(!key_from_spki(spki, n, back));
	for (size_t i = 0; i < sizeof(spki); i++) {
		spki[i] ^= 4;
		CHECK(!key_from_spki(spki, sizeof(spki), back));
		spki[i] ^= 4;
	}
	memset(pub, 0, sizeof(pub));
	CHECK(!key_pub_valid(pub));
	pub[0] = 4;
	CHECK(!key_pub_valid(pub));
	memset(pub + 1, 0xff, 64); /* not reduced */
	CHECK(!key_pub_valid(pub));
	CHECK(key_agree(&k, pub, x).code == E_KEY_PEER);
	memcpy(pub, k.pub, sizeof(pub));
	for (unsigned first = 0; first < 256; first++) {
		pub[0] = (uint8_t)first;
		CHECK(key_pub_valid(pub) == (first == 4));
	}
	key_free(&k);
}

static void test_agreement(void)
{
	uint8_t x[32], y[32];
	struct key_pair a, b;

	REQUIRE(!failed(key_generate(&a)) && !failed(key_generate(&b)));
	REQUIRE(!failed(key_agree(&a, b.pub, x)) && !failed(key_agree(&b, a.pub, y)));
	CHECK_BYTES(x, y, 32);
	key_free(&a);
	key_free(&b);
}

static void test_certificate(void)
{
	uint8_t cert[CERT_LEN + 1] = {0}, pub[P256_PUB_LEN];
	struct key_pair k;

	REQUIRE(!failed(key_generate(&k)));
	key_certificate(k.pub, cert);
	REQUIRE(certificate_key(cert, CERT_LEN, pub));
	CHECK_BYTES(pub, k.pub, sizeof(pub));
	for (size_t n = 0; n < CERT_LEN; n++)
		CHECK(!certificate_key(cert, n, pub));
	CHECK(!certificate_key(cert, CERT_LEN + 1, pub));
	key_free(&k);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	RUN(test_generate_sign_verify);
	RUN(test_zero_digest);
	RUN(test_private_range);
	RUN(test_public_form);
	RUN(test_agreement);
	RUN(test_certificate);
	secret_pool_close();
	return test_summary();
}
