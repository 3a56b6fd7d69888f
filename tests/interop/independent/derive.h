/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hashes and derivations that PROTOCOL.md names. Whatever OpenSSL refuses ends the program: a
 * test without its arithmetic has no result.
 */
#ifndef TESTS_INTEROP_INDEPENDENT_DERIVE_H
#define TESTS_INTEROP_INDEPENDENT_DERIVE_H

#include <openssl/evp.h>
#include "tests/interop/independent/codec.h"

#define HASH_SHA1   0x0004u
#define HASH_SHA256 0x000bu
#define HASH_SHA384 0x000cu
#define HASH_MAX    48u
#define POINT_MAX   97u

/* Ends the program when `good` is false. */
void need(bool good, const char *what);
size_t hash_len(unsigned alg);
const EVP_MD *hash_md(unsigned alg);
void hash_of(unsigned alg, const void *data, size_t len, uint8_t *out);
void hmac_of(unsigned alg, struct span key, struct span data, uint8_t *out);
/* HKDF-SHA256 with 32 bytes of output (RFC 5869). */
void hkdf(struct span salt, struct span ikm, struct span info, uint8_t out[32]);
/* AES-256-GCM with a nonce of zeros; `sealed` ends with the tag, `out` has sealed.len - 16 bytes.
 */
bool gcm_open(const uint8_t key[32], struct span aad, struct span sealed, uint8_t *out);
/* The uncompressed point of an EC key; its length. */
size_t point_of(EVP_PKEY *key, uint8_t out[POINT_MAX]);
/* A public key from an uncompressed point of P-256 or P-384; NULL when it is none. */
EVP_PKEY *key_of_point(const char *curve, const uint8_t *point, size_t len);
/* The x coordinate that both keys share; its length. */
size_t share(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[HASH_MAX]);

#endif
