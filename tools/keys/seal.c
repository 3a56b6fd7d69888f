/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/seal.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <string.h>

#include "early/contract/wire.h"

/* P-256 itself, made once: from it keys are made without a search by name. NULL: no memory. */
static EVP_PKEY *curve(void)
{
	static EVP_PKEY *made;
	EVP_PKEY_CTX *ctx;

	if (made)
		return made;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (!ctx || EVP_PKEY_paramgen_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1) != 1 ||
		EVP_PKEY_paramgen(ctx, &made) != 1)
		made = NULL;
	EVP_PKEY_CTX_free(ctx);
	return made;
}

static const EVP_CIPHER *cipher(void)
{
	static EVP_CIPHER *fetched;

	if (!fetched)
		fetched = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	return fetched;
}

/* NULL when it is no point on the curve. */
static EVP_PKEY *public_key(const uint8_t pub[P256_PUB_LEN])
{
	EVP_PKEY *key = pub[0] == POINT_CONVERSION_UNCOMPRESSED ? EVP_PKEY_new() : NULL;

	if (key && curve() && EVP_PKEY_copy_parameters(key, curve()) == 1 &&
		EVP_PKEY_set1_encoded_public_key(key, pub, P256_PUB_LEN) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *fresh_key(uint8_t out_pub[P256_PUB_LEN])
{
	EVP_PKEY_CTX *ctx = curve() ? EVP_PKEY_CTX_new_from_pkey(NULL, curve(), NULL) : NULL;
	EVP_PKEY *key = NULL;
	size_t len = 0;

	if (ctx && EVP_PKEY_keygen_init(ctx) == 1)
		EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	if (key &&
		EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out_pub,
			P256_PUB_LEN, &len) == 1 &&
		len == P256_PUB_LEN)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* The x coordinate that both sides compute. The peer's point is on the curve already. */
static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[32])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t len = 32;
	bool good = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		    EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
		    EVP_PKEY_derive(ctx, out, &len) == 1 && len == 32;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* Writes len bytes and the tag behind them. */
static bool encrypt(
	const uint8_t key[AEAD_KEY_LEN], struct span aad, struct span plain, uint8_t *out)
{
	static const uint8_t nonce[AEAD_NONCE_LEN]; /* zero: each key is used once */
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, last = 0;
	bool good = ctx && cipher() && EVP_EncryptInit_ex2(ctx, cipher(), key, nonce, NULL) == 1 &&
		    EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int)aad.len) == 1 &&
		    EVP_EncryptUpdate(ctx, out, &n, plain.data, (int)plain.len) == 1 &&
		    EVP_EncryptFinal_ex(ctx, out + n, &last) == 1 &&
		    (size_t)n + (size_t)last == plain.len &&
		    EVP_CIPHER_CTX_ctrl(
			    ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, out + plain.len) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return good;
}

bool seal_key_valid(const struct kem_public *to)
{
	EVP_PKEY *key = public_key(to->p256);

	EVP_PKEY_free(key);
	return key && (!to->mlkem.len || (to->mlkem.len == MLKEM_PUBLIC_LEN &&
						 kem_mlkem_valid(to->mlkem.data)));
}

size_t seal_len(const struct kem_public *to, size_t plain_len)
{
	return plain_len + wrap_overhead(to->mlkem.len);
}

/* Writes what stands before the ciphertext, and derives its key from the secrets agreed on. */
static bool agree_on_key(const struct kem_public *to, const uint8_t rd[32], uint8_t *out,
	uint8_t out_key[AEAD_KEY_LEN])
{
	uint8_t z[WRAP_Z_LEN], shared[MLKEM_SHARED_LEN];
	struct wrap_parts parts = {
		.z = z,
		.eph_pub = out,
		.kem_pub = to->p256,
		.mlkem_shared = shared,
		.mlkem_ct = out + P256_PUB_LEN,
		.mlkem_pub = to->mlkem.len ? to->mlkem.data : NULL,
	};
	EVP_PKEY *peer = public_key(to->p256), *own = fresh_key(out);
	bool good = peer && own && agree(own, peer, z);

	if (good && parts.mlkem_pub)
		good = to->mlkem.len == MLKEM_PUBLIC_LEN &&
		       !failed(kem_encapsulate(parts.mlkem_pub, out + P256_PUB_LEN, shared));
	if (good)
		wrap_key(rd, &parts, out_key);
	wipe(z, sizeof(z));
	wipe(shared, sizeof(shared));
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	return good;
}

bool seal(const struct kem_public *to, const uint8_t rd[32], struct span aad, struct span plain,
	uint8_t *out, size_t *out_len)
{
	const size_t len = seal_len(to, plain.len);
	uint8_t key[AEAD_KEY_LEN];
	bool good = aad.len <= INT_MAX && plain.len <= INT_MAX && agree_on_key(to, rd, out, key) &&
		    encrypt(key, aad, plain, out + len - plain.len - AEAD_TAG_LEN);

	if (good)
		*out_len = len;
	wipe(key, sizeof(key));
	return good;
}
