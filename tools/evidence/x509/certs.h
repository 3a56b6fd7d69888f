/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates and revocation lists: out of files that an operator names, and out of evidence.
 *
 * A `struct certs` is a caller-owned list; zero it, add to it, certs_free() it. Lists that are not
 * changed any more may be read by several threads. What a file holds is bounded: 1 MiB a file,
 * CERTS_MAX in a list. PEM (any number, anything between them) and DER (one, to the last byte) are
 * told apart by content. A failure names the file. No function leaves anything in OpenSSL's error
 * queue.
 */
#ifndef TOOLS_EVIDENCE_X509_CERTS_H
#define TOOLS_EVIDENCE_X509_CERTS_H

#include <openssl/x509.h>

#include "early/contract/wire.h"
#include "tools/lib/failure.h"

#define CERTS_MAX     1024u
#define CERT_NAME_MAX 160u /* bytes of a name's text with its NUL; a longer name is cut */

struct certs {
	STACK_OF(X509) * list; /* NULL: none */
};

struct crls {
	STACK_OF(X509_CRL) * list; /* NULL: none */
};

/* Adds every certificate of the file; one that has none is refused. */
struct failure certs_load(struct certs *c, const char *path) MUST_CHECK;
/*
 * Adds PEM certificates out of memory. Anything but PEM certificates and white space is refused; a
 * NUL at the end, as Intel's chains have it, counts as white space.
 */
struct failure certs_add_pem(struct certs *c, struct span pem) MUST_CHECK;
/* Adds one certificate in DER. */
struct failure certs_add_der(struct certs *c, struct span der) MUST_CHECK;
/* How many there are, and one of them: borrowed from the list. */
size_t certs_count(const struct certs *c);
X509 *certs_at(const struct certs *c, size_t i);
void certs_free(struct certs *c);

struct failure crls_load(struct crls *c, const char *path) MUST_CHECK;
/* Adds one list in DER. */
struct failure crls_add_der(struct crls *c, struct span der) MUST_CHECK;
void crls_free(struct crls *c);

/*
 * One certificate in DER, to the last byte; NULL when it is none. The caller frees it. No byte is
 * read beyond der.len, and none may be left over.
 */
X509 *cert_parse(struct span der) MUST_CHECK;

/*
 * The value of the extension with this dotted OID: borrowed from the certificate. *out is empty
 * when the certificate has none; a second extension of one OID is a failure (an attacker's
 * certificate that two readers read in two ways).
 */
struct failure cert_extension(const X509 *cert, const char *oid, struct span *out) MUST_CHECK;
/* A failure when any two extensions of the certificate have the same OID. */
struct failure cert_extensions_unique(const X509 *cert) MUST_CHECK;

/* A name as one line of printable ASCII, fit for a sentence in an operator's terminal. */
void cert_name_text(const X509_NAME *name, char out[CERT_NAME_MAX]);
/* The certificate's subject; where that is empty, its serial number and issuer. */
void cert_text(const X509 *cert, char out[CERT_NAME_MAX]);

#endif
