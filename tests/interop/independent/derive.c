/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/independent/derive.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "the client cannot go on: %s\n", what);
	exit(2);
}

const EVP_MD *hash_md(unsigned alg)
{
	return alg == HASH_SHA1 ? EVP_sha1() : alg == HASH_SHA384 ? EVP_sha384() : EVP_sha256();
}

size_t hash_len(unsigned alg)
{
	return (size_t)EVP_MD_get_size(hash_md(alg));
}

void hash_of(unsigned alg, const void *data, size_t len, uint8_t *out)
{
	need(EVP_Digest(data, len, out, NULL, hash_md(alg), NULL) == 1, "a hash");
}

void hmac_of(unsigned alg, struct span key, struct span data, uint8_t *out)
{
	need(HMAC(hash_md(alg), key.data, (int)key.len, data.data, data.len, out, NULL), "HMAC");
}

void hkdf(struct span salt, struct span ikm, struct span info, uint8_t out[32])
{
	uint8_t prk[32];
	struct buf block = {0};

	hmac_of(HASH_SHA256, salt, ikm, prk);
	put_raw(&block, info.data, info.len);
	put_uint(&block, 1, 1);
	hmac_of(HASH_SHA256, (struct span){prk, 32}, (struct span){block.data, block.len}, out);
	buf_free(&block);
}

bool gcm_open(const uint8_t key[32], struct span aad, struct span sealed, uint8_t *out)
{
	static const uint8_t nonce[12];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t tag[16];
	int n, body = (int)sealed.len - 16;
	bool good = ctx && body >= 0;

	for (int i = 0; good && i < 16; i++)
		tag[i] = sealed.data[body + i];
	good = good && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
	       EVP_DecryptUpdate(ctx, NULL, &n, aad.data, (int)aad.len) == 1 &&
	       EVP_DecryptUpdate(ctx, out, &n, sealed.data, body) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16, tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, out + n, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

size_t point_of(EVP_PKEY *key, uint8_t out[POINT_MAX])
{
	size_t len = 0;

	need(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, POINT_MAX, &len) ==
				1 &&
			out[0] == 4,
		"a point");
	return len;
}

EVP_PKEY *key_of_point(const char *curve, const uint8_t *point, size_t len)
{
	char group[8];
	uint8_t copy[POINT_MAX];
	OSSL_PARAM params[3] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, len),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	need(len <= sizeof(copy), "the length of a point");
	memcpy(copy, point, len);
	snprintf(group, sizeof(group), "%s", curve);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

size_t share(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[HASH_MAX])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = HASH_MAX;

	need(ctx && peer && EVP_PKEY_derive_init(ctx) == 1 &&
			EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
			EVP_PKEY_derive(ctx, out, &len) == 1,
		"ECDH");
	EVP_PKEY_CTX_free(ctx);
	return len;
}
