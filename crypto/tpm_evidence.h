/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks TPM 2.0 evidence without a TPM: public areas, quotes, credential activation. Used by the
 * services, in the library crypto_service; every input is hostile. The parsers are this room's own,
 * bounded and strict: a structure with bytes left over is refused. References are to the TPM 2.0
 * Library Specification.
 */
#ifndef CRYPTO_TPM_EVIDENCE_H
#define CRYPTO_TPM_EVIDENCE_H

#include "crypto/errors.h"
#include "crypto/key.h"

#define TPM_NAME_LEN 34u /* u16 0x000B | SHA-256 of the public area */

struct tpm_public {
	uint8_t pub[P256_PUB_LEN];
	uint8_t name[TPM_NAME_LEN]; /* Part 1, 16 */
};

/*
 * A TPMT_PUBLIC (Part 2, 12.2.4) of an attestation key: ECC P-256, ECDSA with SHA-256, restricted,
 * sign, fixedTPM, fixedParent, sensitiveDataOrigin, not decrypt, not x509sign. Otherwise
 * E_TPM_AK_FORM (not such a structure), E_TPM_AK_ATTRIBUTES or E_TPM_AK_SCHEME.
 */
struct status tpm_ak_parse(const uint8_t *area, size_t len, struct tpm_public *out) MUST_CHECK;
/*
 * A TPMT_PUBLIC of an endorsement key: ECC P-256, restricted, decrypt, not sign, fixedTPM,
 * fixedParent, sensitiveDataOrigin, AES-128-CFB, SHA-256. Otherwise E_TPM_EK_FORM,
 * E_TPM_EK_ATTRIBUTES or E_TPM_EK_SCHEME.
 */
struct status tpm_ek_parse(const uint8_t *area, size_t len, struct tpm_public *out) MUST_CHECK;

struct tpm_quote {
	uint16_t bank;
	uint32_t pcr_mask;
	uint8_t pcr_digest[32]; /* SHA-256 over the selected values */
	uint64_t clock_ms;
	uint32_t reset_count, restart_count;
	uint8_t clock_safe;
};

/*
 * Checks a quote whole: the AK's signature (TPMT_SIGNATURE: ECDSA, SHA-256; E_TPM_QUOTE_SIG), magic
 * and type (E_TPM_QUOTE_TYPE), form (E_TPM_QUOTE_FORM), extraData equal to rd (E_TPM_QUOTE_RD),
 * exactly one selection with the bank and mask wanted (E_TPM_QUOTE_PCRS), digest recomputed over
 * pcr_values, which hold the masked PCRs in ascending order (E_TPM_QUOTE_DIGEST). rd is never
 * optional.
 */
struct status tpm_quote_check(const struct tpm_public *ak, const uint8_t rd[32], uint16_t bank,
	uint32_t pcr_mask, const uint8_t *attest, size_t attest_len, const uint8_t *signature,
	size_t signature_len, const uint8_t *pcr_values, size_t pcr_values_len,
	struct tpm_quote *out) MUST_CHECK;

/*
 * TPM2_MakeCredential in software (Part 1, 24 and Annex C.6.4): seals `secret` (1..32 bytes) to the
 * EK for the key with ak_name. Writes the contents of TPM2B_ID_OBJECT and of
 * TPM2B_ENCRYPTED_SECRET.
 */
#define TPM_CREDENTIAL_MAX 128u
struct status tpm_make_credential(const struct tpm_public *ek, const uint8_t ak_name[TPM_NAME_LEN],
	const uint8_t *secret, size_t secret_len, uint8_t out_blob[TPM_CREDENTIAL_MAX],
	size_t *out_blob_len, uint8_t out_encrypted[TPM_CREDENTIAL_MAX],
	size_t *out_encrypted_len) MUST_CHECK;

#endif
