/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node's TPM 2.0, by ESAPI: an endorsement key (EK), an attestation key (AK), quotes,
 * credential activation, and the cap on PCR 15.
 *
 * The TPM is the host's: every response is checked as a frame before ESAPI sees it (tpm_frame.h).
 * No session or object is left in the TPM when a function returns, but the two keys, which
 * tpm_close() flushes.
 *
 * The EK is the first of TCG's kinds (P-256, P-384, RSA-2048) whose certificate is in the TPM, and
 * the P-256 default without any. The AK is one that a cloud certifies, or our own of P-256. Which
 * they are depends on nothing but the TPM, so one TPM gives the same keys at every boot; nothing
 * is stored. A certificate is only passed on: the service decides what it is worth, and a host that
 * hides one or puts another there gets a key that the service does not know, or does not admit.
 *
 * What is activated comes back in a session that is salted and encrypts it (Part 1, 19). It is
 * salted to the EK when that is of P-256, the one curve that PID 1 has; otherwise to the default
 * P-256 primary key, which nothing certifies. That costs nothing. Whoever only listens on the bus
 * learns no secret either way. Whoever changes what goes over the bus can have the TPM quote and
 * activate for him, since neither key has a password: he needs no broken session for that, and
 * could as well be the TPM towards PID 1. It does not help him. The secret shows the service that
 * the EK's TPM holds this AK, and it counts only within the TLS connection that the AK's quote
 * names, whose keys never leave PID 1.
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
/*
 * The certificates that lie in the TPM, in DER, unjudged: the EK's and the AK's if there are such,
 * then their makers'. Empty from number i on where there are no more than i (at most
 * CERTIFICATES_MAX). Borrowed, valid until tpm_close().
 */
struct span tpm_certificate(const struct tpm *t, unsigned i);

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

/*
 * TPM2_ActivateCredential with the AK and the EK: the secret that the service sealed, 1..32 bytes.
 */
struct status tpm_activate(struct tpm *t, struct span credential, struct span encrypted_secret,
	struct secret *out) MUST_CHECK;

/*
 * A new report of Azure's paravisor, over 64 bytes of ours, as the index 01400001 holds it: what is
 * behind its end is unknown. E_TPM_HCL_NONE on other machines; E_TPM_HCL_STALE when it keeps giving
 * an older one. Up to 6 seconds.
 */
#define HCL_USER_DATA_LEN 64u
struct status tpm_hcl_report(struct tpm *t, const uint8_t user_data[HCL_USER_DATA_LEN],
	uint8_t out[HCL_REPORT_MAX], size_t *out_len) MUST_CHECK;

/* Extends PCR 15 in all active banks with PCR15_SEALED (contract/pcr15.h). */
struct status tpm_cap(struct tpm *t) MUST_CHECK;
/* The same with PCR15_FAILED, on the way down: nothing can be done when it fails. NULL is fine. */
void tpm_poison(struct tpm *t);

#endif
