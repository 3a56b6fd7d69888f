/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that must be read of a peer's X.509 certificate (RFC 5280): its public key. Names,
 * validity, extensions and the signature are not looked at (early/contract/PROTOCOL.md, section 1);
 * the structure around the key still has to be strict DER.
 */
#ifndef CRYPTO_CERTIFICATE_H
#define CRYPTO_CERTIFICATE_H

#include "crypto/key.h"

/* False unless the certificate is well-formed with a P-256 key; the point may be off the curve. */
bool certificate_point(const uint8_t *cert, size_t len, uint8_t out_pub[P256_PUB_LEN]) MUST_CHECK;
/* False unless the certificate is well-formed and its key is a valid point on P-256. */
bool certificate_key(const uint8_t *cert, size_t len, uint8_t out_pub[P256_PUB_LEN]) MUST_CHECK;

#endif
