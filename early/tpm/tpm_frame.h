/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCTI between ESAPI and the TPM's device that checks every response as a frame before ESAPI sees
 * any of it: the TPM is the host's, and ESAPI trusts lengths that stand in responses.
 *
 * A response passes only when (TPM 2.0 Part 1, 18; Part 3, 4)
 *   - its size field says exactly as many bytes as were received, 10 to 4096;
 *   - it is an error without sessions and without a body, or a success with its command's tag;
 *   - it has room for the handles that its command returns;
 *   - with sessions: its parameter size lies inside, as many session areas follow as the command
 *     had, each bounded, and they end with the frame; where a session encrypts the response, the
 *     first parameter's size lies inside the parameters.
 * Only the commands of a fixed list reach the TPM: those of PID 1.
 *
 * Order: make the inner TCTI, tpm_frame_wrap(), give the result to Esys_Initialize. The struct is
 * the caller's, must outlive the ESYS_CONTEXT and not move. After Esys_Finalize, Tss2_Tcti_Finalize
 * on the result finalizes the inner TCTI and wipes the struct.
 */
#ifndef EARLY_TPM_TPM_FRAME_H
#define EARLY_TPM_TPM_FRAME_H

#include <tss2/tss2_tcti.h>
#include "efi/base/status.h"

#define TPM_FRAME_MAX 4096u /* bytes of the longest command and response */

/* What a response is checked against. */
struct tpm_command {
	uint16_t tag;
	uint8_t response_handles;
	uint8_t sessions;
	bool encrypted_response; /* a session encrypts the first response parameter */
};

/*
 * Reads what matters of a command of len bytes. E_TPM_FRAME_COMMAND when it is malformed, or not
 * one that PID 1 sends.
 */
struct status tpm_frame_command(
	const uint8_t *command, size_t len, struct tpm_command *out) MUST_CHECK;

/*
 * Checks a response of len bytes, as received. E_TPM_FRAME_SIZE, _TAG, _ERROR, _PARAMETERS or
 * _SESSIONS say which rule it breaks.
 */
struct status tpm_frame_check(
	const struct tpm_command *command, const uint8_t *response, size_t len) MUST_CHECK;

struct tpm_frame {
	TSS2_TCTI_CONTEXT_COMMON_V2 tcti; /* must be first: this is what ESAPI holds */
	TSS2_TCTI_CONTEXT *inner;	  /* borrowed until finalized */
	struct tpm_command command;
	struct status refused; /* why the last refused frame was refused; OK before */
};

/* The TCTI to give to ESAPI. A refused frame makes ESAPI's call fail; f->refused tells why. */
TSS2_TCTI_CONTEXT *tpm_frame_wrap(struct tpm_frame *f, TSS2_TCTI_CONTEXT *inner);

#endif
