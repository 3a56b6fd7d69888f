/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The opening of wrapped secrets in both forms: every byte and every input counts, the form is the
 * key's own, and who has broken one half of a hybrid key does not open what was sealed to both.
 */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include "crypto/aead.h"
#include "crypto/random.h"

#define PLAIN_LEN 50u

static const char aad[] = "aad";
static const uint8_t plain[PLAIN_LEN] = {9, 8, 7};
static uint8_t rd[32] = {1};

struct wrapped {
	uint8_t bytes[PLAIN_LEN + WRAP_OVERHEAD_MAX];
	size_t len;
	uint8_t z[WRAP_Z_LEN], shared[MLKEM_SHARED_LEN];
};

/* A key without an ML-KEM half, as builds without it make. */
static struct kem_pair classical_key(void)
{
	struct kem_pair k = {0};

	CHECK(!failed(key_generate(&k.p256)));
	return k;
}

static struct kem_pair hybrid_key(void)
{
	struct kem_pair k = {0};

	CHECK(!failed(kem_generate(&k)));
	return k;
}

/* The sender's side, with what it alone knows besides. */
static struct wrapped sealed(const struct kem_pair *to)
{
	static const uint8_t nonce[AEAD_NONCE_LEN];
	struct wrapped w = {.len = PLAIN_LEN + wrap_overhead(kem_mlkem_pub(to))};
	uint8_t key[AEAD_KEY_LEN], *body = w.bytes + w.len - AEAD_TAG_LEN - PLAIN_LEN;
	struct wrap_parts parts = {
		.z = w.z,
		.eph_pub = w.bytes,
		.kem_pub = to->p256.pub,
		.mlkem_pub = kem_mlkem_pub(to),
		.mlkem_ct = w.bytes + P256_PUB_LEN,
		.mlkem_shared = w.shared,
	};
	struct key_pair own;

	CHECK(!failed(key_generate(&own)));
	memcpy(w.bytes, own.pub, P256_PUB_LEN);
	CHECK(!failed(key_agree(&own, to->p256.pub, w.z)));
	key_free(&own);
	if (parts.mlkem_pub)
		CHECK(!failed(kem_encapsulate(parts.mlkem_pub, w.bytes + P256_PUB_LEN, w.shared)));
	wrap_key(rd, &parts, key);
	memcpy(body, plain, PLAIN_LEN);
	aead_seal(key, nonce, aad, 3, body, PLAIN_LEN, body + PLAIN_LEN);
	return w;
}

static uint16_t code_of(const struct kem_pair *k, const struct wrapped *w, size_t len)
{
	struct secret back = {0};
	struct status s = wrap_open(k, rd, aad, 3, w->bytes, len, &back);

	if (!failed(s)) {
		CHECK(back.len == PLAIN_LEN);
		CHECK_BYTES(back.bytes, plain, PLAIN_LEN);
	}
	secret_free(&back);
	return s.code;
}

static void check_every_byte(const struct kem_pair *k)
{
	struct wrapped w = sealed(k);
	struct secret back;

	CHECK(code_of(k, &w, w.len) == 0);
	for (size_t i = 0; i < w.len; i++) {
		uint16_t code;

		w.bytes[i] ^= (uint8_t)(1u << i % 8);
		code = code_of(k, &w, w.len);
		CHECK(code == (i < P256_PUB_LEN ? E_KEY_PEER : E_AEAD_TAG));
		w.bytes[i] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t n = 0; n < w.len; n++)
		CHECK(code_of(k, &w, n) == (n <= w.len - PLAIN_LEN ? E_WRAP_SHORT : E_AEAD_TAG));
	CHECK(wrap_open(k, rd, "aae", 3, w.bytes, w.len, &back).code == E_AEAD_TAG);
	CHECK(wrap_open(k, rd, aad, 2, w.bytes, w.len, &back).code == E_AEAD_TAG);
	rd[31] ^= 1;
	CHECK(code_of(k, &w, w.len) == E_AEAD_TAG);
	rd[31] ^= 1;
	CHECK(code_of(k, &w, w.len) == 0);
}

static void test_every_byte(void)
{
	struct kem_pair classical = classical_key(), hybrid = hybrid_key();

	check_every_byte(&classical);
	check_every_byte(&hybrid);
	kem_free(&classical);
	kem_free(&hybrid);
}

/* Who knows one private key and not the other has neither half of the way to the secret. */
static void test_one_half(void)
{
	struct kem_pair node = hybrid_key(), stranger = hybrid_key(), mixed;
	struct wrapped w = sealed(&node);

	mixed = node;
	mixed.mlkem = stranger.mlkem;
	CHECK(code_of(&mixed, &w, w.len) == E_AEAD_TAG);
	mixed = node;
	mixed.p256 = stranger.p256;
	CHECK(code_of(&mixed, &w, w.len) == E_AEAD_TAG);
	/* The right public key beside the wrong private one. */
	memcpy(mixed.p256.pub, node.p256.pub, P256_PUB_LEN);
	CHECK(code_of(&mixed, &w, w.len) == E_AEAD_TAG);
	mixed = node;
	mixed.mlkem.len = 0;
	CHECK(code_of(&mixed, &w, w.len) == E_AEAD_TAG);
	CHECK(code_of(&node, &w, w.len) == 0);
	kem_free(&node);
	kem_free(&stranger);
}

/* Opens with a key from guessed halves, as one who recorded the traffic would. */
static bool guess(const struct kem_pair *node, const struct wrapped *w, const uint8_t *z,
	const uint8_t *shared, bool hybrid)
{
	static const uint8_t nonce[AEAD_NONCE_LEN];
	size_t head = wrap_overhead(true) - AEAD_TAG_LEN;
	uint8_t key[AEAD_KEY_LEN], body[PLAIN_LEN];
	struct wrap_parts parts = {
		.z = z,
		.eph_pub = w->bytes,
		.kem_pub = node->p256.pub,
		.mlkem_pub = hybrid ? kem_mlkem_pub(node) : NULL,
		.mlkem_ct = w->bytes + P256_PUB_LEN,
		.mlkem_shared = shared,
	};

	wrap_key(rd, &parts, key);
	memcpy(body, w->bytes + head, PLAIN_LEN);
	return !failed(aead_open(key, nonce, aad, 3, body, PLAIN_LEN, w->bytes + head + PLAIN_LEN));
}

static void test_one_secret(void)
{
	static const uint8_t zero[32];
	struct kem_pair node = hybrid_key();
	struct wrapped w = sealed(&node);
	const uint8_t *guesses[] = {zero, w.z, w.shared, rd};

	CHECK(guess(&node, &w, w.z, w.shared, true));
	CHECK(!guess(&node, &w, w.z, NULL, false));
	CHECK(!guess(&node, &w, w.shared, w.z, true));
	for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
		if (guesses[i] != w.shared)
			CHECK(!guess(&node, &w, w.z, guesses[i], true));
		if (guesses[i] != w.z)
			CHECK(!guess(&node, &w, guesses[i], w.shared, true));
	}
	kem_free(&node);
}

/* What is sealed in one form does not open in the other: the key's form decides. */
static void test_no_other_form(void)
{
	struct kem_pair hybrid = hybrid_key(), stripped = hybrid;
	struct wrapped w;

	stripped.mlkem = (struct secret){0};
	w = sealed(&stripped);
	CHECK(code_of(&stripped, &w, w.len) == 0);
	CHECK(code_of(&hybrid, &w, w.len) == E_WRAP_SHORT);
	w = sealed(&hybrid);
	CHECK(code_of(&stripped, &w, w.len) == E_AEAD_TAG);
	kem_free(&hybrid);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 2;
	RUN(test_every_byte);
	RUN(test_one_half);
	RUN(test_one_secret);
	RUN(test_no_other_form);
	secret_pool_close();
	return test_summary();
}
