/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificate paths (RFC 5280 section 6, as OpenSSL does it) from one certificate to configured
 * roots, at the service's time.
 *
 * The anchors are the roots alone: a certificate that came with the evidence can only ever be an
 * intermediate, and the leaf is never its own anchor. What OpenSSL accepts is looked at once more:
 * every signature below the root is RSA, RSA-PSS or ECDSA over SHA-256 or better; every key is RSA
 * of 2048 to 8192 bits, P-256, P-384 or P-521; every issuer is a CA by its basicConstraints; no
 * certificate has one extension twice or one that cannot be read. AMD's RSA-PSS chains need no
 * flag; they do not pass PATH_STRICT (their VCEKs have no authority key identifier).
 */
#ifndef TOOLS_EVIDENCE_X509_PATH_H
#define TOOLS_EVIDENCE_X509_PATH_H

#include "tools/evidence/x509/certs.h"

#define PATH_STRICT   1u /* RFC 5280 strictly (X509_V_FLAG_X509_STRICT) */
#define PATH_CRL_LEAF 2u /* a list of the issuer's must be there for the leaf */
#define PATH_CRL_ALL  4u /* ... for each certificate of the path, the root too */
/* The end of a certificate's dates is not looked at; its beginning is, and the dates of lists. */
#define PATH_ALLOW_EXPIRED 8u
/* A critical subjectDirectoryAttributes (2.5.29.9), which EK certificates may carry, is accepted.
 */
#define PATH_TPM_EXTENSIONS 16u
/* A list is used for each issuer that one was given for; the others are not asked for one. */
#define PATH_CRL_GIVEN 32u
/* A root need not be self-signed: an operator may trust one intermediate CA alone. */
#define PATH_PARTIAL 64u

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
