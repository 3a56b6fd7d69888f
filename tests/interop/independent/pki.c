/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/independent/pki.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define FROM_S	1577836800 /* 2020-01-01 */
#define UNTIL_S 2208988800 /* 2040-01-01 */

/* OID of tcg-at-tpmManufacturer. */
#define TPM_MANUFACTURER "2.23.133.2.1"

static void add(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	need(e && X509_add_ext(x, e, -1) == 1, value);
	X509_EXTENSION_free(e);
}

/* Version 3, with names, dates, a serial number and the key; neither extensions nor signature. */
static X509 *begin(const char *name, EVP_PKEY *key, X509 *issuer)
{
	static long serial;
	X509 *x = X509_new();
	X509_NAME *subject = x ? X509_get_subject_name(x) : NULL;

	need(subject && X509_set_version(x, 2) == 1 &&
			ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial) == 1 &&
			X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				(const uint8_t *)name, -1, -1, 0) == 1 &&
			X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject) ==
				1 &&
			ASN1_TIME_set(X509_getm_notBefore(x), FROM_S) &&
			ASN1_TIME_set(X509_getm_notAfter(x), UNTIL_S) &&
			X509_set_pubkey(x, key) == 1,
		"the fields of a certificate");
	return x;
}

struct authority authority_make(const char *name, bool rsa, const struct authority *issuer)
{
	struct authority a = {.key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")};
	const struct authority *by = issuer ? issuer : &a;

	need(a.key != NULL, "a key of a CA");
	a.certificate = begin(name, a.key, issuer ? issuer->certificate : NULL);
	add(a.certificate, by->certificate, NID_basic_constraints, "critical,CA:TRUE");
	add(a.certificate, by->certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
	need(X509_sign(a.certificate, by->key, EVP_sha256()) > 0, "signing a CA");
	return a;
}

void authority_free(struct authority *a)
{
	X509_free(a->certificate);
	EVP_PKEY_free(a->key);
	*a = (struct authority){0};
}

void authority_write(const struct authority *a, const char *path)
{
	FILE *f = fopen(path, "w");

	need(f && PEM_write_X509(f, a->certificate) == 1 && fclose(f) == 0, path);
}

void put_certificate(struct buf *out, X509 *x)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);

	need(len > 0, "a certificate's DER");
	put_lp(out, der, (size_t)len);
	OPENSSL_free(der);
}

static void name_maker(X509 *x, const char *maker)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *one = GENERAL_NAME_new();
	X509_NAME *directory = X509_NAME_new();

	need(names && one && directory &&
			X509_NAME_add_entry_by_txt(directory, TPM_MANUFACTURER, MBSTRING_UTF8,
				(const uint8_t *)maker, -1, -1, 0) == 1,
		"a maker's name");
	GENERAL_NAME_set0_value(one, GEN_DIRNAME, directory);
	need(sk_GENERAL_NAME_push(names, one) > 0 && X509_add1_ext_i2d(x, NID_subject_alt_name,
							     names, 1, X509V3_ADD_DEFAULT) == 1,
		"a subjectAltName");
	GENERAL_NAMES_free(names);
}

X509 *certify_ek(const struct authority *issuer, EVP_PKEY *ek, const char *maker)
{
	X509 *x = begin("a TPM", ek, issuer->certificate);

	add(x, issuer->certificate, NID_basic_constraints, "critical,CA:FALSE");
	add(x, issuer->certificate, NID_key_usage,
		EVP_PKEY_is_a(ek, "RSA") ? "critical,keyEncipherment" : "critical,keyAgreement");
	add(x, issuer->certificate, NID_ext_key_usage, "2.23.133.8.1");
	if (maker)
		name_maker(x, maker);
	need(X509_sign(x, issuer->key, EVP_sha256()) > 0, "signing an EK's certificate");
	return x;
}
