/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests with fixed values: PROTOCOL.md section 10.3. */
#ifndef TOOLS_EVIDENCE_TPM_CREDENTIAL_PRIVATE_H
#define TOOLS_EVIDENCE_TPM_CREDENTIAL_PRIVATE_H

#include <openssl/evp.h>

#include "tools/evidence/tpm/credential.h"

/* tpm_make_credential() for an ECC EK with this ephemeral key, on the EK's curve. */
enum tpm_fault tpm_make_credential_with(EVP_PKEY *ephemeral, const struct tpm_public *ek,
	const uint8_t ak_name[TPM_NAME_LEN], const uint8_t *secret, size_t secret_len,
	struct tpm_credential *out) MUST_CHECK;

#endif
