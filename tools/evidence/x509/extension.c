/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One certificate: its extensions, and its names for a sentence. */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/evidence/x509/certs.h"
#include "tools/lib/printable.h"

struct failure cert_extension(const X509 *cert, const char *oid, struct span *out)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int first = object ? X509_get_ext_by_OBJ(cert, object, -1) : -1;
	int second = first >= 0 ? X509_get_ext_by_OBJ(cert, object, first) : -1;
	const ASN1_OCTET_STRING *value;

	ASN1_OBJECT_free(object);
	*out = (struct span){0};
	if (!object)
		return refuse("%s is no object identifier", oid);
	if (second >= 0)
		return refuse("the certificate has extension %s twice", oid);
	if (first < 0)
		return failure_none();
	value = X509_EXTENSION_get_data(X509_get_ext(cert, first));
	*out = (struct span){ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
	return failure_none();
}

struct failure cert_extensions_unique(const X509 *cert)
{
	int count = X509_get_ext_count(cert);

	for (int i = 0; i < count; i++) {
		const ASN1_OBJECT *object = X509_EXTENSION_get_object(X509_get_ext(cert, i));
		char oid[64];

		if (X509_get_ext_by_OBJ(cert, object, i) < 0)
			continue;
		OBJ_obj2txt(oid, sizeof(oid), object, 1);
		return refuse("the certificate has extension %s twice", oid);
	}
	return failure_none();
}

void cert_name_text(const X509_NAME *name, char out[CERT_NAME_MAX])
{
	BIO *text = BIO_new(BIO_s_mem());
	char *bytes = NULL, *fit;
	long len = 0;

	if (text && X509_NAME_print_ex(text, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		len = BIO_get_mem_data(text, &bytes);
	fit = printable(bytes, len > 0 ? (size_t)len : 0, CERT_NAME_MAX - 1);
	snprintf(out, CERT_NAME_MAX, "%s", fit);
	free(fit);
	BIO_free(text);
	ERR_clear_error();
}

void cert_text(const X509 *cert, char out[CERT_NAME_MAX])
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	char issuer[CERT_NAME_MAX];
	BIGNUM *serial;
	char *hex;

	if (X509_NAME_entry_count(subject)) {
		cert_name_text(subject, out);
		return;
	}
	cert_name_text(X509_get_issuer_name(cert), issuer);
	serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	hex = serial ? BN_bn2hex(serial) : NULL;
	snprintf(out, CERT_NAME_MAX, "serial %.40s of %.100s", hex ? hex : "?", issuer);
	OPENSSL_free(hex);
	BN_free(serial);
	ERR_clear_error();
}
