/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node's TPM 2.0, by ESAPI: an endorsement key (EK), an attestation key (AK), quotes,
 * credential activation, and the cap on PCR 15.
 *
 * The TPM is the host's: every response is checked as a frame before ESAPI sees it (tpm_frame.h),
 * and values that must stay between TPM and node travel in a session that is salted to the EK and
 * encrypts them (TPM 2.0 Part 1, 19). Both keys are primary keys of the endorsement hierarchy with
 * fixed templates, so one TPM gives the same keys at every boot and nothing is stored. No session
 * or object is left in the TPM when a function returns, but the two keys, which tpm_close()
 * flushes.
 *
 * One TPM at a time, owned by this file. Order: random_open() (crypto/random.h), tpm_open(), then
 * anything, then tpm_close().
 */
#ifndef EARLY_TPM_TPM_H
#define EARLY_TPM_TPM_H

#include <tss2/tss2_tcti.h>
#include "crypto/secret.h"
#include "early/contract/messages.h"

struct tpm;

/*
 * Opens the TPM behind a TCTI that the caller owns and finalizes after tpm_close(), and makes the
 * keys. E_TPM_BUSY when one is open already, E_TPM_INIT, E_TPM_EK, E_TPM_AK, and
 * others of their kind.
 */
struct status tpm_open(TSS2_TCTI_CONTEXT *tcti, struct tpm **out) MUST_CHECK;
/* Flushes the keys and lets the TPM go. NULL is fine. */
void tpm_close(struct tpm *t);

/* TPMT_PUBLIC of the two keys; borrowed, valid until tpm_close(). */
struct span tpm_ek_area(const struct tpm *t);
struct span tpm_ak_area(const struct tpm *t);

struct tpm_evidence {
	uint8_t attest[ATTEST_MAX];
	size_t attest_len;
	uint8_t signature[SIGNATURE_MAX];
	size_t signature_len;
	uint8_t pcr_values[PCR_VALUES_MAX]; /* PCRs of the mask, ascending */
	size_t pcr_values_len;
};
/*
 * Quotes the PCRs of the mask in one bank over rd, and reads their values. The values are those
 * that were quoted: when a PCR changes in between, both are done again, E_TPM_PCRS_CHANGE after a
 * few times. E_TPM_BANK_MISSING when the TPM does not have the bank active.
 */
struct status tpm_quote(struct tpm *t, uint16_t bank, uint32_t pcr_mask, const uint8_t rd[RD_LEN],
	struct tpm_evidence *out) MUST_CHECK;

/* TPM2_ActivateCredential with the AK and the EK: the secret that the service sealed, 1..32 bytes.
 */
struct status tpm_activate(struct tpm *t, struct span credential, struct span encrypted_secret,
	struct secret *out) MUST_CHECK;

/* Extends PCR 15 in all active banks with PCR15_SEALED (contract/pcr15.h). */
struct status tpm_cap(struct tpm *t) MUST_CHECK;
/* The same with PCR15_FAILED, on the way down: nothing can be done when it fails. NULL is fine. */
void tpm_poison(struct tpm *t);

#endif
