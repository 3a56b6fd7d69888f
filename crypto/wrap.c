/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening of early/contract/PROTOCOL.md, section 7, `wrapped`. Sealing is the service's. */
#include "crypto/aead.h"

#include <string.h>
#include "crypto/digest.h"

/* early/contract/PROTOCOL.md, section 7: HKDF(salt = rd, ikm = z, info = label | both points). */
static void wrap_key(const uint8_t rd[32], const uint8_t z[32], const uint8_t eph_pub[P256_PUB_LEN],
	const uint8_t kem_pub[P256_PUB_LEN], uint8_t out[AEAD_KEY_LEN])
{
	static const char label[] = "protostar wrap v1";
	uint8_t info[sizeof(label) - 1 + 2 * P256_PUB_LEN];

	memcpy(info, label, sizeof(label) - 1);
	memcpy(info + sizeof(label) - 1, eph_pub, P256_PUB_LEN);
	memcpy(info + sizeof(label) - 1 + P256_PUB_LEN, kem_pub, P256_PUB_LEN);
	hkdf256(rd, 32, z, 32, info, sizeof(info), out, AEAD_KEY_LEN);
}

struct status wrap_open(const struct key_pair *kem, const uint8_t rd[32], const void *aad,
	size_t aad_len, const uint8_t *wrapped, size_t len, struct secret *out)
{
	static const uint8_t nonce[AEAD_NONCE_LEN]; /* zero: each key is used once */
	uint8_t z[32], key[AEAD_KEY_LEN];
	const uint8_t *body = wrapped + P256_PUB_LEN;
	struct secret plain;
	struct status s;

	if (len <= WRAP_OVERHEAD)
		return fail(E_WRAP_SHORT);
	TRY(secret_new(len - WRAP_OVERHEAD, &plain));
	s = key_agree(kem, wrapped, z);
	if (!failed(s)) {
		wrap_key(rd, z, wrapped, kem->pub, key);
		memcpy(plain.bytes, body, plain.len);
		s = aead_open(key, nonce, aad, aad_len, plain.bytes, plain.len, body + plain.len);
	}
	wipe(z, sizeof(z));
	wipe(key, sizeof(key));
	if (failed(s)) {
		secret_free(&plain);
		return s;
	}
	*out = plain;
	return OK;
}
