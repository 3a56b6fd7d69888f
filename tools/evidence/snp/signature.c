/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/signature.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <string.h>

#define R_OFFSET   0x2a0u
#define S_OFFSET   0x2e8u
#define FIELD_LEN  72u /* of R and of S, the least significant byte first */
#define NUMBER_LEN 48u /* of FIELD_LEN; the others are zero */
#define DER_CAP	   (2 * (NUMBER_LEN + 4) + 8)

/* A field's 48 bytes as a number; NULL when memory is out. */
static BIGNUM *number(const uint8_t *field)
{
	return BN_lebin2bn(field, NUMBER_LEN, NULL);
}

/* The signature as OpenSSL wants it; its length, or 0. */
static size_t encode(const uint8_t *report, uint8_t out[DER_CAP])
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = number(report + R_OFFSET), *s = number(report + S_OFFSET);
	uint8_t *at = out;
	int len = 0;

	if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1) {
		r = s = NULL; /* the signature's now */
		if (i2d_ECDSA_SIG(signature, NULL) <= (int)DER_CAP)
			len = i2d_ECDSA_SIG(signature, &at);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(signature);
	return len > 0 ? (size_t)len : 0;
}

static bool is_p384(EVP_PKEY *key)
{
	char group[32];

	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "secp384r1") == 0;
}

static bool verify(EVP_PKEY *key, struct span report, const uint8_t *der, size_t der_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, der, der_len, report.data, SNP_REPORT_SIGNED) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

struct failure snp_signature_verify(const X509 *cert, struct span report)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	const uint8_t *bytes = report.data;
	uint8_t der[DER_CAP];
	size_t der_len;

	if (!key || !is_p384(key))
		return refuse("the certificate's key is not on P-384");
	if (!snp_is_zero(bytes + R_OFFSET + NUMBER_LEN, FIELD_LEN - NUMBER_LEN) ||
		!snp_is_zero(bytes + S_OFFSET + NUMBER_LEN, FIELD_LEN - NUMBER_LEN) ||
		!snp_is_zero(bytes + S_OFFSET + FIELD_LEN, SNP_REPORT_LEN - S_OFFSET - FIELD_LEN))
		return refuse("reserved bytes of the SEV-SNP report's signature are not zero");
	der_len = encode(bytes, der);
	if (!der_len)
		return refuse("the SEV-SNP report's signature cannot be read");
	if (!verify(key, report, der, der_len))
		return refuse("the SEV-SNP report's signature is wrong");
	return failure_none();
}
