/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sealing and opening of early/contract/PROTOCOL.md, section 7, `wrapped`, share. Private to
 * this room.
 */
#ifndef CRYPTO_WRAP_H
#define CRYPTO_WRAP_H

#include "crypto/aead.h"

/* Zero: each key is used once. */
extern const uint8_t wrap_nonce[AEAD_NONCE_LEN];

/* HKDF(salt = rd, ikm = z, info = label | eph_pub | kem_pub). The caller wipes it. */
void wrap_key(const uint8_t rd[32], const uint8_t z[32], const uint8_t eph_pub[P256_PUB_LEN],
	const uint8_t kem_pub[P256_PUB_LEN], uint8_t out[AEAD_KEY_LEN]);

#endif
