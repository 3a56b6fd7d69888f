/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the sources of tdx_pki.h. */
#ifndef TESTS_INTEROP_EVIDENCE_TDX_PKI_PRIVATE_H
#define TESTS_INTEROP_EVIDENCE_TDX_PKI_PRIVATE_H

#include "tests/interop/evidence/tdx_pki.h"

/* Aborts with a sentence unless good. */
void tdx_pki_must(bool good, const char *what);

/* Writes certificates as PEM. */
void tdx_pki_write_certs(const char *path, X509 *const *certs, size_t count);
/* Writes the issuer's list as PEM, with c->revoked in it. */
void tdx_pki_write_crl(
	const struct tdx_collateral_spec *c, const X509 *issuer, EVP_PKEY *key, const char *path);

#endif
