/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attestation key's public part, and what it says of a signature. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>
#include "tools/evidence/tpm/wire.h"
#include "tools/measure/evidence/quote.h"

#define ALG_RSA	   0x0001u
#define ALG_NULL   0x0010u
#define ALG_RSAPSS 0x0016u
#define ALG_ECDAA  0x001Au
#define ALG_ECC	   0x0023u

#define ATTRIBUTE_RESTRICTED 0x00010000u /* TPMA_OBJECT (Part 2, 8.3) */
#define ATTRIBUTE_SIGN	     0x00040000u
#define ATTRIBUTE_FIXED_TPM  0x00000002u

#define RSA_BYTES_MIN 256u
#define RSA_BYTES_MAX 512u
#define EC_BYTES_MAX  66u

static EVP_PKEY *make_key(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *rsa_key(uint32_t exponent, const uint8_t *modulus, size_t len)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(modulus, (int)len, NULL), *e = BN_new();
	EVP_PKEY *key = NULL;

	if (build && n && e && BN_set_word(e, exponent ? exponent : 65537) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		key = make_key("RSA", build);
	else
		OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return key;
}

/* TPM_ECC_CURVE (Part 2, 6.4). */
static const char *curve_name(uint16_t curve, size_t *len)
{
	*len = curve == 3 ? 32 : curve == 4 ? 48 : 66;
	return curve == 3 ? "P-256" : curve == 4 ? "P-384" : curve == 5 ? "P-521" : NULL;
}

static EVP_PKEY *ec_key(
	uint16_t curve, const uint8_t *x, size_t x_len, const uint8_t *y, size_t y_len)
{
	uint8_t point[1 + 2 * EC_BYTES_MAX] = {4};
	size_t len;
	const char *name = curve_name(curve, &len);
	OSSL_PARAM_BLD *build;

	if (!name || x_len > len || y_len > len || !x_len || !y_len)
		return NULL;
	memcpy(point + 1 + len - x_len, x, x_len);
	memcpy(point + 1 + 2 * len - y_len, y, y_len);
	build = OSSL_PARAM_BLD_new();
	if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, name, 0) &&
		OSSL_PARAM_BLD_push_octet_string(
			build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * len))
		return make_key("EC", build);
	OSSL_PARAM_BLD_free(build);
	return NULL;
}

/* TPMT_SYM_DEF_OBJECT and a scheme (Part 2, 11.1.7, 11.2.4.2): lengths depend on what they are. */
static void skip_symmetric_and_scheme(struct cursor *in)
{
	uint16_t scheme;

	if (tpm_u16(in) != ALG_NULL)
		cursor_take(in, 4); /* bits, mode */
	scheme = tpm_u16(in);
	if (scheme != ALG_NULL)
		tpm_u16(in); /* hash */
	if (scheme == ALG_ECDAA)
		tpm_u16(in); /* count */
}

static EVP_PKEY *read_area(struct cursor *in, uint32_t *attributes)
{
	const uint8_t *first, *second;
	size_t first_len, second_len;
	uint16_t type = tpm_u16(in), curve;
	uint32_t exponent;

	tpm_u16(in); /* the algorithm of its name */
	*attributes = tpm_u32(in);
	tpm_2b(in, BANK_DIGEST_MAX, &first_len); /* policy */
	skip_symmetric_and_scheme(in);
	if (type == ALG_RSA) {
		tpm_u16(in); /* bits */
		exponent = tpm_u32(in);
		first = tpm_2b(in, RSA_BYTES_MAX, &first_len);
		if (!cursor_done(in) || first_len < RSA_BYTES_MIN)
			return NULL;
		return rsa_key(exponent, first, first_len);
	}
	if (type != ALG_ECC)
		return NULL;
	curve = tpm_u16(in);
	if (tpm_u16(in) != ALG_NULL)
		tpm_u16(in); /* the key derivation's hash */
	first = tpm_2b(in, EC_BYTES_MAX, &first_len);
	second = tpm_2b(in, EC_BYTES_MAX, &second_len);
	return cursor_done(in) ? ec_key(curve, first, first_len, second, second_len) : NULL;
}

static bool read_pem(struct quote *quote, const uint8_t *bytes, size_t len, struct flaw *flaw)
{
	BIO *bio = BIO_new_mem_buf(bytes, (int)len);

	quote->key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	return quote->key || flaw_at(flaw, 0, "it is no public key in PEM");
}

bool quote_read_key(struct quote *quote, const uint8_t *bytes, size_t len, struct flaw *flaw)
{
	uint32_t attributes, wanted = ATTRIBUTE_RESTRICTED | ATTRIBUTE_SIGN | ATTRIBUTE_FIXED_TPM;
	struct cursor in = {bytes, len, false};

	if (len > 8192)
		return flaw_at(flaw, 8192, "it is larger than any public key");
	if (len >= 11 && memcmp(bytes, "-----BEGIN ", 11) == 0)
		return read_pem(quote, bytes, len, flaw);
	/* A TPM2B_PUBLIC begins with its length, a TPMT_PUBLIC with its type. */
	if (len >= 2 && (size_t)(bytes[0] << 8 | bytes[1]) == len - 2)
		tpm_u16(&in);
	quote->key = read_area(&in, &attributes);
	ERR_clear_error();
	if (!quote->key)
		return flaw_at(flaw, (uint64_t)(in.at - bytes),
			"it is neither an RSA or ECC public area of a TPM nor PEM");
	quote->key_told = true;
	quote->key_restricted = (attributes & wanted) == wanted;
	return true;
}

static const EVP_MD *signature_md(uint16_t alg)
{
	enum bank bank;

	if (!bank_by_alg(alg, &bank) || bank == BANK_SHA1)
		return NULL;
	return EVP_get_digestbyname(bank_name(bank));
}

/* The signature as OpenSSL takes it: ECDSA's two numbers as DER; the caller frees it. */
static unsigned char *signature_form(const struct quote *quote, size_t *len)
{
	size_t first_len = quote->signature_len - quote->second_len;
	unsigned char *out = NULL;
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	int der_len;

	if (EVP_PKEY_get_base_id(quote->key) == EVP_PKEY_RSA) {
		*len = quote->signature_len;
		return OPENSSL_memdup(quote->signature, quote->signature_len);
	}
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(quote->signature, (int)first_len, NULL);
	s = BN_bin2bn(quote->signature + first_len, (int)quote->second_len, NULL);
	if (!sig || !r || !s || !ECDSA_SIG_set0(sig, r, s)) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(sig);
		return NULL;
	}
	der_len = i2d_ECDSA_SIG(sig, &out);
	ECDSA_SIG_free(sig);
	*len = der_len > 0 ? (size_t)der_len : 0;
	return out;
}

bool quote_signature_good(const struct quote *quote)
{
	const EVP_MD *md = signature_md(quote->hash);
	bool rsa = EVP_PKEY_get_base_id(quote->key) == EVP_PKEY_RSA;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx = NULL; /* belongs to ctx */
	unsigned char *signature = NULL;
	size_t len = 0;
	bool good;

	good = ctx && md && rsa == (quote->second_len == 0) &&
	       EVP_DigestVerifyInit(ctx, &pkey_ctx, md, NULL, quote->key) == 1;
	if (good && quote->scheme == ALG_RSAPSS)
		good = EVP_PKEY_CTX_set_rsa_padding(pkey_ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey_ctx, RSA_PSS_SALTLEN_AUTO) == 1;
	if (good)
		signature = signature_form(quote, &len);
	good = good && signature &&
	       EVP_DigestVerify(ctx, signature, len, quote->message, quote->message_len) == 1;
	OPENSSL_free(signature);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}
