/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/quote.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "tools/evidence/tpm/area.h"
#include "tools/evidence/tpm/key.h"
#include "tools/evidence/tpm/wire.h"

#define GENERATED_VALUE 0xFF544347u /* TPM_GENERATED_VALUE (Part 2, 6.2) */
#define ATTEST_QUOTE	0x8018u	    /* TPM_ST_ATTEST_QUOTE (Part 2, 6.9) */

#define NAME_MAX_LEN   66u /* a Name with SHA-512 */
#define PCR_SELECT_MIN 3u
#define PCR_SELECT_MAX 4u

/* TPMS_ATTEST of a quote (Part 2, 10.12.12), borrowed from the bytes it was read from. */
struct attest {
	const uint8_t *extra_data;
	size_t extra_data_len;
	uint32_t selections;
	const uint8_t *pcr_digest;
	size_t pcr_digest_len;
	struct tpm_quote quote;
};

/* The signature of an RSA key, or r and s of an ECDSA one as OpenSSL wants them: DER. 0: malformed.
 */
static size_t read_signature(
	const struct tpm_public *ak, struct span signature, uint8_t out[TPM_KEY_MAX])
{
	struct cursor in = {signature.data, signature.len, false};
	uint16_t scheme = tpm_u16(&in), hash = tpm_u16(&in);
	uint8_t values[64], *at = out;
	ECDSA_SIG *pair;
	BIGNUM *r, *s;
	int len;

	if (hash != ALG_SHA256 || scheme != (ak->kind == TPM_KEY_RSA ? ALG_RSASSA : ALG_ECDSA))
		return 0;
	if (ak->kind == TPM_KEY_RSA) {
		tpm_2b_uint(&in, out, ak->key_len);
		return cursor_done(&in) ? ak->key_len : 0;
	}
	tpm_2b_uint(&in, values, 32);
	tpm_2b_uint(&in, values + 32, 32);
	if (!cursor_done(&in))
		return 0;
	pair = ECDSA_SIG_new();
	r = BN_bin2bn(values, 32, NULL);
	s = BN_bin2bn(values + 32, 32, NULL);
	if (!pair || !r || !s || !ECDSA_SIG_set0(pair, r, s)) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(pair);
		return 0;
	}
	len = i2d_ECDSA_SIG(pair, &at);
	ECDSA_SIG_free(pair);
	return len > 0 ? (size_t)len : 0;
}

/* TPMT_SIGNATURE (Part 2, 11.3.4) over the SHA-256 of the quote. */
static bool signature_good(const struct tpm_quote_request *r)
{
	uint8_t signature[TPM_KEY_MAX], digest[SHA256_LEN];
	size_t len = read_signature(r->ak, r->signature, signature);
	EVP_PKEY *key = len ? tpm_key_open(r->ak->kind, r->ak->key, r->ak->key_len) : NULL;
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	bool good;

	sha256(r->attest.data, r->attest.len, digest);
	good = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	       (r->ak->kind != TPM_KEY_RSA ||
		       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
	       EVP_PKEY_verify(ctx, signature, len, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good;
}

/* TPML_PCR_SELECTION (Part 2, 10.9.7): the count, and the selection when it is the only one. */
static void parse_selection(struct cursor *in, struct attest *out)
{
	size_t len;
	const uint8_t *bits;

	out->selections = tpm_u32(in);
	if (out->selections != 1)
		return;
	out->quote.bank = tpm_u16(in);
	len = tpm_u8(in);
	if (len < PCR_SELECT_MIN || len > PCR_SELECT_MAX)
		in->failed = true;
	bits = cursor_take(in, len);
	for (size_t i = 0; bits && i < len; i++)
		out->quote.pcr_mask |= (uint32_t)bits[i] << (8 * i);
}

/* What follows magic and type. With another number of selections than one the rest stays unread. */
static bool parse_attest(struct cursor *in, struct attest *out)
{
	size_t signer_len;

	memset(out, 0, sizeof(*out));
	tpm_2b(in, NAME_MAX_LEN, &signer_len);
	out->extra_data = tpm_2b(in, DIGEST_MAX, &out->extra_data_len);
	out->quote.clock_ms = tpm_u64(in);
	out->quote.reset_count = tpm_u32(in);
	out->quote.restart_count = tpm_u32(in);
	out->quote.clock_safe = tpm_u8(in);
	out->quote.firmware_version = tpm_u64(in);
	parse_selection(in, out);
	if (in->failed || out->quote.clock_safe > 1)
		return false;
	if (out->selections != 1)
		return true;
	out->pcr_digest = tpm_2b(in, DIGEST_MAX, &out->pcr_digest_len);
	return cursor_done(in);
}

static bool digest_matches(const struct attest *a, const uint8_t *pcr_values, size_t len)
{
	size_t want = (size_t)__builtin_popcount(a->quote.pcr_mask) * digest_len(a->quote.bank);
	uint8_t digest[SHA256_LEN];

	if (len != want || a->pcr_digest_len != sizeof(digest))
		return false;
	sha256(pcr_values, len, digest);
	return equal_ct(digest, a->pcr_digest, sizeof(digest));
}

enum tpm_fault tpm_quote_check(const struct tpm_quote_request *r, struct tpm_quote *out)
{
	struct cursor in = {r->attest.data, r->attest.len, false};
	struct attest a;

	if (!signature_good(r))
		return TPM_QUOTE_SIGNATURE;
	if (tpm_u32(&in) != GENERATED_VALUE || tpm_u16(&in) != ATTEST_QUOTE)
		return TPM_QUOTE_TYPE;
	if (!parse_attest(&in, &a))
		return TPM_QUOTE_FORM;
	if (a.extra_data_len != 32 || !equal_ct(a.extra_data, r->report_data, 32))
		return TPM_QUOTE_REPORT_DATA;
	if (a.selections != 1 || a.quote.bank != r->bank || a.quote.pcr_mask != r->pcr_mask)
		return TPM_QUOTE_SELECTION;
	if (!digest_matches(&a, r->pcr_values.data, r->pcr_values.len))
		return TPM_QUOTE_DIGEST;
	memcpy(a.quote.pcr_digest, a.pcr_digest, sizeof(a.quote.pcr_digest));
	*out = a.quote;
	return TPM_GOOD;
}
