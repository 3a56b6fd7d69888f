/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening of early/contract/PROTOCOL.md, section 7, `wrapped`. Sealing is the service's. */
#include "crypto/aead.h"

#include <string.h>
#include "crypto/digest.h"

static uint8_t *append(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return at + len;
}

void wrap_key(const uint8_t rd[32], const struct wrap_parts *p, uint8_t out[AEAD_KEY_LEN])
{
	static const char classical[] = "protostar wrap v1", hybrid[] = "protostar wrap v2";
	const size_t label_len = sizeof(hybrid) - 1;
	uint8_t info[sizeof(hybrid) - 1 + 2 * P256_PUB_LEN + MLKEM_CT_LEN + MLKEM_PUBLIC_LEN];
	uint8_t ikm[WRAP_Z_LEN + MLKEM_SHARED_LEN];
	uint8_t *info_end = append(info, p->mlkem_pub ? hybrid : classical, label_len);
	uint8_t *ikm_end = append(ikm, p->z, WRAP_Z_LEN);

	info_end = append(info_end, p->eph_pub, P256_PUB_LEN);
	info_end = append(info_end, p->kem_pub, P256_PUB_LEN);
	if (p->mlkem_pub) {
		info_end = append(info_end, p->mlkem_ct, MLKEM_CT_LEN);
		info_end = append(info_end, p->mlkem_pub, MLKEM_PUBLIC_LEN);
		ikm_end = append(ikm_end, p->mlkem_shared, MLKEM_SHARED_LEN);
	}
	hkdf256(rd, 32, ikm, (size_t)(ikm_end - ikm), info, (size_t)(info_end - info), out,
		AEAD_KEY_LEN);
	wipe(ikm, sizeof(ikm));
}

/* The key from both secrets of one that was made for kem; head is what stands before the body. */
static struct status open_key(const struct kem_pair *kem, const uint8_t rd[32], const uint8_t *head,
	uint8_t out[AEAD_KEY_LEN])
{
	uint8_t z[WRAP_Z_LEN], shared[MLKEM_SHARED_LEN];
	struct wrap_parts parts = {
		.z = z,
		.eph_pub = head,
		.kem_pub = kem->p256.pub,
		.mlkem_pub = kem_mlkem_pub(kem),
		.mlkem_ct = head + P256_PUB_LEN,
		.mlkem_shared = shared,
	};

	TRY(key_agree(&kem->p256, head, z));
	if (parts.mlkem_pub)
		kem_decapsulate(kem, parts.mlkem_ct, shared);
	wrap_key(rd, &parts, out);
	wipe(z, sizeof(z));
	wipe(shared, sizeof(shared));
	return OK;
}

struct status wrap_open(const struct kem_pair *kem, const uint8_t rd[32], const void *aad,
	size_t aad_len, const uint8_t *wrapped, size_t len, struct secret *out)
{
	static const uint8_t nonce[AEAD_NONCE_LEN]; /* zero: each key is used once */
	const size_t overhead = wrap_overhead(kem_mlkem_pub(kem));
	uint8_t key[AEAD_KEY_LEN];
	const uint8_t *body;
	struct secret plain;
	struct status s;

	if (len <= overhead)
		return fail(E_WRAP_SHORT);
	TRY(secret_new(len - overhead, &plain));
	s = open_key(kem, rd, wrapped, key);
	if (!failed(s)) {
		body = wrapped + overhead - AEAD_TAG_LEN;
		memcpy(plain.bytes, body, plain.len);
		s = aead_open(key, nonce, aad, aad_len, plain.bytes, plain.len, body + plain.len);
	}
	wipe(key, sizeof(key));
	if (failed(s)) {
		secret_free(&plain);
		return s;
	}
	*out = plain;
	return OK;
}
