/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/x509/certs.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include "tools/evidence/x509/pem.h"
#include "tools/lib/bytes.h"
#include "tools/lib/key_kinds.h"

#define FILE_MAX  (1u << 20)
#define DER_FIRST 0x30u /* SEQUENCE: no text starts with "0" here */

X509 *cert_parse(struct span der)
{
	const unsigned char *at = der.data;
	X509 *cert = X509_new_ex(key_kinds(), NULL);
	ASN1_VALUE *value = (ASN1_VALUE *)cert;
	bool good = cert && der.len && der.len <= FILE_MAX &&
		    ASN1_item_d2i(&value, &at, (long)der.len, ASN1_ITEM_rptr(X509)) &&
		    at == der.data + der.len;

	/* What cannot be read is gone already. */
	if (!good) {
		X509_free((X509 *)value);
		value = NULL;
	}
	ERR_clear_error();
	return (X509 *)value;
}

size_t certs_count(const struct certs *c)
{
	return c && c->list ? (size_t)sk_X509_num(c->list) : 0;
}

X509 *certs_at(const struct certs *c, size_t i)
{
	return sk_X509_value(c->list, (int)i);
}

struct failure certs_add_der(struct certs *c, struct span der)
{
	X509 *cert;

	if (!c->list)
		c->list = sk_X509_new_null();
	if (certs_count(c) >= CERTS_MAX)
		return refuse("more than %u certificates", CERTS_MAX);
	cert = cert_parse(der);
	if (!cert)
		return refuse("not a certificate: its DER cannot be read to the last byte");
	if (!sk_X509_push(c->list, cert)) {
		X509_free(cert);
		return refuse("out of memory");
	}
	return failure_none();
}

struct failure crls_add_der(struct crls *c, struct span der)
{
	const unsigned char *at = der.data;
	X509_CRL *crl = X509_CRL_new_ex(key_kinds(), NULL);
	bool whole = crl && der.len && der.len <= FILE_MAX &&
		     d2i_X509_CRL(&crl, &at, (long)der.len) && at == der.data + der.len;

	ERR_clear_error();
	if (!c->list)
		c->list = sk_X509_CRL_new_null();
	if (whole && sk_X509_CRL_num(c->list) < (int)CERTS_MAX && sk_X509_CRL_push(c->list, crl))
		return failure_none();
	X509_CRL_free(crl);
	if (!whole)
		return refuse("not a revocation list: its DER cannot be read to the last byte");
	return refuse("more than %u revocation lists", CERTS_MAX);
}

static struct failure add_cert(void *list, struct span der)
{
	return certs_add_der(list, der);
}

static struct failure add_crl(void *list, struct span der)
{
	return crls_add_der(list, der);
}

struct failure certs_add_pem(struct certs *c, struct span pem)
{
	static const struct pem_form only_certificates = {"CERTIFICATE", false};
	size_t count;

	TRY_FAILURE(pem_each(pem, &only_certificates, add_cert, c, &count));
	return count ? failure_none() : refuse("there is no certificate in it");
}

static struct failure read_file(const char *path, struct bytes *out)
{
	char part[4096];
	size_t n;
	FILE *in = fopen(path, "re");
	bool broken;

	if (!in)
		return refuse("%s", strerror(errno));
	while ((n = fread(part, 1, sizeof(part), in)) && out->len <= FILE_MAX)
		bytes_add(out, part, n);
	broken = ferror(in);
	fclose(in);
	if (broken)
		return refuse("it cannot be read");
	if (out->len > FILE_MAX)
		return refuse("it is larger than 1 MiB: split it");
	return failure_none();
}

/* DER or PEM, whichever it is; `what` names the things in it. */
static struct failure load(const char *path, const struct pem_form *form, const char *what,
	struct failure (*add)(void *list, struct span der), void *list)
{
	struct bytes file = {0};
	size_t count = 1;
	struct failure f = read_file(path, &file);

	if (f.happened)
		;
	else if (file.len && file.data[0] == DER_FIRST)
		f = add(list, (struct span){file.data, file.len});
	else
		f = pem_each((struct span){file.data, file.len}, form, add, list, &count);
	bytes_free(&file);
	if (f.happened)
		return refuse("%s: %s", path, f.text);
	if (!count)
		return refuse("%s: no %s in it, neither PEM nor DER", path, what);
	return failure_none();
}

struct failure certs_load(struct certs *c, const char *path)
{
	static const struct pem_form form = {"CERTIFICATE", true};

	return load(path, &form, "certificate", add_cert, c);
}

struct failure crls_load(struct crls *c, const char *path)
{
	static const struct pem_form form = {"X509 CRL", true};

	return load(path, &form, "revocation list", add_crl, c);
}

void certs_free(struct certs *c)
{
	sk_X509_pop_free(c->list, X509_free);
	c->list = NULL;
}

void crls_free(struct crls *c)
{
	sk_X509_CRL_pop_free(c->list, X509_CRL_free);
	c->list = NULL;
}
