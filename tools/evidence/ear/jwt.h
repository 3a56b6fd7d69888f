/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signed JSON texts (JWS compact serialization, RFC 7515; JWT, RFC 7519) with one algorithm: ES256.
 *
 * A token never chooses how it is checked: "alg" must be ES256, the key is the caller's, and what
 * the header says of keys ("jwk", "jku", "x5c", "x5u", "kid") is not looked at. "crit" names
 * something that this reader would have to know, so that a token with it is refused.
 */
#ifndef TOOLS_EVIDENCE_EAR_JWT_H
#define TOOLS_EVIDENCE_EAR_JWT_H

#include <openssl/evp.h>

#include "early/contract/wire.h"
#include "tools/lib/bytes.h"
#include "tools/lib/failure.h"

#define JWT_MAX 65536u /* bytes of a token */

/*
 * Appends the token of these claims (JSON), signed by a P-256 private key. No line's end follows.
 */
struct failure jwt_sign(EVP_PKEY *key, struct span claims, struct bytes *out) MUST_CHECK;

/*
 * Checks a token by a P-256 public key and appends the bytes of its claims to out, which holds
 * them on success only. One line's end behind the token is taken, as text files have it.
 */
struct failure jwt_verify(EVP_PKEY *key, struct span token, struct bytes *out) MUST_CHECK;

#endif
