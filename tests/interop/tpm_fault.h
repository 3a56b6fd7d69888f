/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TPM that lies: one bit of one of its responses is flipped. And what a lie leaves in it. */
#ifndef TESTS_INTEROP_TPM_FAULT_H
#define TESTS_INTEROP_TPM_FAULT_H

#include <tss2/tss2_esys.h>

/*
 * Between the frame check and the TPM behind `inner`: flips a bit of the response numbered `at`,
 * from 1 on; 0: of none. One at a time.
 */
TSS2_TCTI_CONTEXT *tpm_fault_wrap(TSS2_TCTI_CONTEXT *inner, unsigned at, size_t bit);
/* How many responses there were since. */
unsigned tpm_fault_responses(void);

/* Handles of this kind that are in the TPM: TPM2_TRANSIENT_FIRST, TPM2_LOADED_SESSION_FIRST. */
TPML_HANDLE tpm_handles(TSS2_TCTI_CONTEXT *inner, UINT32 first);
/* Takes all transient objects and sessions out, as the kernel's resource manager does. */
void tpm_flush_all(TSS2_TCTI_CONTEXT *inner);
/* A command as it is on the wire, which must succeed: tpm2-tss is built without the others. */
void tpm_tell(TSS2_TCTI_CONTEXT *inner, const uint8_t *command, size_t len);

#endif
