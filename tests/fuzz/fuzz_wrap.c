/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wrapped secrets and ML-KEM public keys from outside. The node's keys are fixed, so that seeds
 * open: P-256's scalar is 01..20, ML-KEM's d and z are 41..80, rd is zero, aad is empty.
 *
 * Input: u8 what, then bytes. what 0: wrapped to both keys; 1: wrapped to P-256's; else a public
 * key.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <mlkem768.h>
#include "crypto/aead.h"
#include "crypto/random.h"

#define MODULUS 3329u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_up(uint8_t *out, size_t len, uint8_t first)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(first + i);
}

static const struct kem_pair *key(bool hybrid)
{
	static struct kem_pair both, p256;
	uint8_t scalar[P256_PRIV_LEN], seed[MLKEM768_KEY_SEED];

	if (!both.mlkem.len) {
		count_up(scalar, sizeof(scalar), 0x01);
		count_up(seed, sizeof(seed), 0x41);
		if (failed(secret_pool_open(1 << 16)) || failed(random_open()) ||
			failed(key_from_private(scalar, &p256.p256)) ||
			failed(secret_new(MLKEM_PRIV_LEN, &both.mlkem)))
			abort();
		mlkem768_generate(seed, both.mlkem.bytes);
		both.p256 = p256.p256;
	}
	return hybrid ? &both : &p256;
}

/* What opens is as long as what was sent without what sealing adds. */
static void check_wrapped(bool hybrid, const uint8_t *data, size_t size)
{
	static const uint8_t rd[32];
	struct secret opened;

	if (failed(wrap_open(key(hybrid), rd, "", 0, data, size, &opened)))
		return;
	if (opened.len + wrap_overhead(hybrid) != size)
		abort();
	secret_free(&opened);
}

/* FIPS 203, 7.2, by hand: every two coefficients in three bytes are below the modulus. */
static bool reduced(const uint8_t *pub)
{
	for (size_t i = 0; i < MLKEM_PUBLIC_LEN - 32; i += 3) {
		unsigned a = pub[i] | (pub[i + 1] & 15u) << 8;
		unsigned b = pub[i + 1] >> 4 | (unsigned)pub[i + 2] << 4;

		if (a >= MODULUS || b >= MODULUS)
			return false;
	}
	return true;
}

static void check_public(const uint8_t *pub)
{
	uint8_t ct[MLKEM_CT_LEN], shared[MLKEM_SHARED_LEN];
	bool good = reduced(pub);

	(void)key(true);
	if (kem_mlkem_valid(pub) != good || failed(kem_encapsulate(pub, ct, shared)) == good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] < 2)
		check_wrapped(data[0] == 0, data + 1, size - 1);
	else if (size == 1 + MLKEM_PUBLIC_LEN)
		check_public(data + 1);
	return 0;
}
