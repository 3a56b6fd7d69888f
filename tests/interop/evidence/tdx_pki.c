/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel's certificates and revocation lists. */
#include "tests/interop/evidence/tdx_pki.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "tests/interop/evidence/tdx_pki_private.h"
#include "tools/lib/bytes.h"

#define SGX    "1.2.840.113741.1.13.1"
#define DAY_S  86400
#define YEAR_S (365 * DAY_S)

void tdx_pki_must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "tdx_pki: cannot make %s\n", what);
	abort();
}

struct tdx_pki_spec tdx_pki_spec(int64_t now_s)
{
	struct tdx_pki_spec s = {
		.not_before_s = now_s - DAY_S,
		.not_after_s = now_s + YEAR_S,
		.ca_name = "Intel SGX PCK Platform CA",
		.pck_name = "Intel SGX PCK Certificate",
		.signer_name = "Intel SGX TCB Signing",
		.fmspc = {0x00, 0x80, 0x6f, 0x05, 0x00, 0x01},
		.pcesvn = 11,
	};

	memset(s.ppid, 0x5a, sizeof(s.ppid));
	for (size_t i = 0; i < TDX_SVNS; i++)
		s.svn[i] = (uint16_t)(i < 8 ? 3 + 40 * i : 0);
	return s;
}

static X509_NAME *name_of(const char *common_name)
{
	X509_NAME *name = X509_NAME_new();

	tdx_pki_must(
		name &&
			X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				(const uint8_t *)common_name, -1, -1, 0) == 1 &&
			X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
				(const uint8_t *)"Intel Corporation (of a test)", -1, -1, 0) == 1,
		"a name");
	return name;
}

static void add_known(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	tdx_pki_must(ext && X509_add_ext(cert, ext, -1) == 1, "an extension");
	X509_EXTENSION_free(ext);
}

/* One element of DER around what is in `content`, which it empties. */
static void wrap(struct bytes *out, uint8_t tag, struct bytes *content)
{
	const uint8_t longer[] = {tag, 0x82, (uint8_t)(content->len >> 8), (uint8_t)content->len};
	const uint8_t shorter[] = {tag, (uint8_t)content->len};

	if (content->len >= 0x80)
		bytes_add(out, longer, sizeof(longer));
	else
		bytes_add(out, shorter, sizeof(shorter));
	bytes_add(out, content->data, content->len);
	bytes_free(content);
	*content = (struct bytes){0};
}

/* SEQUENCE { OID, value }: the value is in DER. */
static void add_field(struct bytes *out, const char *oid, const struct bytes *value)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	struct bytes pair = {0};
	uint8_t der[32], *at = der;
	int len = object ? i2d_ASN1_OBJECT(object, NULL) : 0;

	tdx_pki_must(len > 0 && len <= (int)sizeof(der), "an OID");
	i2d_ASN1_OBJECT(object, &at);
	ASN1_OBJECT_free(object);
	bytes_add(&pair, der, (size_t)len);
	bytes_add(&pair, value->data, value->len);
	wrap(out, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &pair);
}

static void add_octets(struct bytes *out, const char *oid, const uint8_t *octets, size_t len)
{
	struct bytes content = {0}, value = {0};

	bytes_add(&content, octets, len);
	wrap(&value, V_ASN1_OCTET_STRING, &content);
	add_field(out, oid, &value);
	bytes_free(&value);
}

static void add_number(struct bytes *out, const char *oid, uint16_t number)
{
	const uint8_t digits[] = {0, (uint8_t)(number >> 8), (uint8_t)number};
	size_t first = number < 0x80 ? 2 : number < 0x8000 ? 1 : 0;
	struct bytes content = {0}, value = {0};

	bytes_add(&content, digits + first, sizeof(digits) - first);
	wrap(&value, V_ASN1_INTEGER, &content);
	add_field(out, oid, &value);
	bytes_free(&value);
}

static void add_tcb(struct bytes *out, const struct tdx_pki_spec *s)
{
	struct bytes fields = {0}, value = {0};
	uint8_t cpusvn[TDX_SVNS];
	char oid[64];

	for (unsigned i = 0; i < TDX_SVNS; i++) {
		snprintf(oid, sizeof(oid), SGX ".2.%u", i + 1);
		add_number(&fields, oid, s->svn[i]);
		cpusvn[i] = (uint8_t)s->svn[i];
	}
	if (!s->short_tcb)
		add_number(&fields, SGX ".2.17", s->pcesvn);
	add_octets(&fields, SGX ".2.18", cpusvn, sizeof(cpusvn));
	wrap(&value, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &fields);
	add_field(out, SGX ".2", &value);
	bytes_free(&value);
}

static void add_sgx(X509 *cert, const struct tdx_pki_spec *s)
{
	static const uint8_t enumerated[] = {V_ASN1_ENUMERATED, 1, 1};
	const struct bytes type = {.data = (uint8_t *)(uintptr_t)enumerated, .len = 3};
	struct bytes fields = {0}, der = {0};
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(SGX, 1);
	X509_EXTENSION *ext;

	add_octets(&fields, SGX ".1", s->ppid, sizeof(s->ppid));
	if (s->ppid_twice)
		add_octets(&fields, SGX ".1", s->ppid, sizeof(s->ppid));
	add_tcb(&fields, s);
	add_octets(&fields, SGX ".3", s->pceid, sizeof(s->pceid));
	add_octets(&fields, SGX ".4", s->fmspc, sizeof(s->fmspc));
	add_field(&fields, SGX ".5", &type);
	wrap(&der, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &fields);
	tdx_pki_must(value && ASN1_OCTET_STRING_set(value, der.data, (int)der.len) == 1,
		"the SGX extension");
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
	tdx_pki_must(ext && X509_add_ext(cert, ext, -1) == 1, "the SGX extension");
	X509_EXTENSION_free(ext);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(value);
	bytes_free(&der);
}

/* A certificate but for its last extensions and its signature; issuer NULL: itself. */
static X509 *start_cert(
	const struct tdx_pki_spec *s, EVP_PKEY *key, const char *subject, X509 *issuer, bool ca)
{
	static long serial = 0x1000;
	X509_NAME *name = name_of(subject);
	X509 *cert = X509_new();

	tdx_pki_must(cert && X509_set_version(cert, X509_VERSION_3) == 1 &&
			     ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++) == 1 &&
			     ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)s->not_before_s) &&
			     ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)s->not_after_s) &&
			     X509_set_subject_name(cert, name) == 1 &&
			     X509_set_issuer_name(
				     cert, issuer ? X509_get_subject_name(issuer) : name) == 1 &&
			     X509_set_pubkey(cert, key) == 1,
		"a certificate");
	X509_NAME_free(name);
	add_known(cert, issuer ? issuer : cert, NID_subject_key_identifier, "hash");
	add_known(cert, issuer ? issuer : cert, NID_authority_key_identifier, "keyid:always");
	add_known(cert, cert, NID_key_usage,
		ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,nonRepudiation");
	add_known(cert, cert, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	return cert;
}

static X509 *end_cert(X509 *cert, EVP_PKEY *issuer_key)
{
	tdx_pki_must(X509_sign(cert, issuer_key, EVP_sha256()) > 0, "a signed certificate");
	return cert;
}

static X509 *make_pck(const struct tdx_pki *p)
{
	X509 *cert = start_cert(&p->spec, p->pck_key, p->spec.pck_name, p->ca, false);

	if (!p->spec.no_sgx)
		add_sgx(cert, &p->spec);
	if (p->spec.extension_twice)
		add_sgx(cert, &p->spec);
	return end_cert(cert, p->ca_key);
}

void tdx_pki_make(struct tdx_pki *p, const struct tdx_pki_spec *spec)
{
	EVP_PKEY **keys[] = {
		&p->root_key, &p->ca_key, &p->pck_key, &p->signer_key, &p->attestation_key};

	p->spec = *spec;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		*keys[i] = EVP_EC_gen("P-256");
		tdx_pki_must(*keys[i], "a key");
	}
	p->root = end_cert(
		start_cert(spec, p->root_key, "Intel SGX Root CA", NULL, true), p->root_key);
	p->ca = end_cert(start_cert(spec, p->ca_key, spec->ca_name, p->root, !spec->ca_is_no_ca),
		p->root_key);
	p->signer = end_cert(
		start_cert(spec, p->signer_key, spec->signer_name, p->root, false), p->root_key);
	p->pck = make_pck(p);
}

void tdx_pki_free(struct tdx_pki *p)
{
	X509_free(p->root);
	X509_free(p->ca);
	X509_free(p->pck);
	X509_free(p->signer);
	EVP_PKEY_free(p->root_key);
	EVP_PKEY_free(p->ca_key);
	EVP_PKEY_free(p->pck_key);
	EVP_PKEY_free(p->signer_key);
	EVP_PKEY_free(p->attestation_key);
	memset(p, 0, sizeof(*p));
}

void tdx_pki_write_certs(const char *path, X509 *const *certs, size_t count)
{
	FILE *f = fopen(path, "we");

	for (size_t i = 0; i < count; i++)
		tdx_pki_must(f && PEM_write_X509(f, certs[i]) == 1, path);
	tdx_pki_must(f && fclose(f) == 0, path);
}

static void revoke(X509_CRL *crl, const X509 *cert, ASN1_TIME *when)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_dup(X509_get0_serialNumber(cert));
	X509_REVOKED *entry = X509_REVOKED_new();

	tdx_pki_must(entry && X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
			     X509_REVOKED_set_revocationDate(entry, when) == 1 &&
			     X509_CRL_add0_revoked(crl, entry) == 1,
		"a revoked certificate");
	ASN1_INTEGER_free(serial);
}

void tdx_pki_write_crl(
	const struct tdx_collateral_spec *c, const X509 *issuer, EVP_PKEY *key, const char *path)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)c->issued_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)c->next_s);
	X509_CRL *crl = X509_CRL_new();
	FILE *f = fopen(path, "we");

	tdx_pki_must(from && until && crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
			     X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
			     X509_CRL_set1_lastUpdate(crl, from) == 1 &&
			     X509_CRL_set1_nextUpdate(crl, until) == 1,
		"a revocation list");
	if (c->revoked)
		revoke(crl, c->revoked, from);
	tdx_pki_must(X509_CRL_sign(crl, key, EVP_sha256()) > 0, "a signed revocation list");
	tdx_pki_must(f && PEM_write_X509_CRL(f, crl) == 1 && fclose(f) == 0, path);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
}
