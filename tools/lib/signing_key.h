/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private key that signs, from a PEM or DER file or from a PKCS#11 token ("pkcs11:token=...").
 * OpenSSL reads both: a token through its provider "pkcs11" when the machine has one, otherwise
 * through the engine of that name (Debian: libengine-pkcs11-openssl). A token's key never leaves
 * it. A file's key lies in OpenSSL's locked heap as far as OpenSSL puts it there; core dumps are
 * off from the first call on. Nothing here prints key material.
 *
 * Order: signing_key_open(); signing_key_sign(), signing_key_fingerprint(); signing_key_close().
 */
#ifndef TOOLS_LIB_SIGNING_KEY_H
#define TOOLS_LIB_SIGNING_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bytes.h"

struct signing_key;

/*
 * Opens the key that uri names; a passphrase or PIN is asked for on the terminal when the key needs
 * one and the URI names no file with it (pin-source, RFC 7512 2.4; a PIN itself is refused there,
 * since command lines can be seen). public_path: a PEM file whose key must be the other half of it;
 * NULL: not compared. Only RSA of 2048 to 4096 bits is taken. Complains and returns NULL.
 */
struct signing_key *signing_key_open(const char *uri, const char *public_path);
void signing_key_close(struct signing_key *key);

/* Appends the signature of len bytes: RSASSA-PKCS1-v1_5 with SHA-256. Complains. */
bool signing_key_sign(struct signing_key *key, const void *data, size_t len, struct bytes *out);

/* SHA-256 of the public key as RSAPublicKey in DER (RFC 8017, A.1.1). */
bool signing_key_fingerprint(struct signing_key *key, uint8_t out[32]);

#endif
