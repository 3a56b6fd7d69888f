/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a TPM's answer means to who runs the machine: the answers that a change of its settings, a
 * restart or another TPM mends.
 */
#ifndef EARLY_TPM_TPM_RC_TEXT_H
#define EARLY_TPM_TPM_RC_TEXT_H

#include <stdint.h>

/*
 * rc as tpm2-tss returns it: its layer, and below it the TPM's own code with handle, session or
 * parameter number. A constant text without full stop; NULL when there is nothing to say.
 */
const char *tpm_rc_text(uint32_t rc);
/*
 * The TPM's own code, whoever passed it on, without the number of a handle, session or parameter;
 * another layer's code as it is.
 */
uint32_t tpm_rc_plain(uint32_t rc);

#endif
