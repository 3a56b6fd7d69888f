/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/root.h"

#include <string.h>

#define NAME_MAX_LEN 64u

/* The subject's only common name; false when there is none, or it is no short plain text. */
static bool common_name(const X509 *cert, char out[NAME_MAX_LEN])
{
	const X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *text;
	int len;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	len = ASN1_STRING_length(text);
	if (len <= 0 || (unsigned)len >= NAME_MAX_LEN)
		return false;
	memcpy(out, ASN1_STRING_get0_data(text), (size_t)len);
	for (int i = 0; i < len; i++)
		if (out[i] < 0x20 || out[i] > 0x7e)
			return false;
	out[len] = 0;
	return true;
}

struct failure snp_is_named(const X509 *cert, const char *prefix, enum snp_product product)
{
	char name[NAME_MAX_LEN], wanted[NAME_MAX_LEN];

	snprintf(wanted, sizeof(wanted), "%s%s", prefix, snp_product_name(product));
	if (!common_name(cert, name) || strcmp(name, wanted) != 0)
		return refuse("the certificate above the VCEK or VLEK is not %s", wanted);
	return failure_none();
}

struct failure snp_root_product(const X509 *root, enum snp_product *out)
{
	static const char prefix[] = "ARK-";
	char name[NAME_MAX_LEN];

	if (!common_name(root, name))
		return refuse("a root has no common name");
	if (strncmp(name, prefix, strlen(prefix)) != 0 ||
		!snp_product_from_name(name + strlen(prefix), strlen(name + strlen(prefix)), out))
		return refuse("the root \"%s\" is of no AMD product line", name);
	return failure_none();
}
