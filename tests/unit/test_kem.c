/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ML-KEM-768: the known answers of another implementation (their file is the argument; its README
 * says where from), the modulus check at each coefficient, implicit rejection of changed
 * ciphertexts, and the door crypto/kem.h with fresh keys.
 */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <mlkem768.h>
#include <stdlib.h>

#include "crypto/kem.h"
#include "crypto/random.h"

#define COEFFICIENTS 768u /* of a public key, 12 bits each */
#define MODULUS	     3329u

static const char *answers_path;

struct answer {
	uint8_t seed[64], message[32], public[1184], private[2400], ciphertext[1088], shared[32];
	size_t changed_byte;
	unsigned changed_bit;
	uint8_t rejected[32];
};

/* The line "NAME HEX" of exactly len bytes. */
static bool line_of(FILE *f, const char *name, uint8_t *out, size_t len)
{
	char line[5000];
	const char *hex = line + strlen(name) + 1;

	if (!fgets(line, sizeof(line), f) || strncmp(line, name, strlen(name)) != 0 ||
		strlen(hex) != 2 * len + 1)
		return false;
	for (size_t i = 0; i < len; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &out[i]) != 1)
			return false;
	return true;
}

static bool answer_read(FILE *f, struct answer *a)
{
	char empty[3];

	if (!line_of(f, "seed", a->seed, sizeof(a->seed)) ||
		!line_of(f, "message", a->message, sizeof(a->message)) ||
		!line_of(f, "public", a->public, sizeof(a->public)) ||
		!line_of(f, "private", a->private, sizeof(a->private)) ||
		!line_of(f, "ciphertext", a->ciphertext, sizeof(a->ciphertext)) ||
		!line_of(f, "shared", a->shared, sizeof(a->shared)) ||
		!line_of(f, "rejected", a->rejected, sizeof(a->rejected)) ||
		fscanf(f, "changed %zu %u", &a->changed_byte, &a->changed_bit) != 2)
		return false;
	return fgets(empty, sizeof(empty), f) && fgets(empty, sizeof(empty), f);
}

static void check_answer(struct answer *a)
{
	static uint8_t private[MLKEM768_PRIVATE], ciphertext[MLKEM768_CIPHERTEXT];
	uint8_t shared[32];

	mlkem768_generate(a->seed, private);
	CHECK_BYTES(private, a->private, sizeof(private));
	CHECK_BYTES(private + MLKEM768_PUBLIC_AT, a->public, sizeof(a->public));
	CHECK(mlkem768_public_valid(a->public));
	mlkem768_encapsulate(a->public, a->message, ciphertext, shared);
	CHECK_BYTES(ciphertext, a->ciphertext, sizeof(ciphertext));
	CHECK_BYTES(shared, a->shared, sizeof(shared));
	memset(shared, 0, sizeof(shared));
	mlkem768_decapsulate(a->private, a->ciphertext, shared);
	CHECK_BYTES(shared, a->shared, sizeof(shared));
	a->ciphertext[a->changed_byte] ^= (uint8_t)(1u << a->changed_bit);
	mlkem768_decapsulate(a->private, a->ciphertext, shared);
	CHECK_BYTES(shared, a->rejected, sizeof(shared));
}

static void test_known_answers(void)
{
	static struct answer a;
	FILE *f = fopen(answers_path, "r");
	unsigned count = 0;

	REQUIRE(f);
	while (answer_read(f, &a)) {
		check_answer(&a);
		count++;
	}
	CHECK(count == 6 && feof(f));
	fclose(f);
}

static unsigned coefficient(const uint8_t *pub, size_t i)
{
	const uint8_t *at = pub + i / 2 * 3;

	return i % 2 ? at[1] >> 4 | (unsigned)at[2] << 4 : at[0] | (at[1] & 15u) << 8;
}

static void set_coefficient(uint8_t *pub, size_t i, unsigned value)
{
	uint8_t *at = pub + i / 2 * 3;

	if (i % 2) {
		at[1] = (uint8_t)((at[1] & 15u) | (value & 15u) << 4);
		at[2] = (uint8_t)(value >> 4);
	} else {
		at[0] = (uint8_t)value;
		at[1] = (uint8_t)((at[1] & 0xf0u) | value >> 8);
	}
}

/* FIPS 203, 7.2: one coefficient that is not reduced spoils the key, wherever it is. */
static void test_modulus_check(void)
{
	uint8_t pub[MLKEM_PUBLIC_LEN], ct[MLKEM_CT_LEN], shared[MLKEM_SHARED_LEN];
	struct kem_pair k;

	REQUIRE(!failed(kem_generate(&k)));
	memcpy(pub, kem_mlkem_pub(&k), sizeof(pub));
	for (size_t i = 0; i < COEFFICIENTS; i++) {
		unsigned was = coefficient(pub, i);

		REQUIRE(was < MODULUS);
		set_coefficient(pub, i, MODULUS - 1);
		CHECK(kem_mlkem_valid(pub));
		set_coefficient(pub, i, MODULUS);
		CHECK(!kem_mlkem_valid(pub));
		CHECK(kem_encapsulate(pub, ct, shared).code == E_KEM_PEER);
		set_coefficient(pub, i, 4095);
		CHECK(!kem_mlkem_valid(pub));
		set_coefficient(pub, i, was);
	}
	CHECK(kem_mlkem_valid(pub));
	memset(pub, 0xff, sizeof(pub));
	CHECK(!kem_mlkem_valid(pub));
	kem_free(&k);
}

/* Each byte of a ciphertext counts, and what was made for another key is no error. */
static void test_rejection(void)
{
	uint8_t ct[MLKEM_CT_LEN], sealed[MLKEM_SHARED_LEN], opened[MLKEM_SHARED_LEN],
		again[MLKEM_SHARED_LEN];
	struct kem_pair k, other;

	REQUIRE(!failed(kem_generate(&k)) && !failed(kem_generate(&other)));
	CHECK(k.mlkem.len == MLKEM_PRIV_LEN);
	REQUIRE(!failed(kem_encapsulate(kem_mlkem_pub(&k), ct, sealed)));
	kem_decapsulate(&k, ct, opened);
	CHECK_BYTES(opened, sealed, sizeof(sealed));
	kem_decapsulate(&other, ct, opened);
	CHECK(memcmp(opened, sealed, sizeof(sealed)) != 0);
	for (size_t i = 0; i < sizeof(ct); i++) {
		ct[i] ^= (uint8_t)(1u << i % 8);
		kem_decapsulate(&k, ct, opened);
		CHECK(memcmp(opened, sealed, sizeof(sealed)) != 0);
		kem_decapsulate(&k, ct, again);
		CHECK_BYTES(opened, again, sizeof(again));
		ct[i] ^= (uint8_t)(1u << i % 8);
	}
	kem_free(&k);
	kem_free(&other);
	CHECK(!k.mlkem.bytes && !kem_mlkem_pub(&k));
}

/* Keys and secrets are new each time; without room for secrets there are none. */
static void test_fresh(void)
{
	uint8_t ct[2][MLKEM_CT_LEN], shared[2][MLKEM_SHARED_LEN];
	struct kem_pair a, b, many[64];
	size_t n = 0;

	REQUIRE(!failed(kem_generate(&a)) && !failed(kem_generate(&b)));
	CHECK(memcmp(kem_mlkem_pub(&a), kem_mlkem_pub(&b), MLKEM_PUBLIC_LEN) != 0);
	CHECK(memcmp(a.p256.pub, b.p256.pub, P256_PUB_LEN) != 0);
	REQUIRE(!failed(kem_encapsulate(kem_mlkem_pub(&a), ct[0], shared[0])));
	REQUIRE(!failed(kem_encapsulate(kem_mlkem_pub(&a), ct[1], shared[1])));
	CHECK(memcmp(ct[0], ct[1], sizeof(ct[0])) != 0);
	CHECK(memcmp(shared[0], shared[1], sizeof(shared[0])) != 0);
	while (n < 64 && !failed(kem_generate(&many[n])))
		n++;
	CHECK(n > 0 && n < 64);
	while (n-- > 0)
		kem_free(&many[n]);
	CHECK(!failed(kem_generate(&many[0])));
	kem_free(&many[0]);
	kem_free(&a);
	kem_free(&b);
}

int main(int argc, char **argv)
{
	if (argc != 2 || failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 2;
	answers_path = argv[1];
	RUN(test_known_answers);
	RUN(test_modulus_check);
	RUN(test_rejection);
	RUN(test_fresh);
	secret_pool_close();
	return test_summary();
}
