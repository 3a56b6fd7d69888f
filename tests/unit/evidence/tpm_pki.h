/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates, lists and keys of the tests' own, field by field, so that a test can spoil any one
 * of them. Everything is made anew at each run; nothing is secret. Failing to make one ends the
 * test program.
 */
#ifndef TESTS_UNIT_EVIDENCE_TPM_PKI_H
#define TESTS_UNIT_EVIDENCE_TPM_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "tools/evidence/tpm/ek_certificate.h"

#define PKI_NOW	 1764000000 /* 2025-11-24 */
#define PKI_YEAR 31536000

struct pki_entity {
	EVP_PKEY *key;
	X509 *cert;
};

struct pki_request {
	const char *name;		 /* the common name; NULL: an empty subject */
	const struct pki_entity *issuer; /* NULL: signs itself */
	EVP_PKEY *key;			 /* NULL: a new one on P-256 */
	int64_t from_s, until_s;	 /* both 0: a year around PKI_NOW */
	const char *constraints;	 /* as in OpenSSL's configuration; NULL: none */
	const char *key_usage, *extended;
	const char *other_oid, *other_value; /* as "critical,DER:0500"; NULL: none */
	bool other_twice;
	const EVP_MD *digest; /* NULL: SHA-256 */
};

struct pki_entity pki_make(const struct pki_request *r);
/* A CA with this name below `issuer`, which may be NULL. */
struct pki_entity pki_ca(const char *name, const struct pki_entity *issuer);
void pki_free(struct pki_entity *e);

/* A list of the issuer's with the revoked certificate in it, or without one. */
X509_CRL *pki_crl(
	const struct pki_entity *issuer, const X509 *revoked, int64_t from_s, int64_t until_s);

/* A new key: "RSA" with bits, or a curve's name. */
EVP_PKEY *pki_rsa(unsigned bits);
EVP_PKEY *pki_ec(const char *curve);

/* The certificate's DER; free() it. */
struct span pki_der(const X509 *cert);
/* Adds a copy. */
void pki_add(struct certs *to, const struct pki_entity *e);
/* The TPM's view of a certificate's key, RSAES-OAEP ones included. */
struct tpm_public pki_public(const X509 *cert);

#endif
