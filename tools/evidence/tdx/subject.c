/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/subject.h"

#include <openssl/objects.h>
#include <string.h>

bool tdx_subject_begins(const X509 *cert, const char *words)
{
	const X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *text;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	return (size_t)ASN1_STRING_length(text) >= strlen(words) &&
	       memcmp(ASN1_STRING_get0_data(text), words, strlen(words)) == 0;
}
