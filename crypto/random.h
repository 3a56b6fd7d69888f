/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random bytes. An HMAC-DRBG (NIST SP 800-90A, SHA-256) seeded from getrandom(2). Fails closed:
 * before a successful random_open(), after secret_pool_close() and in a forked child every call
 * fails, the last because the state lives in the secret arena, which a child sees as zeros. Not
 * thread-safe.
 *
 * Order: secret_pool_open(), random_open(), then the rest.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <bearssl.h>
#include <stddef.h>
#include "crypto/errors.h"
#include "efi/base/status.h"

/*
 * Seeds the generator with 48 bytes of getrandom(2). E_RANDOM_SEED when the kernel gives fewer, or
 * what secret_new() returns. May be called again, and in a child after its own secret_pool_open().
 */
struct status random_open(void) MUST_CHECK;
/* Fills out with len bytes. E_RANDOM_CLOSED when the generator is not seeded. */
struct status random_bytes(void *out, size_t len) MUST_CHECK;
/* BearSSL's view of the same generator, for key generation; NULL when it is not seeded. */
const br_prng_class **random_prng(void);

#endif
