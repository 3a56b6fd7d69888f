/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/errors.h"
#include "crypto/tpm_evidence.h"

#include <string.h>
#include "crypto/digest.h"

#define SECRET_LEN_MAX 32u
#define AES_BLOCK      16u
#define AES128_KEY_LEN 16u
#define COORDINATE_LEN 34u

/* Part 1, 11.4.10.2, one round: the first bits of HMAC(key, 1 | label NUL | context | bits). */
static void kdfa(const uint8_t key[SHA256_LEN], const char *label, const uint8_t *context,
	size_t context_len, uint8_t *out, size_t out_len)
{
	static const uint8_t counter[4] = {0, 0, 0, 1};
	uint8_t bits[4] = {0, 0, (uint8_t)(out_len * 8 >> 8), (uint8_t)(out_len * 8)};
	uint8_t block[SHA256_LEN];
	struct hmac256 h;

	hmac256_start(&h, key, SHA256_LEN);
	hmac256_add(&h, counter, sizeof(counter));
	hmac256_add(&h, label, strlen(label) + 1);
	hmac256_add(&h, context, context_len);
	hmac256_add(&h, bits, sizeof(bits));
	hmac256_end(&h, block);
	memcpy(out, block, out_len);
	wipe(block, sizeof(block));
}

/* Part 1, 11.4.10.3, one round: H(1 | z | label NUL | x of U | x of V). */
static void kdfe(const uint8_t z[32], const char *label, const uint8_t u_x[32],
	const uint8_t v_x[32], uint8_t out[SHA256_LEN])
{
	static const uint8_t counter[4] = {0, 0, 0, 1};
	br_sha256_context c;

	br_sha256_init(&c);
	br_sha256_update(&c, counter, sizeof(counter));
	br_sha256_update(&c, z, 32);
	br_sha256_update(&c, label, strlen(label) + 1);
	br_sha256_update(&c, u_x, 32);
	br_sha256_update(&c, v_x, 32);
	br_sha256_out(&c, out);
	wipe(&c, sizeof(c));
}

/* AES-128-CFB with a zero IV, in place. BearSSL has CBC: one block of it is the bare cipher. */
static void cfb_encrypt(const uint8_t key[AES128_KEY_LEN], uint8_t *data, size_t len)
{
	br_aes_ct64_cbcenc_keys aes;
	uint8_t feedback[AES_BLOCK] = {0};

	br_aes_ct64_cbcenc_init(&aes, key, AES128_KEY_LEN);
	while (len) {
		size_t part = len < AES_BLOCK ? len : AES_BLOCK;
		uint8_t no_iv[AES_BLOCK] = {0};

		br_aes_ct64_cbcenc_run(&aes, no_iv, feedback, AES_BLOCK);
		for (size_t i = 0; i < part; i++)
			data[i] ^= feedback[i];
		memcpy(feedback, data, part);
		data += part;
		len -= part;
	}
	wipe(&aes, sizeof(aes));
}

/* A TPM2B_ECC_PARAMETER: one coordinate of a point, as long as the field's elements. */
static void put_coordinate(uint8_t *out, const uint8_t value[32])
{
	out[0] = 0;
	out[1] = 32;
	memcpy(out + 2, value, 32);
}

/* Annex C.6.4: the seed for the EK, and the ephemeral point that lets the EK find it. */
static struct status share_seed(const struct tpm_public *ek, uint8_t out_seed[SHA256_LEN],
	uint8_t out_point[TPM_CREDENTIAL_MAX], size_t *out_point_len)
{
	struct key_pair eph;
	struct status s;
	uint8_t z[32];

	TRY(key_generate(&eph));
	s = key_agree(&eph, ek->pub, z);
	if (!failed(s)) {
		kdfe(z, "IDENTITY", eph.pub + 1, ek->pub + 1, out_seed);
		put_coordinate(out_point, eph.pub + 1);
		put_coordinate(out_point + COORDINATE_LEN, eph.pub + 33);
		*out_point_len = 2 * COORDINATE_LEN;
	}
	wipe(z, sizeof(z));
	key_free(&eph);
	return s;
}

/* Part 1, 24.4 and 24.5: TPM2B integrity | encrypted TPM2B secret. */
static size_t seal_identity(const uint8_t seed[SHA256_LEN], const uint8_t ak_name[TPM_NAME_LEN],
	const uint8_t *secret, size_t secret_len, uint8_t out[TPM_CREDENTIAL_MAX])
{
	uint8_t key[AES128_KEY_LEN], mac_key[SHA256_LEN];
	uint8_t *identity = out + 2 + SHA256_LEN;
	size_t identity_len = 2 + secret_len;
	struct hmac256 h;

	identity[0] = 0;
	identity[1] = (uint8_t)secret_len;
	memcpy(identity + 2, secret, secret_len);
	kdfa(seed, "STORAGE", ak_name, TPM_NAME_LEN, key, sizeof(key));
	cfb_encrypt(key, identity, identity_len);

	kdfa(seed, "INTEGRITY", NULL, 0, mac_key, sizeof(mac_key));
	hmac256_start(&h, mac_key, sizeof(mac_key));
	hmac256_add(&h, identity, identity_len);
	hmac256_add(&h, ak_name, TPM_NAME_LEN);
	out[0] = 0;
	out[1] = SHA256_LEN;
	hmac256_end(&h, out + 2);
	wipe(key, sizeof(key));
	wipe(mac_key, sizeof(mac_key));
	return 2 + SHA256_LEN + identity_len;
}

struct status tpm_make_credential(const struct tpm_public *ek, const uint8_t ak_name[TPM_NAME_LEN],
	const uint8_t *secret, size_t secret_len, uint8_t out_blob[TPM_CREDENTIAL_MAX],
	size_t *out_blob_len, uint8_t out_encrypted[TPM_CREDENTIAL_MAX], size_t *out_encrypted_len)
{
	uint8_t seed[SHA256_LEN];

	if (!secret_len || secret_len > SECRET_LEN_MAX)
		return fail(E_TPM_CREDENTIAL_SECRET);
	TRY(share_seed(ek, seed, out_encrypted, out_encrypted_len));
	*out_blob_len = seal_identity(seed, ak_name, secret, secret_len, out_blob);
	wipe(seed, sizeof(seed));
	return OK;
}
