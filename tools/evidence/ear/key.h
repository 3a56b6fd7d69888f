/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of attestation results: P-256 (ES256, RFC 7518 section 3.4), out of files that an operator
 * names and never out of a token. The caller frees a key with EVP_PKEY_free().
 */
#ifndef TOOLS_EVIDENCE_EAR_KEY_H
#define TOOLS_EVIDENCE_EAR_KEY_H

#include <openssl/evp.h>

#include "early/contract/wire.h"
#include "tools/lib/failure.h"

#define EAR_KEY_FILE_MAX 16384u /* bytes */

/*
 * A public key out of the text of a JSON Web Key (RFC 7517: "kty" EC, "crv" P-256, "x", "y") or of
 * PEM ("PUBLIC KEY"). A JWK that has the private half, or is for another use, is refused.
 */
struct failure ear_public_key(struct span text, EVP_PKEY **out) MUST_CHECK;

/*
 * A private key out of a file in PEM or DER, without a passphrase. The file must be its owner's
 * alone. Needs the room of secrets (crypto/secret.h) open; the file's bytes are wiped.
 */
struct failure ear_private_key(const char *path, EVP_PKEY **out) MUST_CHECK;

#endif
