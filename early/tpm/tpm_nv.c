/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The indices of the TPM's storage that its maker, or a cloud, fills. */
#include "early/tpm/tpm_private.h"

#include <string.h>

#include "early/contract/errors.h"
#include "early/tpm/tpm_rc_text.h"

#define CHUNK 512u /* bytes that every TPM of a PC gives at once */

/* With the index's own empty password where it takes that, else with the owner's. */
static TSS2_RC read_chunks(
	struct tpm *t, ESYS_TR nv, const TPMS_NV_PUBLIC *of, uint8_t *buf, size_t cap, size_t *len)
{
	ESYS_TR auth = of->attributes & TPMA_NV_AUTHREAD ? nv : ESYS_TR_RH_OWNER;
	size_t end = of->dataSize < cap ? of->dataSize : cap;

	for (size_t at = 0; at < end;) {
		UINT16 part = (UINT16)(end - at < CHUNK ? end - at : CHUNK);
		TPM2B_MAX_NV_BUFFER *data = NULL;
		TSS2_RC rc = Esys_NV_Read(t->esys, auth, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, part, (UINT16)at, &data);

		if (!rc && data->size != part)
			rc = TSS2_ESYS_RC_MALFORMED_RESPONSE;
		if (!rc)
			memcpy(buf + at, data->buffer, part);
		Esys_Free(data);
		if (rc)
			return rc;
		at += part;
	}
	*len = end;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC read_index(struct tpm *t, uint32_t index, uint8_t *buf, size_t cap, size_t *out_len)
{
	TPM2B_NV_PUBLIC *public = NULL;
	ESYS_TR nv;
	TSS2_RC rc = Esys_TR_FromTPMPublic(
		t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &nv);

	if (rc)
		return tpm_rc_plain(rc) == TPM2_RC_HANDLE ? TSS2_RC_SUCCESS : rc;
	rc = Esys_NV_ReadPublic(
		t->esys, nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL);
	if (!rc)
		rc = read_chunks(t, nv, &public->nvPublic, buf, cap, out_len);
	Esys_Free(public);
	(void)Esys_TR_Close(t->esys, &nv);
	return rc;
}

struct status tpm_nv_read(struct tpm *t, uint32_t index, uint8_t *buf, size_t cap, size_t *out_len)
{
	TSS2_RC rc;

	*out_len = 0;
	rc = read_index(t, index, buf, cap, out_len);
	return rc ? tpm_failure(E_TPM_NV_READ, rc) : OK;
}
