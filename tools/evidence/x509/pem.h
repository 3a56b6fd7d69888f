/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of PEM text (RFC 7468), one after the other; private to this room. */
#ifndef TOOLS_EVIDENCE_X509_PEM_H
#define TOOLS_EVIDENCE_X509_PEM_H

#include "early/contract/wire.h"
#include "tools/lib/failure.h"

struct pem_form {
	const char *label; /* "CERTIFICATE", "X509 CRL": blocks of other labels are text between */
	bool text_between; /* otherwise only white space and NUL may stand between blocks */
};

/*
 * Calls `add` with the DER of each block of this label, in order; stops at the first failure. A
 * block that is not closed or not base64 is a failure. *out_count gets the number of blocks.
 */
struct failure pem_each(struct span text, const struct pem_form *form,
	struct failure (*add)(void *list, struct span der), void *list,
	size_t *out_count) MUST_CHECK;

#endif
