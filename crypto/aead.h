/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AES-256-GCM (NIST SP 800-38D) with 12-byte nonces and 16-byte tags, and the opening of what was
 * sealed to a node's key as in the join protocol (early/contract/PROTOCOL.md, section 7): hybrid,
 * to P-256 and ML-KEM-768, or classical, to P-256 alone.
 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "crypto/errors.h"
#include "crypto/kem.h"

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

#define WRAP_Z_LEN	  32u				 /* the x coordinate that ECDH gives */
#define WRAP_OVERHEAD	  (P256_PUB_LEN + AEAD_TAG_LEN)	 /* of the classical form */
#define WRAP_OVERHEAD_MAX (WRAP_OVERHEAD + MLKEM_CT_LEN) /* of the hybrid form */

/* Bytes that sealing adds, for the form that fits a key with or without an ML-KEM half. */
static inline size_t wrap_overhead(bool hybrid)
{
	return hybrid ? WRAP_OVERHEAD_MAX : WRAP_OVERHEAD;
}

/* What the key of a wrapped secret is made of. The form is hybrid when mlkem_pub is not NULL. */
struct wrap_parts {
	const uint8_t *z;		  /* WRAP_Z_LEN bytes */
	const uint8_t *eph_pub, *kem_pub; /* P256_PUB_LEN bytes each: the sender's, the node's */
	/* Of the hybrid form alone: MLKEM_SHARED_LEN, MLKEM_CT_LEN and MLKEM_PUBLIC_LEN bytes. */
	const uint8_t *mlkem_shared, *mlkem_ct, *mlkem_pub;
};

void wrap_key(const uint8_t rd[32], const struct wrap_parts *parts, uint8_t out[AEAD_KEY_LEN]);

/*
 * Opens what was sealed to kem, in the form that kem itself is of: nothing in `wrapped` chooses.
 * *out is a new secret of len - wrap_overhead() bytes; the caller frees it. E_WRAP_SHORT,
 * E_KEY_PEER for no point on P-256, else E_AEAD_TAG, whichever half or byte does not fit.
 */
struct status wrap_open(const struct kem_pair *kem, const uint8_t rd[32], const void *aad,
	size_t aad_len, const uint8_t *wrapped, size_t len, struct secret *out) MUST_CHECK;

#endif
