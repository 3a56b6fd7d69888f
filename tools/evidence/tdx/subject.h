/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Intel calls the certificates whose kinds nothing else tells apart. */
#ifndef TOOLS_EVIDENCE_TDX_SUBJECT_H
#define TOOLS_EVIDENCE_TDX_SUBJECT_H

#include <openssl/x509.h>
#include <stdbool.h>

/* Whether the subject has one common name, and that begins with these words. */
bool tdx_subject_begins(const X509 *cert, const char *words);

#endif
