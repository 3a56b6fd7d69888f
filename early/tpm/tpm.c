/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/tpm/tpm_private.h"

#include "crypto/tpm_callbacks.h"
#include "early/contract/errors.h"

static struct tpm the_tpm;

static struct status prepare(struct tpm *t, TSS2_TCTI_CONTEXT *tcti)
{
	TSS2_RC rc = Esys_Initialize(&t->esys, tcti, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_INIT, rc);
	TRY(tpm_callbacks_install(t->esys));
	TRY(tpm_ek_open(t));
	TRY(tpm_ak_open(t));
	if (t->certificate_count)
		tpm_certificate_chain(t);
	return OK;
}

struct status tpm_open(TSS2_TCTI_CONTEXT *tcti, struct tpm **out)
{
	struct status s;

	if (the_tpm.esys)
		return fail(E_TPM_BUSY);
	the_tpm.ek = the_tpm.ak = NO_KEY;
	s = prepare(&the_tpm, tcti);
	if (failed(s)) {
		tpm_close(&the_tpm);
		return s;
	}
	*out = &the_tpm;
	return OK;
}

void tpm_close(struct tpm *t)
{
	if (!t)
		return;
	if (t->esys) {
		tpm_key_drop(t, &t->ak);
		tpm_key_drop(t, &t->ek);
		Esys_Finalize(&t->esys);
	}
	wipe(t, sizeof(*t));
}

struct span tpm_ek_area(const struct tpm *t)
{
	return (struct span){t->ek.area, t->ek.area_len};
}

struct span tpm_ak_area(const struct tpm *t)
{
	return (struct span){t->ak.area, t->ak.area_len};
}
