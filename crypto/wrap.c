#include "crypto/aead.h"

#include <string.h>
#include "crypto/digest.h"

/* early/contract/PROTOCOL.md, section 7: `wrapped`. The key is used once, so the nonce is zero. */
static const uint8_t zero_nonce[AEAD_NONCE_LEN];

/* key = HKDF(salt = rd, ikm = z, info = label | eph_pub | kem_pub). */
static void derive_key(const uint8_t rd[32], const uint8_t z[32],
	const uint8_t eph_pub[P256_PUB_LEN], const uint8_t kem_pub[P256_PUB_LEN],
	uint8_t out[AEAD_KEY_LEN])
{
	static const char label[] = "protostar wrap v1";
	uint8_t info[sizeof(label) - 1 + 2 * P256_PUB_LEN];

	memcpy(info, label, sizeof(label) - 1);
	memcpy(info + sizeof(label) - 1, eph_pub, P256_PUB_LEN);
	memcpy(info + sizeof(label) - 1 + P256_PUB_LEN, kem_pub, P256_PUB_LEN);
	hkdf256(rd, 32, z, 32, info, sizeof(info), out, AEAD_KEY_LEN);
}

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
		derive_key(rd, z, eph.pub, kem_pub, key);
		memcpy(out, eph.pub, P256_PUB_LEN);
		memmove(body, plain, len);
		aead_seal(key, zero_nonce, aad, aad_len, body, len, body + len);
	}
	wipe(z, sizeof(z));
	wipe(key, sizeof(key));
	key_free(&eph);
	return s;
}

struct status wrap_open(const struct key_pair *kem, const uint8_t rd[32], const void *aad,
	size_t aad_len, const uint8_t *wrapped, size_t len, struct secret *out)
{
	uint8_t z[32], key[AEAD_KEY_LEN];
	const uint8_t *body = wrapped + P256_PUB_LEN;
	struct secret plain;
	struct status s;

	if (len <= WRAP_OVERHEAD)
		return fail(E_WRAP_SHORT);
	TRY(secret_new(len - WRAP_OVERHEAD, &plain));
	s = key_agree(kem, wrapped, z);
	if (!failed(s)) {
		derive_key(rd, z, wrapped, kem->pub, key);
		memcpy(plain.bytes, body, plain.len);
		s = aead_open(
			key, zero_nonce, aad, aad_len, plain.bytes, plain.len, body + plain.len);
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
