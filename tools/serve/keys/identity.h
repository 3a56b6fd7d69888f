/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's long-term P-256 key, which nodes know by the SHA-256 of its SubjectPublicKeyInfo.
 * The file is an ECPrivateKey (RFC 5915) in DER with curve and public key, 121 bytes, as
 * `openssl ec -inform DER` reads it; no other form is taken.
 */
#ifndef TOOLS_SERVE_KEYS_IDENTITY_H
#define TOOLS_SERVE_KEYS_IDENTITY_H

#include "crypto/key.h"
#include "tools/lib/failure.h"

/* Reads the key; `may_create`: or makes and stores one when there is none. The caller calls
 * key_free(). */
struct failure identity_open(const char *path, bool may_create, struct key_pair *out) MUST_CHECK;
/* The pin: SHA-256 of the key's SubjectPublicKeyInfo. */
void identity_pin(const struct key_pair *key, uint8_t out[32]);

#endif
