/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TPM of the machine that this program runs on, through libtss2: the attestation key that PID 1
 * used at the boot, quotes by it, and the event log. Outside of the guest's trusted base; what it
 * says is judged by its signature alone.
 *
 * The AK is a primary key of the endorsement hierarchy with a fixed template (early/tpm/), or a
 * persistent one that a cloud certifies. It is flushed by machine_tpm_close().
 */
#ifndef TOOLS_TPM_MACHINE_TPM_H
#define TOOLS_TPM_MACHINE_TPM_H

#include "early/contract/messages.h"
#include "tools/lib/failure.h"

struct machine_tpm;

/*
 * tcti: a TCTI name and configuration as libtss2 takes it; NULL: /dev/tpmrm0. ak_handle: of a
 * persistent AK; 0: the one of PID 1's template.
 */
struct failure machine_tpm_open(
	const char *tcti, uint32_t ak_handle, struct machine_tpm **out) MUST_CHECK;
void machine_tpm_close(struct machine_tpm *t);

/* TPMT_PUBLIC of the AK; borrowed until machine_tpm_close(). */
struct span machine_tpm_ak(const struct machine_tpm *t);

struct machine_quote {
	uint8_t attest[ATTEST_MAX];
	uint8_t signature[SIGNATURE_MAX];
	uint8_t pcr_values[PCR_VALUES_MAX]; /* of the mask, ascending */
	size_t attest_len, signature_len, pcr_values_len;
};

/* Values and quote belong together: when a PCR changes in between both are made again. */
struct failure machine_tpm_quote(struct machine_tpm *t, uint16_t bank, uint32_t pcr_mask,
	const uint8_t rd[RD_LEN], struct machine_quote *out) MUST_CHECK;

#endif
