/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/pck.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "tools/evidence/tdx/subject.h"
#include "tools/evidence/x509/path.h"

#define SGX_EXTENSION "1.2.840.113741.1.13.1"
#define CHAIN_MAX     8u /* certificates that a quote may bring; Intel's bring three */
#define DER_FIRST     0x30u

/* The length of the DER element at the start of bytes; 0 when there is none. */
static size_t element_len(struct span bytes)
{
	const unsigned char *at = bytes.data;
	long len = 0;
	int tag, class;

	if (ASN1_get_object(&at, &len, &tag, &class, (long)bytes.len) & 0x80)
		len = -1;
	ERR_clear_error();
	return len < 0 ? 0 : (size_t)(at - bytes.data) + (size_t)len;
}

struct failure tdx_pck_chain_read(struct span chain, struct certs *out)
{
	struct span rest = chain;

	*out = (struct certs){0};
	if (!chain.len)
		return refuse("the TDX quote brings no PCK certificate");
	if (chain.data[0] != DER_FIRST)
		return certs_add_pem(out, chain);
	while (rest.len) {
		size_t len = element_len(rest);

		if (!len || len > rest.len || certs_count(out) == CHAIN_MAX)
			return refuse("the TDX quote's PCK certificates cannot be read");
		TRY_FAILURE(certs_add_der(out, (struct span){rest.data, len}));
		rest = (struct span){rest.data + len, rest.len - len};
	}
	return failure_none();
}

/* The path has `depth` certificates, root and all. */
static struct failure verify_path(const struct tdx_trust *t, X509 *leaf,
	const struct certs *offered, int64_t now_s, size_t depth)
{
	struct path_request request = {
		.leaf = leaf,
		.roots = &t->roots,
		.offered = offered,
		.crls = &t->crls,
		.now_s = now_s,
		.flags = PATH_STRICT | (t->no_revocation ? 0 : PATH_CRL_ALL),
	};
	struct certs path = {0};
	struct failure f = path_verify(&request, &path);
	size_t found = certs_count(&path);

	certs_free(&path);
	if (f.happened)
		return f;
	if (found != depth)
		return refuse("the certificate's path has %zu certificates; Intel's have %zu",
			found, depth);
	return failure_none();
}

X509 *tdx_pck_leaf(const struct certs *chain)
{
	X509 *leaf = NULL;

	for (size_t i = 0; i < certs_count(chain); i++) {
		if (!tdx_subject_begins(certs_at(chain, i), "Intel SGX PCK Certificate"))
			continue;
		if (leaf)
			return NULL;
		leaf = certs_at(chain, i);
	}
	return leaf;
}

struct failure tdx_pck_verify(
	const struct tdx_trust *t, const struct certs *chain, int64_t now_s, struct tdx_pck *out)
{
	X509 *leaf = tdx_pck_leaf(chain);
	struct span value;

	if (!leaf || certs_count(chain) > CHAIN_MAX)
		return refuse("the TDX quote does not bring one certificate of a platform's key "
			      "(PCK) and its issuers'");
	TRY_FAILURE(verify_path(t, leaf, chain, now_s, 3));
	TRY_FAILURE(cert_extension(leaf, SGX_EXTENSION, &value));
	return tdx_pck_extension_parse(value, out);
}

struct failure tdx_signer_verify(const struct tdx_trust *t, int64_t now_s)
{
	struct failure f;

	if (!t->signer)
		return refuse("no signer of Intel's collateral is configured");
	f = verify_path(t, t->signer, &t->signing_chain, now_s, 2);
	return f.happened ? refuse("the signer of Intel's collateral: %.400s", f.text) : f;
}
