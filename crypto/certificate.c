/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/certificate.h"

#include <string.h>
#include "crypto/der.h"

/* RFC 5480: SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING } up to the point. */
static const uint8_t spki_prefix[P256_SPKI_LEN - P256_PUB_LEN] = {0x30, 0x59, 0x30, 0x13, 0x06,
	0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

/* RFC 5758: SEQUENCE { ecdsa-with-SHA256 }. */
#define ECDSA_SHA256 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02

void key_spki(const uint8_t pub[P256_PUB_LEN], uint8_t out[P256_SPKI_LEN])
{
	memcpy(out, spki_prefix, sizeof(spki_prefix));
	memcpy(out + sizeof(spki_prefix), pub, P256_PUB_LEN);
}

static bool take_point(const uint8_t *spki, size_t len, uint8_t out_pub[P256_PUB_LEN])
{
	if (len != P256_SPKI_LEN || memcmp(spki, spki_prefix, sizeof(spki_prefix)) != 0)
		return false;
	memcpy(out_pub, spki + sizeof(spki_prefix), P256_PUB_LEN);
	return true;
}

bool key_from_spki(const uint8_t *spki, size_t len, uint8_t out_pub[P256_PUB_LEN])
{
	uint8_t pub[P256_PUB_LEN];

	if (!take_point(spki, len, pub) || !key_pub_valid(pub))
		return false;
	memcpy(out_pub, pub, P256_PUB_LEN);
	return true;
}

bool certificate_point(const uint8_t *cert, size_t len, uint8_t out_pub[P256_PUB_LEN])
{
	struct der in = {cert, len}, outer, tbs, part, key;

	if (!der_take(&in, DER_SEQUENCE, &outer) || in.left)
		return false;
	if (!der_take(&outer, DER_SEQUENCE, &tbs))
		return false;
	if (!der_take(&outer, DER_SEQUENCE, &part)) /* signatureAlgorithm */
		return false;
	if (!der_take(&outer, DER_BIT_STRING, &part) || outer.left)
		return false;
	if (tbs.left && tbs.at[0] == DER_CONTEXT_0 && !der_take(&tbs, DER_CONTEXT_0, &part))
		return false;
	if (!der_take(&tbs, DER_INTEGER, &part)) /* serialNumber */
		return false;
	for (int i = 0; i < 4; i++) { /* signature, issuer, validity, subject */
		if (!der_take(&tbs, DER_SEQUENCE, &part))
			return false;
	}
	key = tbs;
	return der_take(&tbs, DER_SEQUENCE, &part) &&
	       take_point(key.at, key.left - tbs.left, out_pub);
}

bool certificate_key(const uint8_t *cert, size_t len, uint8_t out_pub[P256_PUB_LEN])
{
	return certificate_point(cert, len, out_pub) && key_pub_valid(out_pub);
}

/*
 * All of the certificate but its key, before and behind it: version 1, serial 1, empty names, 1970
 * to 9999. The signature is r = s = 1: nobody looks at it (early/contract/PROTOCOL.md, section 1).
 */
static const uint8_t before_key[] = {0x30, 0x81, 0xaa, 0x30, 0x81, 0x90, 0x02, 0x01, 0x01,
	ECDSA_SHA256, 0x30, 0x00, 0x30, 0x20, 0x17, 0x0d, '7', '0', '0', '1', '0', '1', '0', '0',
	'0', '0', '0', '0', 'Z', 0x18, 0x0f, '9', '9', '9', '9', '1', '2', '3', '1', '2', '3', '5',
	'9', '5', '9', 'Z', 0x30, 0x00};
static const uint8_t behind_key[] = {
	ECDSA_SHA256, 0x03, 0x09, 0x00, 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};

_Static_assert(sizeof(before_key) + P256_SPKI_LEN + sizeof(behind_key) == CERT_LEN, "its length");

void key_certificate(const uint8_t pub[P256_PUB_LEN], uint8_t out[CERT_LEN])
{
	memcpy(out, before_key, sizeof(before_key));
	key_spki(pub, out + sizeof(before_key));
	memcpy(out + sizeof(before_key) + P256_SPKI_LEN, behind_key, sizeof(behind_key));
}
