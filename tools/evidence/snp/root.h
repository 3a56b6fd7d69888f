/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names by which AMD's CA certificates say what they are: ARK-Milan, SEV-Milan, SEV-VLEK-Milan.
 */
#ifndef TOOLS_EVIDENCE_SNP_ROOT_H
#define TOOLS_EVIDENCE_SNP_ROOT_H

#include <openssl/x509.h>

#include "tools/evidence/snp/product.h"
#include "tools/lib/failure.h"

/* Whether the subject's only common name is prefix and then the product line's name. */
struct failure snp_is_named(
	const X509 *cert, const char *prefix, enum snp_product product) MUST_CHECK;

/* The product line that a root is of, by its subject's common name. */
struct failure snp_root_product(const X509 *root, enum snp_product *out) MUST_CHECK;

#endif
