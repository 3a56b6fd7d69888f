/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes, as the quoting enclave of a test's own platform signs them. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <string.h>

#include "crypto/digest.h"
#include "tests/interop/evidence/tdx_pki_private.h"
#include "tools/lib/bytes.h"

static const uint8_t auth_data[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

struct tdx_quote_spec tdx_quote_spec(const uint8_t report_data[TDX_REPORT_DATA_LEN])
{
	static const uint8_t vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94,
		0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
	static const uint8_t mrsigner[32] = {0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47,
		0x4e, 0x34, 0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba, 0xbd,
		0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5};
	struct tdx_quote_spec q = {
		.version = 5,
		.key_type = 2,
		.tee = 0x81,
		.body = {.is_15 = true,
			.tee_tcb_svn = {7, 1, 3},
			.tee_tcb_svn_2 = {7, 1, 3},
			.td_attributes = TDX_SEPT_VE_DISABLE,
			.xfam = 0x602e7},
		.qe_attributes = {0x15, 0, 0, 0, 0, 0, 0, 0, 0xe7},
		.qe_isvprodid = 2,
		.qe_isvsvn = 7,
	};

	memcpy(q.vendor, vendor, sizeof(vendor));
	memcpy(q.qe_mrsigner, mrsigner, sizeof(mrsigner));
	memset(q.body.mrtd, 0x11, TDX_DIGEST_LEN);
	memset(q.body.mrseam, 0x12, TDX_DIGEST_LEN);
	for (size_t i = 0; i < 3; i++)
		memset(q.body.rtmr[i], (int)(0x20 + i), TDX_DIGEST_LEN);
	memcpy(q.body.report_data, report_data, TDX_REPORT_DATA_LEN);
	return q;
}

void tdx_pki_sign(EVP_PKEY *key, const uint8_t *message, size_t len, uint8_t out[TDX_POINT_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128];
	const uint8_t *at = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *signature;

	tdx_pki_must(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
			     EVP_DigestSign(ctx, der, &der_len, message, len) == 1,
		"a signature");
	signature = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
	tdx_pki_must(signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32) == 32 &&
			     BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32) == 32,
		"a signature");
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(ctx);
}

static void add_le(struct bytes *b, uint64_t v, size_t width)
{
	uint8_t out[8];

	for (size_t i = 0; i < width; i++)
		out[i] = (uint8_t)(v >> 8 * i);
	bytes_add(b, out, width);
}

static void add_body(struct bytes *b, const struct tdx_body *body)
{
	bytes_add(b, body->tee_tcb_svn, sizeof(body->tee_tcb_svn));
	bytes_add(b, body->mrseam, TDX_DIGEST_LEN);
	bytes_add(b, body->mrsignerseam, TDX_DIGEST_LEN);
	bytes_add(b, body->seam_attributes, sizeof(body->seam_attributes));
	add_le(b, body->td_attributes, 8);
	add_le(b, body->xfam, 8);
	bytes_add(b, body->mrtd, TDX_DIGEST_LEN);
	bytes_add(b, body->mrconfigid, TDX_DIGEST_LEN);
	bytes_add(b, body->mrowner, TDX_DIGEST_LEN);
	bytes_add(b, body->mrownerconfig, TDX_DIGEST_LEN);
	for (size_t i = 0; i < TDX_RTMRS; i++)
		bytes_add(b, body->rtmr[i], TDX_DIGEST_LEN);
	bytes_add(b, body->report_data, TDX_REPORT_DATA_LEN);
	if (!body->is_15)
		return;
	bytes_add(b, body->tee_tcb_svn_2, sizeof(body->tee_tcb_svn_2));
	bytes_add(b, body->mrservicetd, TDX_DIGEST_LEN);
}

static void add_signed_part(struct bytes *b, const struct tdx_quote_spec *q)
{
	static const uint8_t nothing[20];

	add_le(b, q->version, 2);
	add_le(b, q->key_type, 2);
	add_le(b, q->tee, 4);
	add_le(b, 0, 4);
	bytes_add(b, q->vendor, sizeof(q->vendor));
	bytes_add(b, nothing, 20);
	if (q->version == 5) {
		add_le(b, q->body.is_15 ? 3 : 2, 2);
		add_le(b, q->body.is_15 ? 648 : 584, 4);
	}
	add_body(b, &q->body);
}

static void point_of(EVP_PKEY *key, uint8_t out[TDX_POINT_LEN])
{
	uint8_t encoded[65];
	size_t len;

	tdx_pki_must(EVP_PKEY_get_octet_string_param(
			     key, OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof(encoded), &len) == 1 &&
			     len == sizeof(encoded),
		"a point");
	memcpy(out, encoded + 1, TDX_POINT_LEN);
}

static void add_qe_report(
	struct bytes *b, const struct tdx_quote_spec *q, const uint8_t key[TDX_POINT_LEN])
{
	uint8_t report[TDX_QE_REPORT_LEN] = {0};
	uint8_t bound[TDX_POINT_LEN + sizeof(auth_data)];

	memcpy(report + 0x30, q->qe_attributes, sizeof(q->qe_attributes));
	memset(report + 0x40, 0x77, 32);
	memcpy(report + 0x80, q->qe_mrsigner, sizeof(q->qe_mrsigner));
	report[0x100] = (uint8_t)q->qe_isvprodid;
	report[0x101] = (uint8_t)(q->qe_isvprodid >> 8);
	report[0x102] = (uint8_t)q->qe_isvsvn;
	report[0x103] = (uint8_t)(q->qe_isvsvn >> 8);
	memcpy(bound, key, TDX_POINT_LEN);
	memcpy(bound + TDX_POINT_LEN, auth_data, sizeof(auth_data));
	bound[0] ^= q->qe_not_bound;
	sha256(bound, sizeof(bound), report + 0x140);
	bytes_add(b, report, sizeof(report));
}

static void add_chain(struct bytes *b, const struct tdx_pki *p, bool der)
{
	X509 *const certs[] = {p->pck, p->ca, p->root};
	BIO *out = BIO_new(BIO_s_mem());
	char *text;
	long len;

	for (size_t i = 0; i < 3; i++)
		tdx_pki_must((der ? i2d_X509_bio(out, certs[i])
				  : PEM_write_bio_X509(out, certs[i])) == 1,
			"a chain");
	len = BIO_get_mem_data(out, &text);
	add_le(b, 5, 2);
	add_le(b, (uint64_t)len + !der, 4);
	bytes_add(b, text, (size_t)len);
	if (!der)
		bytes_add(b, "", 1); /* Intel's ends in a NUL */
	BIO_free(out);
}

/* What type 6 holds. */
static void add_certification(
	struct bytes *b, const struct tdx_pki *p, const struct tdx_quote_spec *q)
{
	uint8_t key[TDX_POINT_LEN], signature[TDX_POINT_LEN];

	point_of(p->attestation_key, key);
	add_qe_report(b, q, key);
	tdx_pki_sign(
		q->qe_signer ? q->qe_signer : p->pck_key, b->data, TDX_QE_REPORT_LEN, signature);
	bytes_add(b, signature, sizeof(signature));
	add_le(b, sizeof(auth_data), 2);
	bytes_add(b, auth_data, sizeof(auth_data));
	add_chain(b, p, q->der);
}

size_t tdx_pki_quote(
	const struct tdx_pki *p, const struct tdx_quote_spec *q, uint8_t out[TDX_QUOTE_LONGEST])
{
	struct bytes quote = {0}, certification = {0};
	uint8_t signature[TDX_POINT_LEN], key[TDX_POINT_LEN];
	size_t len;

	add_signed_part(&quote, q);
	tdx_pki_sign(q->quote_signer ? q->quote_signer : p->attestation_key, quote.data, quote.len,
		signature);
	point_of(p->attestation_key, key);
	add_certification(&certification, p, q);
	add_le(&quote, 2 * TDX_POINT_LEN + 6 + certification.len, 4);
	bytes_add(&quote, signature, sizeof(signature));
	bytes_add(&quote, key, sizeof(key));
	add_le(&quote, 6, 2);
	add_le(&quote, certification.len, 4);
	bytes_add(&quote, certification.data, certification.len);
	len = quote.len + q->zeros;
	tdx_pki_must(len <= TDX_QUOTE_LONGEST, "a quote");
	memset(out, 0, len);
	memcpy(out, quote.data, quote.len);
	bytes_free(&quote);
	bytes_free(&certification);
	return len;
}
