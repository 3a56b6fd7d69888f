/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_EVIDENCE_X509_PATH_PRIVATE_H
#define TOOLS_EVIDENCE_X509_PATH_PRIVATE_H

#include <openssl/x509_vfy.h>

#include "tools/evidence/x509/path.h"

/* A request under way: what OpenSSL's callback needs and what it notes. */
struct path_check {
	const struct path_request *request;
	const X509_CRL *list; /* that the last fault was found at; borrowed, NULL: none */
};

/* The sentence for the error that OpenSSL stopped at. */
struct failure path_fault(X509_STORE_CTX *ctx, const struct path_check *check) MUST_CHECK;

#endif
