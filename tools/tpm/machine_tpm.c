/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/tpm/machine_tpm.h"

#include <stdlib.h>
#include <string.h>

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "crypto/digest.h"

#define DEFAULT_TCTI   "device:/dev/tpmrm0"
#define QUOTE_ATTEMPTS 5 /* something else extends a PCR between read and quote */

struct machine_tpm {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR ak;
	bool transient;
	uint8_t area[TPM_PUB_MAX];
	size_t area_len;
};

/* PID 1's template (early/tpm/): tests hold the two to the same key. */
static const TPM2B_PUBLIC ak_template = {
	.publicArea = {.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
				    TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED |
				    TPMA_OBJECT_SIGN_ENCRYPT,
		.parameters.eccDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = {.scheme = TPM2_ALG_ECDSA,
				.details.ecdsa.hashAlg = TPM2_ALG_SHA256},
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL}}};

static struct failure tpm_refused(const char *what, TSS2_RC rc)
{
	return refuse("the TPM: %s: %s (0x%x)", what, Tss2_RC_Decode(rc), rc);
}

static struct failure keep_area(struct machine_tpm *t, const TPM2B_PUBLIC *public)
{
	size_t at = 0;
	TSS2_RC rc = Tss2_MU_TPMT_PUBLIC_Marshal(
		&public->publicArea, t->area, sizeof(t->area), &at);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_refused("the attestation key's public area", rc);
	t->area_len = at;
	return failure_none();
}

static struct failure make_ak(struct machine_tpm *t)
{
	const TPM2B_SENSITIVE_CREATE no_auth = {0};
	const TPM2B_DATA no_data = {0};
	const TPML_PCR_SELECTION no_pcrs = {0};
	TPM2B_PUBLIC *public = NULL;
	struct failure f;
	TSS2_RC rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &ak_template, &no_data, &no_pcrs, &t->ak,
		&public, NULL, NULL, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_refused("cannot make the attestation key", rc);
	t->transient = true;
	f = keep_area(t, public);
	Esys_Free(public);
	return f;
}

static struct failure load_ak(struct machine_tpm *t, uint32_t handle)
{
	TPM2B_PUBLIC *public = NULL;
	struct failure f;
	TSS2_RC rc = Esys_TR_FromTPMPublic(
		t->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &t->ak);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ReadPublic(t->esys, t->ak, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			&public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_refused("cannot use that attestation key", rc);
	f = keep_area(t, public);
	Esys_Free(public);
	return f;
}

static struct failure start(struct machine_tpm *t, const char *tcti, uint32_t ak_handle)
{
	TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti ? tcti : DEFAULT_TCTI, &t->tcti);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Initialize(&t->esys, t->tcti, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_refused(tcti ? tcti : DEFAULT_TCTI, rc);
	return ak_handle ? load_ak(t, ak_handle) : make_ak(t);
}

struct failure machine_tpm_open(const char *tcti, uint32_t ak_handle, struct machine_tpm **out)
{
	struct machine_tpm *t = calloc(1, sizeof(*t));
	struct failure f;

	if (!t)
		return refuse("out of memory");
	t->ak = ESYS_TR_NONE;
	f = start(t, tcti, ak_handle);
	if (f.happened)
		machine_tpm_close(t);
	else
		*out = t;
	return f;
}

void machine_tpm_close(struct machine_tpm *t)
{
	if (!t)
		return;
	if (t->esys && t->transient)
		(void)Esys_FlushContext(t->esys, t->ak);
	if (t->esys)
		Esys_Finalize(&t->esys);
	if (t->tcti)
		Tss2_TctiLdr_Finalize(&t->tcti);
	free(t);
}

struct span machine_tpm_ak(const struct machine_tpm *t)
{
	return (struct span){t->area, t->area_len};
}

static TPML_PCR_SELECTION selection(uint16_t bank, uint32_t mask)
{
	return (TPML_PCR_SELECTION){.count = 1,
		.pcrSelections[0] = {.hash = bank,
			.sizeofSelect = 3,
			.pcrSelect = {(BYTE)mask, (BYTE)(mask >> 8), (BYTE)(mask >> 16)}}};
}

/* Takes over the lowest PCRs of *left; none: the bank is not there. */
static struct failure read_some(
	struct machine_tpm *t, uint16_t bank, uint32_t *left, struct machine_quote *out)
{
	TPML_PCR_SELECTION asked = selection(bank, *left), *which = NULL;
	TPML_DIGEST *digests = NULL;
	uint32_t got = 0;
	TSS2_RC rc = Esys_PCR_Read(
		t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &asked, NULL, &which, &digests);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_refused("PCR_Read", rc);
	for (unsigned i = 0; which->count == 1 && i < 3; i++)
		got |= (uint32_t)which->pcrSelections[0].pcrSelect[i] << 8 * i;
	for (UINT32 i = 0; i < digests->count; i++) {
		size_t len = digests->digests[i].size;

		if (len > sizeof(out->pcr_values) - out->pcr_values_len)
			len = 0;
		memcpy(out->pcr_values + out->pcr_values_len, digests->digests[i].buffer, len);
		out->pcr_values_len += len;
	}
	Esys_Free(which);
	Esys_Free(digests);
	if (got == 0 || (got & *left) != got)
		return refuse("the TPM has not all PCRs that were asked for in this bank");
	*left &= ~got;
	return failure_none();
}

static struct failure read_values(
	struct machine_tpm *t, uint16_t bank, uint32_t mask, struct machine_quote *out)
{
	out->pcr_values_len = 0;
	while (mask)
		TRY_FAILURE(read_some(t, bank, &mask, out));
	return failure_none();
}

static struct failure make_quote(struct machine_tpm *t, uint16_t bank, uint32_t mask,
	const uint8_t rd[RD_LEN], struct machine_quote *out)
{
	const TPMT_SIG_SCHEME scheme_of_key = {.scheme = TPM2_ALG_NULL};
	TPML_PCR_SELECTION pcrs = selection(bank, mask);
	TPM2B_DATA qualifying = {.size = RD_LEN};
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *signature = NULL;
	TSS2_RC rc;

	memcpy(qualifying.buffer, rd, RD_LEN);
	out->signature_len = 0;
	rc = Esys_Quote(t->esys, t->ak, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &qualifying,
		&scheme_of_key, &pcrs, &attest, &signature);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_refused("Quote", rc);
	rc = Tss2_MU_TPMT_SIGNATURE_Marshal(
		signature, out->signature, sizeof(out->signature), &out->signature_len);
	out->attest_len = attest->size <= sizeof(out->attest) ? attest->size : 0;
	memcpy(out->attest, attest->attestationData, out->attest_len);
	Esys_Free(attest);
	Esys_Free(signature);
	return rc == TSS2_RC_SUCCESS && out->attest_len ? failure_none()
							: tpm_refused("the quote's form", rc);
}

static bool quote_fits(const struct machine_quote *q)
{
	TPMS_ATTEST attest;
	uint8_t digest[SHA256_LEN];
	size_t at = 0;

	if (Tss2_MU_TPMS_ATTEST_Unmarshal(q->attest, q->attest_len, &at, &attest) ||
		attest.type != TPM2_ST_ATTEST_QUOTE ||
		attest.attested.quote.pcrDigest.size != SHA256_LEN)
		return false;
	sha256(q->pcr_values, q->pcr_values_len, digest);
	return memcmp(attest.attested.quote.pcrDigest.buffer, digest, SHA256_LEN) == 0;
}

struct failure machine_tpm_quote(struct machine_tpm *t, uint16_t bank, uint32_t pcr_mask,
	const uint8_t rd[RD_LEN], struct machine_quote *out)
{
	for (int i = 0; i < QUOTE_ATTEMPTS; i++) {
		TRY_FAILURE(read_values(t, bank, pcr_mask, out));
		TRY_FAILURE(make_quote(t, bank, pcr_mask, rd, out));
		if (quote_fits(out))
			return failure_none();
	}
	return refuse("the PCRs change faster than they can be quoted: try again");
}
