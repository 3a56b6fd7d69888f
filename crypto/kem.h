/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key that a node makes for one grant: a P-256 key and, in builds that have it, an ML-KEM-768
 * key (FIPS 203). What is sealed to both (crypto/aead.h) stays sealed as long as either holds.
 *
 * Constant time but where a comment says otherwise. Implicit rejection is kept: a ciphertext for
 * another key gives another shared secret, no error.
 */
#ifndef CRYPTO_KEM_H
#define CRYPTO_KEM_H

#include "crypto/errors.h"
#include "crypto/key.h"

#define MLKEM_PUBLIC_LEN 1184u
#define MLKEM_PRIV_LEN	 2400u
#define MLKEM_CT_LEN	 1088u
#define MLKEM_SHARED_LEN 32u

struct kem_pair {
	struct key_pair p256;
	struct secret mlkem; /* MLKEM_PRIV_LEN bytes; empty when this build leaves ML-KEM out */
};

/* A fresh pair of random_bytes(). kem_free() it. What key_generate() and secret_new() return. */
struct status kem_generate(struct kem_pair *out) MUST_CHECK;
/* Wipes both halves; a zeroed one is fine. */
void kem_free(struct kem_pair *k);
/* MLKEM_PUBLIC_LEN bytes inside of k; NULL when it has no ML-KEM key. */
const uint8_t *kem_mlkem_pub(const struct kem_pair *k);
/*
 * The secret of MLKEM_SHARED_LEN bytes that ct (MLKEM_CT_LEN bytes) carries for the ML-KEM key of
 * k, which must have one. The caller wipes it.
 */
void kem_decapsulate(const struct kem_pair *k, const uint8_t *ct, uint8_t *out_shared);

/*
 * On hosts only. True for an ML-KEM key that passes the modulus check of FIPS 203, 7.2: each
 * coefficient is below 3329, so that it has one encoding. Not in constant time: the key is public.
 */
bool kem_mlkem_valid(const uint8_t pub[MLKEM_PUBLIC_LEN]) MUST_CHECK;
/*
 * On hosts only. A fresh secret and its ciphertext for pub. E_KEM_PEER when the key fails the
 * check, or what random_bytes() returns. The caller wipes the secret.
 */
struct status kem_encapsulate(const uint8_t pub[MLKEM_PUBLIC_LEN], uint8_t out_ct[MLKEM_CT_LEN],
	uint8_t out_shared[MLKEM_SHARED_LEN]) MUST_CHECK;

#endif
