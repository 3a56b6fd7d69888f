/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/ek_certificate_private.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/evidence/tpm/firmware.h"
#include "tools/lib/printable.h"

/* TCG EK Credential Profile 2.5, 3.2.9. */
#define OID_MANUFACTURER "2.23.133.2.1"
#define OID_MODEL	 "2.23.133.2.2"
#define OID_VERSION	 "2.23.133.2.3"
/* Google Cloud: zone, project's number and id, instance's id and name, security properties. */
#define OID_GCE_INSTANCE "1.3.6.1.4.1.11129.2.1.21"

static void text_of(const ASN1_STRING *value, char *out, size_t size)
{
	char *fit = printable(
		ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value), size - 1);

	snprintf(out, size, "%s", fit);
	free(fit);
}

static void read_attribute(const X509_NAME_ENTRY *entry, struct ek_identity *out)
{
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
	char oid[32];

	OBJ_obj2txt(oid, sizeof(oid), X509_NAME_ENTRY_get_object(entry), 1);
	if (!strcmp(oid, OID_MANUFACTURER))
		text_of(value, out->manufacturer_text, sizeof(out->manufacturer_text));
	else if (!strcmp(oid, OID_MODEL))
		text_of(value, out->model, sizeof(out->model));
	else if (!strcmp(oid, OID_VERSION))
		text_of(value, out->version, sizeof(out->version));
}

/* The directory names of the subject alternative name, in whatever order and grouping. */
static void read_alternative_name(const X509 *cert, struct ek_identity *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DIRNAME)
			continue;
		for (int k = 0; k < X509_NAME_entry_count(name->d.directoryName); k++)
			read_attribute(X509_NAME_get_entry(name->d.directoryName, k), out);
	}
	GENERAL_NAMES_free(names);
	if (!tpm_manufacturer_parse(out->manufacturer_text, &out->manufacturer))
		out->manufacturer = 0;
}

static bool element_text(const ASN1_SEQUENCE_ANY *all, int i, char *out, size_t size)
{
	const ASN1_TYPE *value = sk_ASN1_TYPE_value(all, i);

	if (value->type != V_ASN1_UTF8STRING)
		return false;
	text_of(value->value.utf8string, out, size);
	return true;
}

static struct failure read_gce_instance(const X509 *cert, struct ek_identity *out)
{
	struct span der;
	const unsigned char *at;
	ASN1_SEQUENCE_ANY *all;
	bool good;

	TRY_FAILURE(cert_extension(cert, OID_GCE_INSTANCE, &der));
	if (!der.len)
		return failure_none();
	at = der.data;
	all = d2i_ASN1_SEQUENCE_ANY(NULL, &at, (long)der.len);
	good = all && at == der.data + der.len && sk_ASN1_TYPE_num(all) >= 5 &&
	       element_text(all, 0, out->zone, sizeof(out->zone)) &&
	       element_text(all, 2, out->project, sizeof(out->project)) &&
	       element_text(all, 4, out->instance, sizeof(out->instance)) &&
	       sk_ASN1_TYPE_value(all, 3)->type == V_ASN1_INTEGER &&
	       ASN1_INTEGER_get_uint64(
		       &out->instance_id, sk_ASN1_TYPE_value(all, 3)->value.integer) == 1;
	sk_ASN1_TYPE_pop_free(all, ASN1_TYPE_free);
	return good ? failure_none()
		    : refuse("Google's extension about the instance (" OID_GCE_INSTANCE
			     ") cannot be read");
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	int days = 0, seconds = 0;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	bool good = epoch && t && ASN1_TIME_diff(&days, &seconds, epoch, t);

	ASN1_TIME_free(epoch);
	return good ? (int64_t)days * 86400 + seconds : 0;
}

struct failure tpm_certificate_identity(X509 *cert, struct ek_identity *out)
{
	unsigned len = sizeof(out->sha256);
	struct failure f;

	memset(out, 0, sizeof(*out));
	if (!X509_digest(cert, EVP_sha256(), out->sha256, &len))
		return refuse("the certificate cannot be hashed");
	cert_text(cert, out->subject);
	cert_name_text(X509_get_issuer_name(cert), out->issuer);
	out->not_before_s = seconds_of(X509_get0_notBefore(cert));
	out->not_after_s = seconds_of(X509_get0_notAfter(cert));
	read_alternative_name(cert, out);
	f = read_gce_instance(cert, out);
	ERR_clear_error();
	return f;
}
