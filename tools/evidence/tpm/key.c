/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <string.h>

#define RSA_EXPONENT 65537u

static EVP_PKEY *rsa_of(OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *open_rsa(const uint8_t *modulus, size_t len)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(modulus, (int)len, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key;

	if (build && n && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
		OSSL_PARAM_BLD_push_uint(build, OSSL_PKEY_PARAM_RSA_E, RSA_EXPONENT))
		params = OSSL_PARAM_BLD_to_param(build);
	key = rsa_of(params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	return key;
}

/* The curves' own parameters, made once: a key takes a copy, where each search by name is dear. */
static EVP_PKEY *curves[2];
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static EVP_PKEY *make_curve(int nid)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *made = NULL;

	if (!ctx || EVP_PKEY_paramgen_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, nid) != 1 ||
		EVP_PKEY_paramgen(ctx, &made) != 1)
		made = NULL;
	EVP_PKEY_CTX_free(ctx);
	return made;
}

static void make_curves(void)
{
	curves[0] = make_curve(NID_X9_62_prime256v1);
	curves[1] = make_curve(NID_secp384r1);
}

EVP_PKEY *tpm_key_curve(enum tpm_key_kind kind)
{
	CRYPTO_THREAD_run_once(&once, make_curves);
	return curves[kind == TPM_KEY_P384];
}

static EVP_PKEY *open_point(EVP_PKEY *curve, const uint8_t *point, size_t len)
{
	EVP_PKEY *key = curve && point[0] == POINT_CONVERSION_UNCOMPRESSED ? EVP_PKEY_new() : NULL;

	if (key && EVP_PKEY_copy_parameters(key, curve) == 1 &&
		EVP_PKEY_set1_encoded_public_key(key, point, len) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

EVP_PKEY *tpm_key_open(enum tpm_key_kind kind, const uint8_t *key, size_t key_len)
{
	EVP_PKEY *opened = NULL;

	if (kind == TPM_KEY_RSA && key_len && key_len <= TPM_KEY_MAX)
		opened = open_rsa(key, key_len);
	if ((kind == TPM_KEY_P256 && key_len == 1 + 2 * 32) ||
		(kind == TPM_KEY_P384 && key_len == 1 + 2 * 48))
		opened = open_point(tpm_key_curve(kind), key, key_len);
	ERR_clear_error();
	return opened;
}

bool tpm_key_valid(enum tpm_key_kind kind, const uint8_t *key, size_t key_len)
{
	EVP_PKEY *opened;

	if (kind == TPM_KEY_RSA)
		return true;
	opened = tpm_key_open(kind, key, key_len);
	EVP_PKEY_free(opened);
	return opened;
}

static bool read_rsa(const EVP_PKEY *from, struct tpm_public *out)
{
	BIGNUM *n = NULL, *e = NULL;
	int len = (EVP_PKEY_get_bits(from) + 7) / 8;
	bool good = len > 0 && len <= (int)sizeof(out->key) &&
		    EVP_PKEY_get_bn_param(from, OSSL_PKEY_PARAM_RSA_N, &n) &&
		    EVP_PKEY_get_bn_param(from, OSSL_PKEY_PARAM_RSA_E, &e) &&
		    BN_is_word(e, RSA_EXPONENT) && BN_bn2binpad(n, out->key, len) == len;

	out->kind = TPM_KEY_RSA;
	out->key_len = good ? (size_t)len : 0;
	BN_free(n);
	BN_free(e);
	return good;
}

static bool read_point(const EVP_PKEY *from, struct tpm_public *out)
{
	char group[32];
	size_t want;

	if (!EVP_PKEY_get_group_name(from, group, sizeof(group), NULL))
		return false;
	out->kind = strcmp(group, SN_secp384r1) ? TPM_KEY_P256 : TPM_KEY_P384;
	want = out->kind == TPM_KEY_P384 ? 1 + 2 * 48 : 1 + 2 * 32;
	return (out->kind == TPM_KEY_P384 || !strcmp(group, SN_X9_62_prime256v1)) &&
	       EVP_PKEY_get_octet_string_param(
		       from, OSSL_PKEY_PARAM_PUB_KEY, out->key, sizeof(out->key), &out->key_len) &&
	       out->key_len == want && out->key[0] == 0x04;
}

bool tpm_key_read(const EVP_PKEY *from, struct tpm_public *out)
{
	bool good;

	memset(out, 0, sizeof(*out));
	if (EVP_PKEY_is_a(from, "RSA"))
		good = read_rsa(from, out);
	else
		good = EVP_PKEY_is_a(from, "EC") && read_point(from, out);
	ERR_clear_error();
	return good;
}

bool tpm_key_same(const struct tpm_public *key, const EVP_PKEY *other)
{
	struct tpm_public read;

	return tpm_key_read(other, &read) && read.kind == key->kind &&
	       read.key_len == key->key_len && memcmp(read.key, key->key, key->key_len) == 0;
}
