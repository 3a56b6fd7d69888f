/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/wrap.h"

#include <string.h>

struct status wrap_seal(const uint8_t kem_pub[P256_PUB_LEN], const uint8_t rd[32], const void *aad,
	size_t aad_len, const uint8_t *plain, size_t len, uint8_t *out)
{
	uint8_t z[32], key[AEAD_KEY_LEN];
	uint8_t *body = out + P256_PUB_LEN;
	struct key_pair eph;
	struct status s;

	TRY(key_generate(&eph));
	s = key_agree(&eph, kem_pub, z);
	if (!failed(s)) {
		wrap_key(rd, z, eph.pub, kem_pub, key);
		memcpy(out, eph.pub, P256_PUB_LEN);
		memmove(body, plain, len);
		aead_seal(key, wrap_nonce, aad, aad_len, body, len, body + len);
	}
	wipe(z, sizeof(z));
	wipe(key, sizeof(key));
	key_free(&eph);
	return s;
}
