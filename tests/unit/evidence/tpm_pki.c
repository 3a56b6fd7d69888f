/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/evidence/tpm_pki.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/evidence/tpm/key.h"

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "the tests' certificates: %s failed\n", what);
	exit(1);
}

EVP_PKEY *pki_rsa(unsigned bits)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);

	must(key, "an RSA key");
	return key;
}

EVP_PKEY *pki_ec(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	must(key, "an EC key");
	return key;
}

static void extend(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e;

	if (!value)
		return;
	e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	must(e && X509_add_ext(cert, e, -1), value);
	X509_EXTENSION_free(e);
}

static void extend_other(X509 *cert, X509V3_CTX *ctx, const struct pki_request *r)
{
	for (int i = 0; r->other_oid && i < (r->other_twice ? 2 : 1); i++) {
		X509_EXTENSION *e = X509V3_EXT_conf(NULL, ctx, r->other_oid, r->other_value);

		must(e && X509_add_ext(cert, e, -1), r->other_oid);
		X509_EXTENSION_free(e);
	}
}

static void set_names(X509 *cert, const struct pki_request *r)
{
	X509_NAME *name = X509_NAME_new();

	must(name, "a name");
	if (r->name)
		must(X509_NAME_add_entry_by_txt(
			     name, "CN", MBSTRING_ASC, (const unsigned char *)r->name, -1, -1, 0),
			r->name);
	must(X509_set_subject_name(cert, name), "a subject");
	must(X509_set_issuer_name(cert, r->issuer ? X509_get_subject_name(r->issuer->cert) : name),
		"an issuer");
	X509_NAME_free(name);
}

struct pki_entity pki_make(const struct pki_request *r)
{
	static long serial = 1000;
	struct pki_entity e = {r->key ? r->key : pki_ec("P-256"), X509_new()};
	bool usual = !r->from_s && !r->until_s;
	X509V3_CTX ctx;

	if (r->key)
		EVP_PKEY_up_ref(r->key);
	must(e.cert && X509_set_version(e.cert, X509_VERSION_3) &&
			ASN1_INTEGER_set(X509_get_serialNumber(e.cert), ++serial) &&
			X509_set_pubkey(e.cert, e.key),
		"a certificate");
	must(ASN1_TIME_set(X509_getm_notBefore(e.cert), usual ? PKI_NOW - PKI_YEAR : r->from_s) &&
			ASN1_TIME_set(X509_getm_notAfter(e.cert),
				usual ? PKI_NOW + PKI_YEAR : r->until_s),
		"dates");
	set_names(e.cert, r);
	X509V3_set_ctx(&ctx, r->issuer ? r->issuer->cert : e.cert, e.cert, NULL, NULL, 0);
	extend(e.cert, &ctx, NID_basic_constraints, r->constraints);
	extend(e.cert, &ctx, NID_key_usage, r->key_usage);
	extend(e.cert, &ctx, NID_ext_key_usage, r->extended);
	extend_other(e.cert, &ctx, r);
	must(X509_sign(e.cert, r->issuer ? r->issuer->key : e.key,
		     r->digest ? r->digest : EVP_sha256()),
		"signing");
	return e;
}

struct pki_entity pki_ca(const char *name, const struct pki_entity *issuer)
{
	struct pki_request r = {
		.name = name,
		.issuer = issuer,
		.constraints = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign,cRLSign",
	};

	return pki_make(&r);
}

void pki_free(struct pki_entity *e)
{
	EVP_PKEY_free(e->key);
	X509_free(e->cert);
	*e = (struct pki_entity){0};
}

X509_CRL *pki_crl(
	const struct pki_entity *issuer, const X509 *revoked, int64_t from_s, int64_t until_s)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, from_s), *until = ASN1_TIME_set(NULL, until_s);

	must(crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
			X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert)) &&
			X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, until),
		"a list");
	if (revoked) {
		X509_REVOKED *entry = X509_REVOKED_new();

		must(entry &&
				X509_REVOKED_set_serialNumber(
					entry, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(
						       revoked)) &&
				X509_REVOKED_set_revocationDate(entry, from) &&
				X509_CRL_add0_revoked(crl, entry),
			"a revocation");
	}
	must(X509_CRL_sort(crl) && X509_CRL_sign(crl, issuer->key, EVP_sha256()), "a list");
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return crl;
}

struct span pki_der(const X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	must(len > 0, "encoding");
	return (struct span){der, (size_t)len};
}

void pki_add(struct certs *to, const struct pki_entity *e)
{
	struct span der = pki_der(e->cert);

	must(!certs_add_der(to, der).happened, "adding");
	OPENSSL_free((void *)(uintptr_t)der.data);
}

struct tpm_public pki_public(const X509 *cert)
{
	EVP_PKEY *key = X509_get_pubkey((X509 *)(uintptr_t)cert);
	struct tpm_public out;
	const unsigned char *bits;
	int len;

	if (!key) {
		must(X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, X509_get_X509_PUBKEY(cert)) &&
				(key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &bits, len)) != NULL,
			"an RSAES-OAEP key");
	}
	must(tpm_key_read(key, &out), "reading a key");
	EVP_PKEY_free(key);
	return out;
}
