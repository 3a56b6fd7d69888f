/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credential activation, which needs a session salted to the EK. */
#include "early/tpm/tpm_private.h"

#include <string.h>

#include "early/contract/errors.h"

/*
 * Starts a session salted to the EK that encrypts the first parameter of responses; tpm_flush()
 * ends it.
 */
static struct status session_start(struct tpm *t, TPM2_SE type, ESYS_TR *out)
{
	const TPMT_SYM_DEF aes = {
		.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
	TPMA_SESSION attributes = TPMA_SESSION_CONTINUESESSION;
	ESYS_TR session;
	TSS2_RC rc = Esys_StartAuthSession(t->esys, t->ek, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, NULL, type, &aes, TPM2_ALG_SHA256, &session);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_SESSION, rc);
	/* Only one session of a command may encrypt: the HMAC session does, beside a policy
	 * session. */
	if (type == TPM2_SE_HMAC)
		attributes |= TPMA_SESSION_ENCRYPT;
	rc = Esys_TRSess_SetAttributes(t->esys, session, attributes, 0xff);
	if (rc != TSS2_RC_SUCCESS) {
		tpm_flush(t, session);
		return tpm_failure(E_TPM_SESSION_ATTRIBUTES, rc);
	}
	*out = session;
	return OK;
}

/* The EK may be used once PolicySecret has shown the endorsement hierarchy's (empty) password. */
static struct status ek_policy_start(struct tpm *t, ESYS_TR *out)
{
	const TPM2B_NONCE no_nonce = {0};
	const TPM2B_DIGEST no_parameters = {0};
	const TPM2B_NONCE no_reference = {0};
	ESYS_TR policy = ESYS_TR_NONE;
	TSS2_RC rc;

	TRY(session_start(t, TPM2_SE_POLICY, &policy));
	rc = Esys_PolicySecret(t->esys, ESYS_TR_RH_ENDORSEMENT, policy, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &no_nonce, &no_parameters, &no_reference, 0, NULL,
		NULL);
	if (rc != TSS2_RC_SUCCESS) {
		tpm_flush(t, policy);
		return tpm_failure(E_TPM_POLICY, rc);
	}
	*out = policy;
	return OK;
}

static struct status activate(struct tpm *t, ESYS_TR session, ESYS_TR policy,
	const TPM2B_ID_OBJECT *credential, const TPM2B_ENCRYPTED_SECRET *encrypted,
	struct secret *out)
{
	TPM2B_DIGEST *secret = NULL;
	TSS2_RC rc = Esys_ActivateCredential(t->esys, t->ak, t->ek, session, policy, ESYS_TR_NONE,
		credential, encrypted, &secret);
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
	TRY(session_start(t, TPM2_SE_HMAC, &session));
	s = ek_policy_start(t, &policy);
	if (!failed(s)) {
		s = activate(t, session, policy, &id, &encrypted, out);
		tpm_flush(t, policy);
	}
	tpm_flush(t, session);
	return s;
}
