/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/firmware/pkcs7.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include "tools/lib/bytes.h"

#define SPC_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"

static bool bank_by_nid(int nid, enum bank *out)
{
	static const int nids[BANK_COUNT] = {[BANK_SHA1] = NID_sha1,
		[BANK_SHA256] = NID_sha256,
		[BANK_SHA384] = NID_sha384,
		[BANK_SHA512] = NID_sha512};

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (nids[bank] == nid) {
			*out = (enum bank)bank;
			return true;
		}
	return false;
}

/* edk2 hashes the image with the first algorithm that the signature names. */
static bool find_bank(const PKCS7 *p7, enum bank *out)
{
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *object;

	if (sk_X509_ALGOR_num(p7->d.sign->md_algs) < 1)
		return false;
	algorithm = sk_X509_ALGOR_value(p7->d.sign->md_algs, 0);
	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	return bank_by_nid(OBJ_obj2nid(object), out);
}

/* The signature is over what lies in the content's SEQUENCE, without its tag and length. */
static bool find_content(const PKCS7 *p7, struct pkcs7_signature *out)
{
	const PKCS7 *contents = p7->d.sign->contents;
	char oid[64];
	const uint8_t *p;
	long len;
	int tag, class;

	if (!contents || !contents->type || !contents->d.other ||
		contents->d.other->type != V_ASN1_SEQUENCE ||
		OBJ_obj2txt(oid, sizeof(oid), contents->type, 1) <= 0 ||
		strcmp(oid, SPC_INDIRECT_DATA) != 0)
		return false;
	p = contents->d.other->value.sequence->data;
	if (ASN1_get_object(&p, &len, &tag, &class, contents->d.other->value.sequence->length) !=
			V_ASN1_CONSTRUCTED ||
		len <= 0 || len > INT_MAX)
		return false;
	out->content = p;
	out->content_len = (size_t)len;
	return true;
}

bool pkcs7_open(struct pkcs7_signature *out, const uint8_t *der, size_t len)
{
	struct pkcs7_signature s = {0};

	if (len > INT_MAX)
		return false;
	s.p7 = d2i_PKCS7(NULL, &der, (long)len);
	if (!s.p7 || !PKCS7_type_is_signed(s.p7) || !s.p7->d.sign || !find_bank(s.p7, &s.bank) ||
		!find_content(s.p7, &s)) {
		pkcs7_close(&s);
		return false;
	}
	*out = s;
	return true;
}

void pkcs7_close(struct pkcs7_signature *signature)
{
	PKCS7_free(signature->p7);
	ERR_clear_error();
	*signature = (struct pkcs7_signature){0};
}

bool pkcs7_is_of(const struct pkcs7_signature *signature, const uint8_t *hash)
{
	size_t len = bank_len(signature->bank);

	/* DigestInfo is the last thing in the content, and the hash the last thing in that. */
	return signature->content_len > len &&
	       memcmp(signature->content + signature->content_len - len, hash, len) == 0;
}

static X509_STORE *store_of(X509 *certificate)
{
	X509_STORE *store = X509_STORE_new();

	if (!store || !X509_STORE_add_cert(store, certificate) ||
		!X509_STORE_set_flags(
			store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) ||
		!X509_STORE_set_purpose(store, X509_PURPOSE_ANY)) {
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

bool pkcs7_signed_under(
	const struct pkcs7_signature *signature, const uint8_t *certificate, size_t len)
{
	X509 *x = len <= INT_MAX ? d2i_X509(NULL, &certificate, (long)len) : NULL;
	X509_STORE *store = x ? store_of(x) : NULL;
	BIO *content = BIO_new_mem_buf(signature->content, (int)signature->content_len);
	bool fine = store && content &&
		    PKCS7_verify(signature->p7, NULL, store, content, NULL, PKCS7_BINARY) == 1;

	BIO_free(content);
	X509_STORE_free(store);
	X509_free(x);
	ERR_clear_error();
	return fine;
}

bool pkcs7_brings(const struct pkcs7_signature *signature, enum bank bank, const uint8_t *hash)
{
	STACK_OF(X509) *all = signature->p7->d.sign->cert;

	for (int i = 0; i < sk_X509_num(all); i++) {
		uint8_t *tbs = NULL, got[BANK_DIGEST_MAX];
		int len = i2d_re_X509_tbs(sk_X509_value(all, i), &tbs);

		if (len <= 0)
			continue;
		bank_hash(bank, tbs, (size_t)len, got);
		OPENSSL_free(tbs);
		if (memcmp(got, hash, bank_len(bank)) == 0)
			return true;
	}
	return false;
}

char *certificate_subject(const uint8_t *der, size_t len)
{
	X509 *x = len <= INT_MAX ? d2i_X509(NULL, &der, (long)len) : NULL;
	BIO *bio = x ? BIO_new(BIO_s_mem()) : NULL;
	char *text, *out = NULL;

	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(x), 0, XN_FLAG_ONELINE) >= 0) {
		long text_len = BIO_get_mem_data(bio, &text);

		out = must_format("%.*s", (int)text_len, text);
	}
	BIO_free(bio);
	X509_free(x);
	ERR_clear_error();
	return out;
}
