/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/tpm_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <tss2/tss2_tcti_swtpm.h>
#include "crypto/tpm_callbacks.h"
#include "tests/interop/swtpm_ready.h"

#define AES_128_CFB                                                                     \
	{                                                                               \
		.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB \
	}
#define OF_THIS_TPM \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN)
#define STORAGE (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)

const TPM2B_PUBLIC template_ecc_storage = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = OF_THIS_TPM | STORAGE | TPMA_OBJECT_USERWITHAUTH |
				    TPMA_OBJECT_NODA,
		.parameters.eccDetail = {.symmetric = AES_128_CFB,
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL},
	}};

const TPM2B_PUBLIC template_ak = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = OF_THIS_TPM | TPMA_OBJECT_RESTRICTED |
				    TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH |
				    TPMA_OBJECT_NODA,
		.parameters.eccDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = {.scheme = TPM2_ALG_ECDSA,
				.details.ecdsa.hashAlg = TPM2_ALG_SHA256},
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL},
	}};

/* TCG EK Credential Profile, template L-2: its policy is PolicySecret of the hierarchy's auth. */
const TPM2B_PUBLIC template_ek = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = OF_THIS_TPM | STORAGE | TPMA_OBJECT_ADMINWITHPOLICY,
		.authPolicy = {.size = 32,
			.buffer = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
				0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
				0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa}},
		.parameters.eccDetail = {.symmetric = AES_128_CFB,
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL},
		.unique.ecc = {.x.size = 32, .y.size = 32},
	}};

static TSS2_RC open_tcti(struct rig *r, const char *path)
{
	char conf[256];
	size_t len = 0;
	TSS2_RC rc = Tss2_Tcti_Swtpm_Init(NULL, &len, NULL);

	snprintf(conf, sizeof(conf), "path=%s", path);
	r->tcti = calloc(1, len);
	if (rc || !r->tcti)
		return rc ? rc : TSS2_TCTI_RC_MEMORY;
	return Tss2_Tcti_Swtpm_Init(r->tcti, &len, conf);
}

bool rig_open(struct rig *r, const char *path)
{
	TSS2_RC rc;

	r->esys = NULL;
	if (!swtpm_ready(path))
		return false;
	rc = open_tcti(r, path);
	if (!rc)
		rc = Esys_Initialize(&r->esys, r->tcti, NULL);
	if (rc) {
		fprintf(stderr, "no TPM at %s: 0x%x\n", path, rc);
		return false;
	}
	if (failed(tpm_callbacks_install(r->esys))) {
		fprintf(stderr, "ESAPI did not take the callbacks\n");
		return false;
	}
	return true;
}

void rig_close(struct rig *r)
{
	Esys_Finalize(&r->esys);
	Tss2_Tcti_Finalize(r->tcti);
	free(r->tcti);
}

TSS2_RC rig_primary(struct rig *r, ESYS_TR hierarchy, const TPM2B_PUBLIC *template, ESYS_TR *out,
	TPM2B_PUBLIC **out_public)
{
	static const TPM2B_SENSITIVE_CREATE no_auth;
	static const TPM2B_DATA no_data;
	static const TPML_PCR_SELECTION no_pcrs;

	return Esys_CreatePrimary(r->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
		&no_auth, template, &no_data, &no_pcrs, out, out_public, NULL, NULL, NULL);
}

TSS2_RC rig_session(struct rig *r, ESYS_TR salt_key, ESYS_TR *out)
{
	static const TPMT_SYM_DEF aes = AES_128_CFB;
	const TPMA_SESSION encrypting = TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT;
	TSS2_RC rc = Esys_StartAuthSession(r->esys, salt_key, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_HMAC, &aes, TPM2_ALG_SHA256, out);

	return rc ? rc : Esys_TRSess_SetAttributes(r->esys, *out, encrypting, 0xff);
}

TSS2_RC rig_ek_policy(struct rig *r, ESYS_TR *out)
{
	static const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
	TSS2_RC rc = Esys_StartAuthSession(r->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, out);

	if (rc)
		return rc;
	return Esys_PolicySecret(r->esys, ESYS_TR_RH_ENDORSEMENT, *out, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL);
}
