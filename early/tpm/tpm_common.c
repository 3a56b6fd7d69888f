/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every use of ESAPI needs: its failures, its memory, its handles. */
#include <stdlib.h>
#include "early/console.h"
#include "early/tpm/tpm_private.h"
#include "early/tpm/tpm_rc_text.h"

struct status tpm_failure(uint16_t code, TSS2_RC rc)
{
	const char *text = tpm_rc_text(rc);

	console_detail("TPM response 0x%x%s%s", (unsigned)rc, text ? ": " : "", text ? text : "");
	return fail(code);
}

void tpm_free(void *p, size_t len)
{
	if (p)
		wipe(p, len);
	free(p);
}

void tpm_flush(struct tpm *t, ESYS_TR handle)
{
	if (handle != ESYS_TR_NONE)
		(void)Esys_FlushContext(t->esys, handle);
}
