/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sealing to a node's fresh P-256 key (early/contract/PROTOCOL.md, section 7), by libcrypto. The
 * node opens it with wrap_open() of crypto/aead.h. One thread.
 */
#ifndef TOOLS_SERVE_KEYS_SEAL_H
#define TOOLS_SERVE_KEYS_SEAL_H

#include "crypto/aead.h"

/* True when pub is a point on P-256, uncompressed. */
bool seal_key_valid(const uint8_t pub[P256_PUB_LEN]) MUST_CHECK;
/*
 * Seals plain (len bytes) to kem_pub, bound to rd and aad. out needs len + WRAP_OVERHEAD bytes.
 * False when kem_pub is no point on P-256, or there is no memory.
 */
bool seal(const uint8_t kem_pub[P256_PUB_LEN], const uint8_t rd[32], const void *aad,
	size_t aad_len, const uint8_t *plain, size_t len, uint8_t *out) MUST_CHECK;

#endif
