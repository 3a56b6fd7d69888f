/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes and HMAC (FIPS 180-4, RFC 2104) over BearSSL. Contexts are caller-owned, hold no pointers
 * to themselves and need no release; digest_hmac contexts hold key material: wipe() them.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <bearssl.h>
#include <stddef.h>
#include "efi/base/status.h"

/* The algorithm's TPM_ALG_ID (TCG Algorithm Registry), so that banks need no translation. */
enum digest_alg {
	DIGEST_SHA1 = 0x0004,
	DIGEST_SHA256 = 0x000B,
	DIGEST_SHA384 = 0x000C,
	DIGEST_SHA512 = 0x000D,
};

#define DIGEST_MAX 64u
#define SHA256_LEN 32u

/* BearSSL's implementation; NULL for an algorithm not in the list. */
const br_hash_class *digest_class(uint16_t alg);
/* Bytes of a digest; 0 for an algorithm not in the list. */
size_t digest_len(uint16_t alg);

struct digest {
	br_hash_compat_context hash;
	size_t len; /* bytes of the result */
};

/* False for an algorithm not in the list; *d is then untouched. */
bool digest_start(struct digest *d, uint16_t alg) MUST_CHECK;
void digest_add(struct digest *d, const void *data, size_t len);
/* Writes d->len bytes. The context can be fed on afterwards, as BearSSL's can. */
void digest_end(const struct digest *d, uint8_t *out);

void sha256(const void *data, size_t len, uint8_t out[SHA256_LEN]);
/* On hosts only. One-shot in any bank's algorithm; false for an algorithm not in the list. */
bool digest_of(uint16_t alg, const void *data, size_t len, uint8_t *out) MUST_CHECK;

/* On hosts only. pcr = H(pcr || measured), both digest_len(alg) bytes (TPM 2.0 Part 1, 17.2). */
bool pcr_extend(uint16_t alg, uint8_t *pcr, const uint8_t *measured) MUST_CHECK;

struct hmac256 {
	br_hmac_key_context key;
	br_hmac_context mac;
};
void hmac256_start(struct hmac256 *h, const uint8_t *key, size_t key_len);
void hmac256_add(struct hmac256 *h, const void *data, size_t len);
/* Writes 32 bytes and wipes the context. */
void hmac256_end(struct hmac256 *h, uint8_t out[SHA256_LEN]);

/* HKDF-SHA256, extract and expand (RFC 5869). out_len <= 255 * 32 bytes. */
void hkdf256(const void *salt, size_t salt_len, const void *ikm, size_t ikm_len, const void *info,
	size_t info_len, uint8_t *out, size_t out_len);

#endif
