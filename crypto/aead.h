/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AES-256-GCM (NIST SP 800-38D) with 12-byte nonces and 16-byte tags, and the opening of
 * what was sealed to a P-256 key as in the join protocol (early/contract/PROTOCOL.md, section 7).
 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "crypto/errors.h"
#include "crypto/key.h"

#define AEAD_KEY_LEN   32u
#define AEAD_NONCE_LEN 12u
#define AEAD_TAG_LEN   16u

/* Encrypts data in place and writes the tag. */
void aead_seal(const uint8_t key[AEAD_KEY_LEN], const uint8_t nonce[AEAD_NONCE_LEN],
	const void *aad, size_t aad_len, uint8_t *data, size_t len, uint8_t out_tag[AEAD_TAG_LEN]);
/* Decrypts data in place; on a wrong tag data is wiped and E_AEAD_TAG returned. */
struct status aead_open(const uint8_t key[AEAD_KEY_LEN], const uint8_t nonce[AEAD_NONCE_LEN],
	const void *aad, size_t aad_len, uint8_t *data, size_t len,
	const uint8_t tag[AEAD_TAG_LEN]) MUST_CHECK;

#define WRAP_OVERHEAD (P256_PUB_LEN + AEAD_TAG_LEN)

/* *out is a new secret of len - WRAP_OVERHEAD bytes; the caller frees it. */
struct status wrap_open(const struct key_pair *kem, const uint8_t rd[32], const void *aad,
	size_t aad_len, const uint8_t *wrapped, size_t len, struct secret *out) MUST_CHECK;

#endif
