/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a TPM's maker and of a processor's maker: CAs of the tests' own, and certificates
 * for endorsement keys. All are valid from 2020 to 2040.
 */
#ifndef TESTS_INTEROP_INDEPENDENT_PKI_H
#define TESTS_INTEROP_INDEPENDENT_PKI_H

#include <openssl/x509.h>
#include "tests/interop/independent/derive.h"

struct authority {
	EVP_PKEY *key;
	X509 *certificate;
};

/* A CA on P-256, or with an RSA key; below `issuer`, or a root where that is NULL. */
struct authority authority_make(const char *name, bool rsa, const struct authority *issuer);
void authority_free(struct authority *a);
void authority_write(const struct authority *a, const char *path);
/* What EVIDENCE has: the LP of a certificate behind what `out` has. */
void put_certificate(struct buf *out, X509 *x);
/*
 * An EK's certificate. `maker` is the TCG's id of the manufacturer, as "id:494E5443", in the
 * subjectAltName; NULL: none.
 */
X509 *certify_ek(const struct authority *issuer, EVP_PKEY *ek, const char *maker);

#endif
