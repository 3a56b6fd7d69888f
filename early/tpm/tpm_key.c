/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys: made from a template, or taken as they last in the TPM. */
#include "early/tpm/tpm_private.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "early/contract/errors.h"

static struct status keep_public(struct tpm_key *key, TPM2B_PUBLIC *public)
{
	size_t len = 0;
	TSS2_RC rc = Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, key->area, TPM_PUB_MAX, &len);

	key->public = *public;
	key->area_len = len;
	tpm_free(public, sizeof(*public));
	return rc == TSS2_RC_SUCCESS ? OK : tpm_failure(E_TPM_PUBLIC, rc);
}

struct status tpm_key_make(
	struct tpm *t, const TPM2B_PUBLIC *template, uint16_t code, struct tpm_key *out)
{
	const TPM2B_SENSITIVE_CREATE no_auth = {0};
	const TPM2B_DATA no_data = {0};
	const TPML_PCR_SELECTION no_pcrs = {0};
	TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, template, &no_data, &no_pcrs, &out->handle,
		&public, NULL, NULL, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(code, rc);
	out->lasting = false;
	return keep_public(out, public);
}

/* Whether a key is what the template gives, whatever its modulus or point. */
static bool of_template(const struct tpm_key *key, const TPM2B_PUBLIC *template)
{
	uint8_t have[TPM_PUB_MAX], want[TPM_PUB_MAX];
	TPMT_PUBLIC blank = key->public.publicArea;
	size_t have_len = 0, want_len = 0;

	blank.unique = template->publicArea.unique;
	return blank.type == template->publicArea.type &&
	       !Tss2_MU_TPMT_PUBLIC_Marshal(&blank, have, sizeof(have), &have_len) &&
	       !Tss2_MU_TPMT_PUBLIC_Marshal(&template->publicArea, want, sizeof(want), &want_len) &&
	       have_len == want_len && memcmp(have, want, want_len) == 0;
}

bool tpm_key_take(
	struct tpm *t, TPM2_HANDLE handle, const TPM2B_PUBLIC *template, struct tpm_key *out)
{
	TPM2B_PUBLIC *public = NULL;

	if (Esys_TR_FromTPMPublic(
		    t->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &out->handle))
		return false;
	out->lasting = true;
	if (!Esys_ReadPublic(t->esys, out->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
		    &public, NULL, NULL) &&
		!failed(keep_public(out, public)) && (!template || of_template(out, template)))
		return true;
	tpm_key_drop(t, out);
	return false;
}

bool tpm_key_in(const struct tpm_key *key, struct span certificate)
{
	const TPMU_PUBLIC_ID *u = &key->public.publicArea.unique;

	if (key->public.publicArea.type == TPM2_ALG_RSA)
		return memmem(certificate.data, certificate.len, u->rsa.buffer, u->rsa.size);
	return memmem(certificate.data, certificate.len, u->ecc.x.buffer, u->ecc.x.size) &&
	       memmem(certificate.data, certificate.len, u->ecc.y.buffer, u->ecc.y.size);
}

void tpm_key_drop(struct tpm *t, struct tpm_key *key)
{
	if (!key->lasting)
		tpm_flush(t, key->handle);
	else if (key->handle != ESYS_TR_NONE)
		(void)Esys_TR_Close(t->esys, &key->handle);
	*key = NO_KEY;
}
