/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/chain.h"

#include <openssl/evp.h>
#include <openssl/objects.h>

#include "tools/evidence/snp/root.h"
#include "tools/evidence/x509/path.h"

#define SECURITY_BITS_LEAST 128 /* RSA-4096 with SHA-384 has more */

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
	TRY_FAILURE(snp_is_named(sk_X509_value(path->list, 1),
		v->key == SNP_KEY_VCEK ? "SEV-" : "SEV-VLEK-", v->product));
	return snp_is_named(sk_X509_value(path->list, 2), "ARK-", v->product);
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
