/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which attestation key: one that a cloud certifies, where there is one; otherwise our own. Our own
 * is bound to the endorsement key by activation.
 */
#include "early/tpm/tpm_private.h"

#include <tss2/tss2_mu.h>

#include "early/contract/errors.h"

/* Signs nothing but what the TPM itself says, by ECDSA with SHA-256. */
static const TPM2B_PUBLIC own_template = {
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

/* Google's: certificates of P-256 and of RSA, each with its template behind it. */
static const uint32_t google[] = {0x01c10002, 0x01c10000};

static struct status make(struct tpm *t, const TPM2B_PUBLIC *template)
{
	return tpm_key_make(t, template, E_TPM_AK, &t->ak);
}

static struct status make_of_index(struct tpm *t, uint32_t index)
{
	uint8_t bytes[TPM_PUB_MAX];
	TPM2B_PUBLIC template = {0};
	size_t len, at = 0;

	TRY(tpm_nv_read(t, index, bytes, sizeof(bytes), &len));
	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(bytes, len, &at, &template.publicArea))
		return fail(E_TPM_AK_TEMPLATE);
	return make(t, &template);
}

static bool certified(struct tpm *t, uint32_t index)
{
	struct span certificate;

	if (!tpm_certificate_read(t, index, &certificate))
		return false;
	return tpm_certificate_take(t, index, certificate, make_of_index(t, index + 1), &t->ak);
}

struct status tpm_ak_open(struct tpm *t)
{
#ifdef PROTOSTAR_HCL
	if (tpm_hcl_ak(t))
		return OK;
#endif
	for (size_t i = 0; i < sizeof(google) / sizeof(google[0]); i++)
		if (certified(t, google[i]))
			return OK;
	return make(t, &own_template);
}
