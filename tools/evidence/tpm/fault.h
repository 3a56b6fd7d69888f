/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be wrong with what a TPM, or somebody who plays one, has sent. */
#ifndef TOOLS_EVIDENCE_TPM_FAULT_H
#define TOOLS_EVIDENCE_TPM_FAULT_H

#include "efi/base/status.h"

enum tpm_fault {
	TPM_GOOD = 0,
	TPM_AK_FORM,
	TPM_AK_ATTRIBUTES,
	TPM_AK_SCHEME,
	TPM_EK_FORM,
	TPM_EK_ATTRIBUTES,
	TPM_EK_SCHEME,
	TPM_QUOTE_SIGNATURE,
	TPM_QUOTE_TYPE,
	TPM_QUOTE_FORM,
	TPM_QUOTE_REPORT_DATA,
	TPM_QUOTE_SELECTION,
	TPM_QUOTE_DIGEST,
	TPM_CREDENTIAL_FAILED,
	TPM_FAULT_COUNT
};

/* A sentence for the operator's log; a constant text. */
const char *tpm_fault_text(enum tpm_fault fault);

#endif
