/*
 * Random bytes. An HMAC-DRBG (NIST SP 800-90A, SHA-256) seeded from getrandom(2) and from whatever
 * else the program stirs in (PID 1 adds TPM2_GetRandom and RDSEED). Fails closed: before a
 * successful random_open() every call fails. Not thread-safe.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <bearssl.h>
#include <stddef.h>
#include "crypto/status.h"

/* Seeds the generator with 48 bytes of getrandom(2). */
struct status random_open(void) MUST_CHECK;
/* Mixes in further entropy; can only add to what is there. */
void random_stir(const void *data, size_t len);
/* Fills out with len bytes. */
struct status random_bytes(void *out, size_t len) MUST_CHECK;
/* BearSSL's view of the same generator, for key generation; NULL before random_open(). */
const br_prng_class **random_prng(void);

#endif
