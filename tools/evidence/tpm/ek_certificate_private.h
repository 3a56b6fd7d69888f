/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a TPM key's certificate says of its TPM or machine: certificate_identity.c. */
#ifndef TOOLS_EVIDENCE_TPM_EK_CERTIFICATE_PRIVATE_H
#define TOOLS_EVIDENCE_TPM_EK_CERTIFICATE_PRIVATE_H

#include "tools/evidence/tpm/ek_certificate.h"

struct failure tpm_certificate_identity(X509 *cert, struct ek_identity *out) MUST_CHECK;

#endif
