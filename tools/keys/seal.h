/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sealing to a node's fresh key (early/contract/PROTOCOL.md, section 7): P-256 by libcrypto,
 * ML-KEM-768 by crypto/kem.h. The node opens it with wrap_open() of crypto/aead.h. One thread, with
 * crypto/'s randomness open.
 */
#ifndef TOOLS_KEYS_SEAL_H
#define TOOLS_KEYS_SEAL_H

#include "crypto/aead.h"
#include "early/contract/wire.h"

/* What a node sent to be sealed to. */
struct kem_public {
	const uint8_t *p256; /* P256_PUB_LEN bytes */
	struct span mlkem;   /* MLKEM_PUBLIC_LEN bytes; empty: sealed to the P-256 key alone */
};

/* True when p256 is a point on P-256, uncompressed, and mlkem empty or a key of ML-KEM-768. */
bool seal_key_valid(const struct kem_public *to) MUST_CHECK;
/* How long plain_len bytes are when they are sealed. */
size_t seal_len(const struct kem_public *to, size_t plain_len);
/*
 * Seals plain to a node's key, bound to rd and aad. out needs seal_len() bytes; *out_len is written
 * on success. False when a key is none, or there is no memory or randomness.
 */
bool seal(const struct kem_public *to, const uint8_t rd[32], struct span aad, struct span plain,
	uint8_t *out, size_t *out_len) MUST_CHECK;

#endif
