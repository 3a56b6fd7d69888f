/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * P-256 key pairs (FIPS 186-5): ECDSA with SHA-256, ECDH, the SubjectPublicKeyInfo of a public key,
 * strict DER signatures. Public keys are 65 bytes, 0x04 | x | y, and are checked to be on the curve
 * wherever they come in from outside.
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "crypto/secret.h"

#define P256_PUB_LEN  65u
#define P256_PRIV_LEN 32u
#define P256_SIG_LEN  64u /* r | s */
#define P256_SPKI_LEN 91u /* RFC 5480, named curve */

struct key_pair {
	struct secret priv; /* P256_PRIV_LEN bytes */
	uint8_t pub[P256_PUB_LEN];
};

struct status key_generate(struct key_pair *out) MUST_CHECK;
/* From a stored private scalar of P256_PRIV_LEN bytes; refuses 0 and values >= the group order. */
struct status key_from_private(const uint8_t *priv, struct key_pair *out) MUST_CHECK;
void key_free(struct key_pair *k);
/* True when pub is a point on P-256, uncompressed, not infinity. */
bool key_pub_valid(const uint8_t pub[P256_PUB_LEN]) MUST_CHECK;

/* out_x gets the 32-byte x coordinate of priv * peer. The caller wipes it. */
struct status key_agree(
	const struct key_pair *own, const uint8_t peer[P256_PUB_LEN], uint8_t out_x[32]) MUST_CHECK;

/*
 * True only when the signature over the digest is good. A digest that is 0 modulo the group order
 * is always refused; no message is known to have one.
 */
bool key_verify(const uint8_t pub[P256_PUB_LEN], const uint8_t digest[32],
	const uint8_t sig[P256_SIG_LEN]) MUST_CHECK;
/* The same for an ECDSA-Sig-Value in strict DER (X.690): one encoding per signature. */
bool key_verify_der(const uint8_t pub[P256_PUB_LEN], const uint8_t digest[32], const uint8_t *der,
	size_t der_len) MUST_CHECK;

/* DER SubjectPublicKeyInfo of a public key, and back (strict: exactly this encoding). */
void key_spki(const uint8_t pub[P256_PUB_LEN], uint8_t out[P256_SPKI_LEN]);
bool key_from_spki(const uint8_t *spki, size_t len, uint8_t out_pub[P256_PUB_LEN]) MUST_CHECK;

/*
 * A certificate (RFC 5280) around a public key: empty names, validity 1970 to 9999, no extensions,
 * and a signature that is none.
 */
#define CERT_LEN 173u
void key_certificate(const uint8_t pub[P256_PUB_LEN], uint8_t out[CERT_LEN]);

#endif
