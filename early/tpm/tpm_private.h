/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of early/tpm*.c share; nobody else includes it. */
#ifndef EARLY_TPM_TPM_PRIVATE_H
#define EARLY_TPM_TPM_PRIVATE_H

#include <tss2/tss2_esys.h>
#include "early/tpm/tpm.h"

struct tpm {
	ESYS_CONTEXT *esys;
	ESYS_TR ek, ak; /* ESYS_TR_NONE: not there */
	uint8_t ek_area[TPM_PUB_MAX], ak_area[TPM_PUB_MAX];
	size_t ek_area_len, ak_area_len;
};

/* A failure with the TPM's or ESAPI's response code as its detail. */
struct status tpm_failure(uint16_t code, TSS2_RC rc) MUST_CHECK;

/* ESAPI hands out heap memory: frees what *p points at after wiping len bytes of it. */
void tpm_free(void *p, size_t len);

/* Takes a session or a loaded object out of the TPM. ESYS_TR_NONE is fine. */
void tpm_flush(struct tpm *t, ESYS_TR handle);

#endif
