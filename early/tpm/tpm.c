/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/tpm/tpm_private.h"

#include <tss2/tss2_mu.h>

#include "crypto/tpm_callbacks.h"
#include "early/contract/errors.h"

static struct tpm the_tpm;

/*
 * The endorsement key: template L-2 of the TCG EK Credential Profile, so that it is the key that
 * the maker of the TPM certifies. Its use needs PolicySecret with the endorsement hierarchy.
 */
static const TPM2B_PUBLIC ek_template =
	{
		.publicArea =
			{
				.type = TPM2_ALG_ECC,
				.nameAlg = TPM2_ALG_SHA256,
				.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
						    TPMA_OBJECT_SENSITIVEDATAORIGIN |
						    TPMA_OBJECT_ADMINWITHPOLICY |
						    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
				.authPolicy = {.size = 32,
					.buffer = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8,
						0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
						0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64,
						0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa}},
				.parameters.eccDetail = {.symmetric = {.algorithm = TPM2_ALG_AES,
								 .keyBits.aes = 128,
								 .mode.aes = TPM2_ALG_CFB},
					.scheme.scheme = TPM2_ALG_NULL,
					.curveID = TPM2_ECC_NIST_P256,
					.kdf.scheme = TPM2_ALG_NULL},
				.unique.ecc = {.x.size = 32, .y.size = 32},
			},
};

/* The attestation key: signs nothing but what the TPM itself says, by ECDSA with SHA-256. */
static const TPM2B_PUBLIC ak_template = {
	.publicArea =
		{
			.type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					    TPMA_OBJECT_SENSITIVEDATAORIGIN |
					    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
					    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT,
			.parameters.eccDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
				.scheme = {.scheme = TPM2_ALG_ECDSA,
					.details.ecdsa.hashAlg = TPM2_ALG_SHA256},
				.curveID = TPM2_ECC_NIST_P256,
				.kdf.scheme = TPM2_ALG_NULL},
		},
};

/* A primary key of the endorsement hierarchy, left loaded; its TPMT_PUBLIC goes to area. */
static struct status make_key(struct tpm *t, const TPM2B_PUBLIC *template, uint16_t code,
	ESYS_TR *out_key, uint8_t area[TPM_PUB_MAX], size_t *out_len)
{
	const TPM2B_SENSITIVE_CREATE no_auth = {0};
	const TPM2B_DATA no_data = {0};
	const TPML_PCR_SELECTION no_pcrs = {0};
	TPM2B_PUBLIC *public = NULL;
	size_t len = 0;
	TSS2_RC rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, template, &no_data, &no_pcrs, out_key,
		&public, NULL, NULL, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(code, rc);
	rc = Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, area, TPM_PUB_MAX, &len);
	tpm_free(public, sizeof(*public));
	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_PUBLIC, rc);
	*out_len = len;
	return OK;
}

static struct status prepare(struct tpm *t, TSS2_TCTI_CONTEXT *tcti)
{
	TSS2_RC rc = Esys_Initialize(&t->esys, tcti, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_INIT, rc);
	TRY(tpm_callbacks_install(t->esys));
	TRY(make_key(t, &ek_template, E_TPM_EK, &t->ek, t->ek_area, &t->ek_area_len));
	return make_key(t, &ak_template, E_TPM_AK, &t->ak, t->ak_area, &t->ak_area_len);
}

struct status tpm_open(TSS2_TCTI_CONTEXT *tcti, struct tpm **out)
{
	struct status s;

	if (the_tpm.esys)
		return fail(E_TPM_BUSY);
	the_tpm = (struct tpm){.ek = ESYS_TR_NONE, .ak = ESYS_TR_NONE};
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
		tpm_flush(t, t->ak);
		tpm_flush(t, t->ek);
		Esys_Finalize(&t->esys);
	}
	*t = (struct tpm){.ek = ESYS_TR_NONE, .ak = ESYS_TR_NONE};
}

struct span tpm_ek_area(const struct tpm *t)
{
	return (struct span){t->ek_area, t->ek_area_len};
}

struct span tpm_ak_area(const struct tpm *t)
{
	return (struct span){t->ak_area, t->ak_area_len};
}
