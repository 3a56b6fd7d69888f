/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credential activation, and the sessions that it needs. */
#include "early/tpm/tpm_private.h"

#include <string.h>

#include "early/contract/errors.h"

/* Starts a session that is salted to a key and encrypts the first parameter of responses. */
static struct status salted_start(struct tpm *t, ESYS_TR salt, ESYS_TR *out)
{
	const TPMT_SYM_DEF aes = {
		.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
	ESYS_TR session;
	TSS2_RC rc = Esys_StartAuthSession(t->esys, salt, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, NULL, TPM2_SE_HMAC, &aes, TPM2_ALG_SHA256, &session);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_SESSION, rc);
	rc = Esys_TRSess_SetAttributes(
		t->esys, session, TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT, 0xff);
	if (rc != TSS2_RC_SUCCESS) {
		tpm_flush(t, session);
		return tpm_failure(E_TPM_SESSION_ATTRIBUTES, rc);
	}
	*out = session;
	return OK;
}

/* Salted to the EK, or to a key that is made for it when the EK is none of P-256 (tpm.h). */
static struct status session_start(struct tpm *t, ESYS_TR *out)
{
	const TPMT_PUBLIC *ek = &t->ek.public.publicArea;
	struct tpm_key salt = NO_KEY;
	TPM2B_PUBLIC template;
	struct status s;

	if (ek->type == TPM2_ALG_ECC && ek->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256)
		return salted_start(t, t->ek.handle, out);
	tpm_ek_default(&template);
	s = tpm_key_make(t, &template, E_TPM_SALT, &salt);
	if (!failed(s))
		s = salted_start(t, salt.handle, out);
	tpm_key_drop(t, &salt);
	return s;
}

/* PolicySecret shows the endorsement hierarchy's (empty) password; an H template wants PolicyOR. */
static struct status satisfy(struct tpm *t, ESYS_TR policy)
{
	const TPM2B_NONCE no_nonce = {0};
	const TPM2B_DIGEST no_parameters = {0};
	const TPM2B_NONCE no_reference = {0};
	TPML_DIGEST branches;
	TSS2_RC rc = Esys_PolicySecret(t->esys, ESYS_TR_RH_ENDORSEMENT, policy, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &no_nonce, &no_parameters, &no_reference, 0, NULL,
		NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_POLICY, rc);
	if (!tpm_ek_branches(&t->ek.public.publicArea, &branches))
		return OK;
	rc = Esys_PolicyOR(t->esys, policy, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &branches);
	return rc == TSS2_RC_SUCCESS ? OK : tpm_failure(E_TPM_POLICY_OR, rc);
}

/* A session that may use the EK. It carries no password and no parameter, so it needs no salt. */
static struct status ek_policy_start(struct tpm *t, ESYS_TR *out)
{
	const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
	ESYS_TR policy;
	struct status s;
	TSS2_RC rc = Esys_StartAuthSession(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none,
		t->ek.public.publicArea.nameAlg, &policy);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_POLICY_SESSION, rc);
	s = satisfy(t, policy);
	if (failed(s))
		tpm_flush(t, policy);
	else
		*out = policy;
	return s;
}

static struct status activate(struct tpm *t, ESYS_TR session, ESYS_TR policy,
	const TPM2B_ID_OBJECT *credential, const TPM2B_ENCRYPTED_SECRET *encrypted,
	struct secret *out)
{
	TPM2B_DIGEST *secret = NULL;
	TSS2_RC rc = Esys_ActivateCredential(t->esys, t->ak.handle, t->ek.handle, session, policy,
		ESYS_TR_NONE, credential, encrypted, &secret);
	struct status s = OK;

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_ACTIVATE, rc);
	if (secret->size == 0 || secret->size > 32)
		s = fail(E_TPM_SECRET);
	if (!failed(s))
		s = secret_new(secret->size, out);
	if (!failed(s))
		memcpy(out->bytes, secret->buffer, secret->size);
	tpm_free(secret, sizeof(*secret));
	return s;
}

struct status tpm_activate(
	struct tpm *t, struct span credential, struct span encrypted_secret, struct secret *out)
{
	TPM2B_ID_OBJECT id = {.size = (UINT16)credential.len};
	TPM2B_ENCRYPTED_SECRET encrypted = {.size = (UINT16)encrypted_secret.len};
	ESYS_TR session = ESYS_TR_NONE, policy = ESYS_TR_NONE;
	struct status s;

	if (credential.len > sizeof(id.credential) ||
		encrypted_secret.len > sizeof(encrypted.secret))
		return fail(E_TPM_CREDENTIAL);
	memcpy(id.credential, credential.data, credential.len);
	memcpy(encrypted.secret, encrypted_secret.data, encrypted_secret.len);
	TRY(session_start(t, &session));
	s = ek_policy_start(t, &policy);
	if (!failed(s)) {
		s = activate(t, session, policy, &id, &encrypted, out);
		tpm_flush(t, policy);
	}
	tpm_flush(t, session);
	return s;
}
