/* Key pairs, their encodings, sealing, wrapping, hashing: properties and known answers. */
#include "tests/unit/test.h"

#include "crypto/aead.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/random.h"

static void test_digests(void)
{
	/* FIPS 180-4 examples for "abc", first eight bytes. */
	static const struct {
		uint16_t alg;
		size_t len;
		uint8_t head[8];
	} known[] = {
		{DIGEST_SHA1, 20, {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a}},
		{DIGEST_SHA256, 32, {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea}},
		{DIGEST_SHA384, 48, {0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b}},
		{DIGEST_SHA512, 64, {0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba}},
	};
	uint8_t out[DIGEST_MAX], pcr[DIGEST_MAX], both[2 * DIGEST_MAX];
	struct digest d;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CHECK(digest_len(known[i].alg) == known[i].len);
		REQUIRE(digest_of(known[i].alg, "abc", 3, out));
		CHECK_BYTES(out, known[i].head, 8);
		REQUIRE(digest_start(&d, known[i].alg));
		digest_add(&d, "a", 1);
		digest_add(&d, "bc", 2);
		digest_end(&d, both);
		CHECK_BYTES(both, out, known[i].len);

		memset(pcr, 0, sizeof(pcr));
		memset(both, 0, known[i].len);
		memcpy(both + known[i].len, out, known[i].len);
		REQUIRE(pcr_extend(known[i].alg, pcr, out));
		REQUIRE(digest_of(known[i].alg, both, 2 * known[i].len, out));
		CHECK_BYTES(pcr, out, known[i].len);
	}
	CHECK(digest_len(0x0012) == 0);
	CHECK(!digest_start(&d, 0));
	CHECK(!digest_of(0x0012, "abc", 3, out));
	CHECK(!pcr_extend(0x0012, pcr, out));
}

static void test_generate_sign_verify(void)
{
	uint8_t digest[32], sig[P256_SIG_LEN], again[P256_SIG_LEN];
	struct key_pair a, b;

	REQUIRE(!failed(key_generate(&a)) && !failed(key_generate(&b)));
	CHECK(memcmp(a.pub, b.pub, P256_PUB_LEN) != 0);
	CHECK(key_pub_valid(a.pub));
	sha256("message", 7, digest);
	REQUIRE(!failed(key_sign(&a, digest, sig)));
	REQUIRE(!failed(key_sign(&a, digest, again)));
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
	REQUIRE(!failed(key_sign(&k, digest, sig)));
	CHECK(!key_verify(k.pub, digest, sig));
	CHECK(!key_verify(k.pub, order, sig));
	digest[31] = 1;
	REQUIRE(!failed(key_sign(&k, digest, sig)));
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
	uint8_t cert[CERT_MAX], again[CERT_MAX], pub[P256_PUB_LEN];
	struct key_pair k;
	size_t len, again_len;

	for (int round = 0; round < 32; round++) {
		REQUIRE(!failed(key_generate(&k)));
		REQUIRE(!failed(key_self_certificate(&k, cert, &len)));
		REQUIRE(!failed(key_self_certificate(&k, again, &again_len)));
		CHECK(len == again_len && memcmp(cert, again, len) == 0);
		REQUIRE(certificate_key(cert, len, pub));
		CHECK_BYTES(pub, k.pub, sizeof(pub));
		for (size_t n = 0; n < len; n++)
			CHECK(!certificate_key(cert, n, pub));
		CHECK(!certificate_key(cert, len + 1, pub));
		key_free(&k);
	}
}

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
	if (failed(secret_room_open(1 << 16)) || failed(random_open()))
		return 1;
	RUN(test_digests);
	RUN(test_generate_sign_verify);
	RUN(test_zero_digest);
	RUN(test_private_range);
	RUN(test_public_form);
	RUN(test_agreement);
	RUN(test_certificate);
	RUN(test_wrap);
	RUN(test_aead_wipes_on_failure);
	secret_room_close();
	return test_summary();
}
