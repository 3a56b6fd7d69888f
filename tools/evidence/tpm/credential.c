/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/credential.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>
#include "tools/evidence/tpm/area.h"
#include "tools/evidence/tpm/credential_private.h"
#include "tools/evidence/tpm/key.h"
#include "tools/lib/bytes.h"

#define HASH_MAX      48u
#define SHARED_MAX    48u
#define POINT_MAX     97u
#define KDF_INPUT_MAX 192u

static const char label[] = "IDENTITY"; /* with its NUL */

static const EVP_MD *hash_of(const struct tpm_public *ek)
{
	return ek->name_hash == ALG_SHA384 ? EVP_sha384() : EVP_sha256();
}

static uint8_t *append(uint8_t *at, const void *data, size_t len)
{
	if (len)
		memcpy(at, data, len);
	return at + len;
}

/* Part 1, 11.4.10.2, one round: the first bits of HMAC(seed, 1 | usage NUL | context | bits). */
static bool kdfa(const struct tpm_public *ek, const uint8_t *seed, const char *usage,
	const uint8_t *context, size_t context_len, uint8_t *out, size_t out_len)
{
	uint8_t input[KDF_INPUT_MAX] = {0, 0, 0, 1}, block[HASH_MAX], *at = input + 4;
	bool good;

	at = append(at, usage, strlen(usage) + 1);
	at = append(at, context, context_len);
	put_be32(at, (uint32_t)(out_len * 8));
	good = HMAC(hash_of(ek), seed, (int)tpm_hash_len(ek->name_hash), input,
		(size_t)(at + 4 - input), block, NULL);
	memcpy(out, block, out_len);
	OPENSSL_cleanse(block, sizeof(block));
	return good;
}

/* Part 1, 11.4.10.3, one round: H(1 | z | label NUL | x of U | x of V). */
static bool kdfe(const struct tpm_public *ek, const uint8_t *z, const uint8_t *u_x, uint8_t *out)
{
	uint8_t input[KDF_INPUT_MAX] = {0, 0, 0, 1}, *at = input + 4;
	size_t half = (ek->key_len - 1) / 2;
	bool good;

	at = append(at, z, half);
	at = append(at, label, sizeof(label));
	at = append(at, u_x, half);
	at = append(at, ek->key + 1, half);
	good = tpm_hash(ek->name_hash, input, (size_t)(at - input), out);
	OPENSSL_cleanse(input, sizeof(input));
	return good;
}

/*
 * tpm_key_open() saw that the peer's point is one of the curve's, and both curves' order is a
 * prime: there is nothing else to check of it.
 */
static bool agree(EVP_PKEY *ephemeral, EVP_PKEY *peer, uint8_t z[SHARED_MAX])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ephemeral, NULL);
	size_t len = SHARED_MAX;
	bool good = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		    EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
		    EVP_PKEY_derive(ctx, z, &len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* Annex C.6.4: the seed for the EK, and the ephemeral point that lets the EK find it. */
static bool share_by_ecdh(const struct tpm_public *ek, EVP_PKEY *ephemeral, EVP_PKEY *peer,
	uint8_t seed[HASH_MAX], struct tpm_credential *out)
{
	size_t half = (ek->key_len - 1) / 2, len;
	uint8_t z[SHARED_MAX], point[POINT_MAX], *at = out->encrypted;
	bool good = EVP_PKEY_get_octet_string_param(
			    ephemeral, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) &&
		    len == ek->key_len && agree(ephemeral, peer, z);

	good = good && kdfe(ek, z, point + 1, seed);
	OPENSSL_cleanse(z, sizeof(z));
	if (!good)
		return false;
	/* Two TPM2B_ECC_PARAMETERs, as long as the field's elements. */
	for (size_t i = 0; i < 2; i++) {
		put_be16(at, (uint16_t)half);
		at = append(at + 2, point + 1 + i * half, half);
	}
	out->encrypted_len = (size_t)(at - out->encrypted);
	return true;
}

/* Annex B.10.4: a random seed by OAEP with the EK's name algorithm and the label. */
static bool share_by_oaep(const struct tpm_public *ek, EVP_PKEY *peer, uint8_t seed[HASH_MAX],
	struct tpm_credential *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(peer, NULL);
	uint8_t *owned = OPENSSL_memdup(label, sizeof(label));
	size_t seed_len = tpm_hash_len(ek->name_hash);
	bool good = ctx && owned && RAND_priv_bytes(seed, (int)seed_len) == 1 &&
		    EVP_PKEY_encrypt_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, hash_of(ek)) == 1 &&
		    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, hash_of(ek)) == 1 &&
		    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, owned, sizeof(label)) == 1;

	if (!good) {
		OPENSSL_free(owned);
	} else {
		out->encrypted_len = sizeof(out->encrypted);
		good = EVP_PKEY_encrypt(ctx, out->encrypted, &out->encrypted_len, seed, seed_len) ==
		       1;
	}
	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* AES-CFB with a zero IV, in place. */
static bool cfb_encrypt(const struct tpm_public *ek, const uint8_t *key, uint8_t *data, size_t len)
{
	static const uint8_t no_iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher = ek->symmetric_bits == 256 ? EVP_aes_256_cfb128()
							     : EVP_aes_128_cfb128();
	int n = 0;
	bool good = ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, key, no_iv) == 1 &&
		    EVP_EncryptUpdate(ctx, data, &n, data, (int)len) == 1 && n == (int)len;

	EVP_CIPHER_CTX_free(ctx);
	return good;
}

/* Part 1, 24.4 and 24.5: TPM2B integrity | encrypted TPM2B secret. */
static bool seal_identity(const struct tpm_public *ek, const uint8_t *seed,
	const uint8_t ak_name[TPM_NAME_LEN], const uint8_t *secret, size_t secret_len,
	struct tpm_credential *out)
{
	size_t hash_len = tpm_hash_len(ek->name_hash);
	uint8_t key[32], mac_key[HASH_MAX], *identity = out->blob + 2 + hash_len;
	size_t identity_len = 2 + secret_len;
	uint8_t sealed[2 + TPM_SECRET_MAX + TPM_NAME_LEN];
	bool good;

	put_be16(identity, (uint16_t)secret_len);
	memcpy(identity + 2, secret, secret_len);
	good = kdfa(ek, seed, "STORAGE", ak_name, TPM_NAME_LEN, key, ek->symmetric_bits / 8u) &&
	       cfb_encrypt(ek, key, identity, identity_len) &&
	       kdfa(ek, seed, "INTEGRITY", NULL, 0, mac_key, hash_len);
	memcpy(append(sealed, identity, identity_len), ak_name, TPM_NAME_LEN);
	put_be16(out->blob, (uint16_t)hash_len);
	good = good && HMAC(hash_of(ek), mac_key, (int)hash_len, sealed,
			       identity_len + TPM_NAME_LEN, out->blob + 2, NULL);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(mac_key, sizeof(mac_key));
	out->blob_len = 2 + hash_len + identity_len;
	return good;
}

enum tpm_fault tpm_make_credential_with(EVP_PKEY *ephemeral, const struct tpm_public *ek,
	const uint8_t ak_name[TPM_NAME_LEN], const uint8_t *secret, size_t secret_len,
	struct tpm_credential *out)
{
	EVP_PKEY *peer = tpm_key_open(ek->kind, ek->key, ek->key_len);
	uint8_t seed[HASH_MAX];
	bool good = peer && secret_len && secret_len <= TPM_SECRET_MAX;

	if (good && ek->kind == TPM_KEY_RSA)
		good = share_by_oaep(ek, peer, seed, out);
	else
		good = good && ephemeral && share_by_ecdh(ek, ephemeral, peer, seed, out);
	good = good && seal_identity(ek, seed, ak_name, secret, secret_len, out);
	OPENSSL_cleanse(seed, sizeof(seed));
	EVP_PKEY_free(peer);
	ERR_clear_error();
	if (good)
		return TPM_GOOD;
	/* Half a credential could hold the secret in the clear. */
	OPENSSL_cleanse(out, sizeof(*out));
	return TPM_CREDENTIAL_FAILED;
}

static EVP_PKEY *fresh_key(enum tpm_key_kind kind)
{
	EVP_PKEY *curve = tpm_key_curve(kind), *key = NULL;
	EVP_PKEY_CTX *ctx = curve ? EVP_PKEY_CTX_new(curve, NULL) : NULL;

	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

enum tpm_fault tpm_make_credential(const struct tpm_public *ek, const uint8_t ak_name[TPM_NAME_LEN],
	const uint8_t *secret, size_t secret_len, struct tpm_credential *out)
{
	EVP_PKEY *ephemeral = NULL;
	enum tpm_fault fault;

	if (ek->kind != TPM_KEY_RSA)
		ephemeral = fresh_key(ek->kind);
	fault = tpm_make_credential_with(ephemeral, ek, ak_name, secret, secret_len, out);
	EVP_PKEY_free(ephemeral);
	return fault;
}
