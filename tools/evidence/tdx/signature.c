/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/signature.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>

#define NUMBER_LEN 32
#define DER_CAP	   80u
#define GROUP	   "prime256v1"

static size_t encode(const uint8_t signature[static 64], uint8_t out[DER_CAP])
{
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, NUMBER_LEN, NULL);
	BIGNUM *s = BN_bin2bn(signature + NUMBER_LEN, NUMBER_LEN, NULL);
	uint8_t *at = out;
	int len = 0;

	if (parsed && r && s && ECDSA_SIG_set0(parsed, r, s) == 1) {
		r = s = NULL; /* the signature's now */
		if (i2d_ECDSA_SIG(parsed, NULL) <= (int)DER_CAP)
			len = i2d_ECDSA_SIG(parsed, &at);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(parsed);
	return len > 0 ? (size_t)len : 0;
}

static bool is_p256(EVP_PKEY *key)
{
	char group[32];

	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, GROUP) == 0;
}

bool tdx_signature_good(EVP_PKEY *key, struct span message, const uint8_t signature[static 64])
{
	uint8_t der[DER_CAP];
	size_t len = encode(signature, der);
	EVP_MD_CTX *ctx = len && key && is_p256(key) ? EVP_MD_CTX_new() : NULL;
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, der, len, message.data, message.len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

EVP_PKEY *tdx_key_from_point(const uint8_t point[static 64])
{
	uint8_t uncompressed[65] = {4};
	char group[] = GROUP;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(
			OSSL_PKEY_PARAM_PUB_KEY, uncompressed, sizeof(uncompressed)),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	memcpy(uncompressed + 1, point, 64);
	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return key;
}
