/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes: what a TPM signed of its PCRs (TPM 2.0 Library Specification, Part 3, TPM2_Quote). */
#ifndef TOOLS_EVIDENCE_TPM_QUOTE_H
#define TOOLS_EVIDENCE_TPM_QUOTE_H

#include "early/contract/wire.h"
#include "tools/evidence/tpm/public.h"

struct tpm_quote {
	uint16_t bank;
	uint32_t pcr_mask;
	uint8_t pcr_digest[32]; /* SHA-256 over the selected values */
	uint64_t clock_ms;
	uint32_t reset_count, restart_count;
	uint8_t clock_safe;
	uint64_t firmware_version; /* as the TPM's maker numbers it: firmware.h */
};

struct tpm_quote_request {
	const struct tpm_public *ak;
	const uint8_t *report_data; /* 32 bytes that extraData must be; never NULL */
	uint16_t bank;
	uint32_t pcr_mask;
	struct span attest;	/* TPMS_ATTEST */
	struct span signature;	/* TPMT_SIGNATURE */
	struct span pcr_values; /* the masked PCRs' in ascending order */
};

/*
 * Checks a quote whole: the AK's signature (by the AK's own scheme), magic and type, form,
 * extraData, exactly one selection with the bank and mask wanted, the digest recomputed over the
 * values with the hash of the AK's scheme. TPM_QUOTE_...: SIGNATURE, TYPE, FORM, REPORT_DATA,
 * SELECTION, DIGEST, in this order; *out is written when all is good.
 */
enum tpm_fault tpm_quote_check(const struct tpm_quote_request *r, struct tpm_quote *out) MUST_CHECK;

#endif
