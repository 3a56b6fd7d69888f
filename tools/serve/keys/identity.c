/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/keys/identity.h"

#include <string.h>

#include "crypto/digest.h"
#include "tools/lib/private_file.h"

/* ECPrivateKey ::= SEQUENCE { 1, OCTET STRING (32), [0] prime256v1, [1] BIT STRING (65) } */
static const uint8_t before_private[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t before_public[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00};
#define PRIVATE_AT sizeof(before_private)
#define CURVE_AT   (PRIVATE_AT + P256_PRIV_LEN)
#define PUBLIC_AT  (CURVE_AT + sizeof(before_public))
#define DER_LEN	   (PUBLIC_AT + P256_PUB_LEN)

static bool decode(const struct secret *der, struct key_pair *out)
{
	struct key_pair key;

	if (der->len != DER_LEN || memcmp(der->bytes, before_private, PRIVATE_AT) != 0 ||
		memcmp(der->bytes + CURVE_AT, before_public, sizeof(before_public)) != 0)
		return false;
	if (failed(key_from_private(der->bytes + PRIVATE_AT, &key)))
		return false;
	if (!equal_ct(der->bytes + PUBLIC_AT, key.pub, P256_PUB_LEN)) {
		key_free(&key);
		return false;
	}
	*out = key;
	return true;
}

static struct failure create(const char *path)
{
	SECRET_AUTO der = {0};
	struct key_pair key;

	if (failed(secret_new(DER_LEN, &der)) || failed(key_generate(&key)))
		return refuse("cannot make a key for the service");
	memcpy(der.bytes, before_private, PRIVATE_AT);
	memcpy(der.bytes + PRIVATE_AT, key.priv.bytes, P256_PRIV_LEN);
	memcpy(der.bytes + CURVE_AT, before_public, sizeof(before_public));
	memcpy(der.bytes + PUBLIC_AT, key.pub, P256_PUB_LEN);
	key_free(&key);
	return private_file_create(path, der.bytes, der.len);
}

struct failure identity_open(const char *path, bool may_create, struct key_pair *out)
{
	SECRET_AUTO der = {0};
	bool absent;
	struct failure f = private_file_read(path, SECRET_MAX, &der, &absent);

	if (absent && may_create) {
		TRY_FAILURE(create(path));
		f = private_file_read(path, SECRET_MAX, &der, NULL);
	}
	if (f.happened)
		return f;
	if (!decode(&der, out))
		return refuse("%s is not a P-256 ECPrivateKey in DER", path);
	return failure_none();
}

void identity_pin(const struct key_pair *key, uint8_t out[32])
{
	uint8_t spki[P256_SPKI_LEN];

	key_spki(key->pub, spki);
	sha256(spki, sizeof(spki), out);
}
