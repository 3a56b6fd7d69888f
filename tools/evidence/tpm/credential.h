/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TPM2_MakeCredential in software (TPM 2.0 Library Specification, Part 1, 24; Annex B.10.4 for RSA,
 * C.6.4 for ECC): a secret that only the TPM with this EK gives back, and only if it also has the
 * key with that Name.
 */
#ifndef TOOLS_EVIDENCE_TPM_CREDENTIAL_H
#define TOOLS_EVIDENCE_TPM_CREDENTIAL_H

#include "tools/evidence/tpm/public.h"

#define TPM_CREDENTIAL_MAX 128u /* bytes of a TPM2B_ID_OBJECT's contents */
#define TPM_ENCRYPTED_MAX  512u /* bytes of a TPM2B_ENCRYPTED_SECRET's contents: RSA-4096 */
#define TPM_SECRET_MAX	   32u

struct tpm_credential {
	uint8_t blob[TPM_CREDENTIAL_MAX];
	size_t blob_len;
	uint8_t encrypted[TPM_ENCRYPTED_MAX];
	size_t encrypted_len;
};

/*
 * Seals `secret` (1..TPM_SECRET_MAX bytes) to the EK for the key with ak_name, by the EK's own name
 * algorithm and AES. TPM_CREDENTIAL_FAILED when the length is another, or OpenSSL refuses.
 */
enum tpm_fault tpm_make_credential(const struct tpm_public *ek, const uint8_t ak_name[TPM_NAME_LEN],
	const uint8_t *secret, size_t secret_len, struct tpm_credential *out) MUST_CHECK;

#endif
