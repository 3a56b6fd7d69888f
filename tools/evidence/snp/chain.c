/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/chain.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

#include "tools/evidence/x509/path.h"

#define NAME_MAX_LEN	    64u
#define SECURITY_BITS_LEAST 128 /* RSA-4096 with SHA-384 has more */

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
	if (len <= 0 || (unsigned)len >= NAME_MAX_LEN ||
		memchr(ASN1_STRING_get0_data(text), 0, (size_t)len))
		return false;
	memcpy(out, ASN1_STRING_get0_data(text), (size_t)len);
	out[len] = 0;
	return true;
}

/* Whether the subject is prefix and then the product line's name. */
static struct failure is_named(const X509 *cert, const char *prefix, enum snp_product product)
{
	char name[NAME_MAX_LEN], wanted[NAME_MAX_LEN];

	snprintf(wanted, sizeof(wanted), "%s%s", prefix, snp_product_name(product));
	if (!common_name(cert, name) || strcmp(name, wanted) != 0)
		return refuse("the certificate above the VCEK or VLEK is not %s", wanted);
	return failure_none();
}

static struct failure signed_as_amd_does(X509 *cert)
{
	int digest, algorithm, bits;

	if (X509_get_signature_info(cert, &digest, &algorithm, &bits, NULL) != 1 ||
		digest != NID_sha384 || algorithm != NID_rsassaPss || bits < SECURITY_BITS_LEAST)
		return refuse("a certificate of the SEV-SNP chain is not signed with RSA-PSS and "
			      "SHA-384");
	return failure_none();
}

static struct failure check_path(const struct certs *path, const struct snp_vek *v)
{
	if (sk_X509_num(path->list) != 3)
		return refuse("a SEV-SNP chain has 3 certificates, and this one %d",
			sk_X509_num(path->list));
	for (int i = 0; i < 3; i++)
		TRY_FAILURE(signed_as_amd_does(sk_X509_value(path->list, i)));
	TRY_FAILURE(is_named(sk_X509_value(path->list, 1),
		v->key == SNP_KEY_VCEK ? "SEV-" : "SEV-VLEK-", v->product));
	return is_named(sk_X509_value(path->list, 2), "ARK-", v->product);
}

/* AMD's lists are the roots' and name ASKs; no list says that a VCEK or VLEK is revoked. */
static struct failure check_revocation(const struct snp_trust *t, X509 *ask, int64_t now_s)
{
	const struct path_request request = {
		.leaf = ask,
		.roots = &t->roots,
		.crls = &t->crls,
		.now_s = now_s,
		.flags = PATH_CRL_LEAF,
	};

	return t->no_revocation ? failure_none() : path_verify(&request, NULL);
}

struct failure snp_chain_verify(const struct snp_trust *t, X509 *cert, const struct snp_vek *v,
	const struct certs *offered, int64_t now_s)
{
	const struct path_request request = {
		.leaf = cert,
		.roots = &t->roots,
		.intermediates = &t->intermediates,
		.offered = offered,
		.now_s = now_s,
	};
	struct certs path = {0};
	struct failure f;

	TRY_FAILURE(path_verify(&request, &path));
	f = check_path(&path, v);
	if (!f.happened)
		f = check_revocation(t, sk_X509_value(path.list, 1), now_s);
	certs_free(&path);
	return f;
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
