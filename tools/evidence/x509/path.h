/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificate paths (RFC 5280 section 6, as OpenSSL does it) from one certificate to configured
 * roots, at the service's time.
 *
 * The anchors are the roots alone: a certificate that came with the evidence can only ever be an
 * intermediate. Each signature of the path is checked after OpenSSL against what is allowed here:
 * SHA-256 or better, RSA of 2048 bits or more, P-256 or P-384.
 */
#ifndef TOOLS_EVIDENCE_X509_PATH_H
#define TOOLS_EVIDENCE_X509_PATH_H

#include "tools/evidence/x509/certs.h"

#define PATH_STRICT	   1u /* RFC 5280 strictly (X509_V_FLAG_X509_STRICT) */
#define PATH_CRL_LEAF	   2u /* a list of the issuer's must be there for the leaf */
#define PATH_CRL_ALL	   4u /* ... for each certificate below the root */
#define PATH_ALLOW_EXPIRED 8u /* dates of certificates are not looked at; those of lists are */
/* A critical subjectDirectoryAttributes (2.5.29.9), which EK certificates may carry, is accepted.
 */
#define PATH_TPM_EXTENSIONS 16u

struct path_request {
	X509 *leaf;
	const struct certs *roots;
	const struct certs *intermediates; /* configured; may be NULL */
	const struct certs *offered;	   /* out of the evidence: hints; may be NULL */
	const struct crls *crls;	   /* may be NULL without PATH_CRL_... */
	int64_t now_s;			   /* seconds since 1970 */
	unsigned flags;			   /* PATH_... */
};

/*
 * A failure says which certificate of the path has what fault, and what to do: a missing
 * intermediate is named by its issuer's subject, an expired certificate by its dates, a missing or
 * stale revocation list by its issuer. *out_chain, when not NULL, gets the path from the leaf to
 * the root; the caller frees it (certs_free()).
 */
struct failure path_verify(const struct path_request *r, struct certs *out_chain) MUST_CHECK;

#endif
