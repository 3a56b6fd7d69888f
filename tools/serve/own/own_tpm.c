/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/own/own_tpm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>

#include "crypto/digest.h"
#include "tools/lib/hex.h"

#define PCRS 24u

struct own_tpm {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR ak;
	uint32_t pcr_mask;
	uint8_t area[TPM_PUB_MAX]; /* TPMT_PUBLIC of the AK */
	size_t area_len;
};

/* The AK of PROTOCOL.md 6.1: it signs nothing but what the TPM itself says. */
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

static struct failure tpm_failure(const char *what, TSS2_RC rc)
{
	return refuse("the service's TPM cannot %s (TPM response 0x%x)", what, rc);
}

static struct failure make_ak(struct own_tpm *t)
{
	static const TPM2B_SENSITIVE_CREATE no_secret = {.size = 0};
	static const TPM2B_DATA no_data = {.size = 0};
	static const TPML_PCR_SELECTION no_pcrs = {.count = 0};
	TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &no_secret, &ak_template, &no_data, &no_pcrs, &t->ak,
		&public, NULL, NULL, NULL);

	if (rc)
		return tpm_failure("make an attestation key", rc);
	rc = Tss2_MU_TPMT_PUBLIC_Marshal(
		&public->publicArea, t->area, sizeof(t->area), &t->area_len);
	Esys_Free(public);
	return rc ? tpm_failure("give its key", rc) : failure_none();
}

static struct failure open_tpm(const char *tcti, struct own_tpm *t)
{
	TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti, &t->tcti);

	if (rc)
		return refuse("the service's TPM cannot be opened (%s, TCTI response 0x%x)",
			tcti ? tcti : "no TCTI named", rc);
	rc = Esys_Initialize(&t->esys, t->tcti, NULL);
	if (rc)
		return tpm_failure("be talked to", rc);
	rc = Esys_Startup(t->esys, TPM2_SU_CLEAR);
	if (rc && rc != TPM2_RC_INITIALIZE)
		return tpm_failure("be started", rc);
	return make_ak(t);
}

struct failure own_tpm_open(const char *tcti, uint32_t pcr_mask, struct own_tpm **out)
{
	struct own_tpm *t = calloc(1, sizeof(*t));
	struct failure f;

	if (!t)
		return refuse("out of memory");
	t->ak = ESYS_TR_NONE;
	t->pcr_mask = pcr_mask;
	f = open_tpm(tcti, t);
	if (f.happened) {
		own_tpm_close(t);
		return f;
	}
	*out = t;
	return failure_none();
}

void own_tpm_close(struct own_tpm *t)
{
	if (!t)
		return;
	if (t->ak != ESYS_TR_NONE)
		(void)Esys_FlushContext(t->esys, t->ak);
	Esys_Finalize(&t->esys);
	Tss2_TctiLdr_Finalize(&t->tcti);
	free(t);
}

static TPML_PCR_SELECTION select_pcrs(uint32_t mask)
{
	return (TPML_PCR_SELECTION){.count = 1,
		.pcrSelections = {{.hash = TPM2_ALG_SHA256,
			.sizeofSelect = 3,
			.pcrSelect = {
				(uint8_t)mask, (uint8_t)(mask >> 8), (uint8_t)(mask >> 16)}}}};
}

static bool keep_value(const TPM2B_DIGEST *digest, struct wire_writer *out)
{
	if (digest->size != SHA256_LEN)
		return false;
	wire_put_bytes(out, digest->buffer, digest->size);
	return true;
}

/* The values in ascending order; a TPM gives a few of them at a time. */
static struct failure read_pcrs(struct own_tpm *t, struct wire_writer *out)
{
	uint32_t left = t->pcr_mask;

	while (left) {
		const TPML_PCR_SELECTION wanted = select_pcrs(left);
		TPML_PCR_SELECTION *got = NULL;
		TPML_DIGEST *values = NULL;
		TSS2_RC rc = Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			&wanted, NULL, &got, &values);
		uint32_t read = 0;
		bool good = !rc && got->count == 1;

		for (unsigned i = 0; good && i < 3; i++)
			read |= (uint32_t)got->pcrSelections[0].pcrSelect[i] << 8 * i;
		good = good && read && !(read & ~left) &&
		       values->count == (uint32_t)__builtin_popcount(read);
		for (uint32_t i = 0; good && i < values->count; i++)
			good = keep_value(&values->digests[i], out);
		Esys_Free(got);
		Esys_Free(values);
		if (!good)
			return tpm_failure("read PCRs of the bank SHA-256", rc);
		left &= ~read;
	}
	return out->failed ? refuse("PCR values do not fit") : failure_none();
}

struct quoted {
	uint8_t signature[SIGNATURE_MAX];
	size_t signature_len;
	TPM2B_ATTEST attest;
};

static struct failure quote(struct own_tpm *t, const uint8_t rd[RD_LEN], struct quoted *out)
{
	const TPML_PCR_SELECTION selection = select_pcrs(t->pcr_mask);
	const TPMT_SIG_SCHEME scheme = {.scheme = TPM2_ALG_NULL};
	TPM2B_DATA data = {.size = RD_LEN};
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *signature = NULL;
	TSS2_RC rc;

	memcpy(data.buffer, rd, RD_LEN);
	rc = Esys_Quote(t->esys, t->ak, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data,
		&scheme, &selection, &attest, &signature);
	if (rc)
		return tpm_failure("quote its PCRs", rc);
	out->attest = *attest;
	out->signature_len = 0;
	rc = Tss2_MU_TPMT_SIGNATURE_Marshal(
		signature, out->signature, sizeof(out->signature), &out->signature_len);
	Esys_Free(attest);
	Esys_Free(signature);
	return rc ? tpm_failure("give its signature", rc) : failure_none();
}

struct failure own_tpm_evidence(
	struct own_tpm *t, const uint8_t rd[RD_LEN], struct wire_writer *out)
{
	uint8_t values[PCRS * SHA256_LEN];
	struct service_evidence e = {.ak_pub = {t->area, t->area_len}};
	struct wire_writer pcrs;
	struct quoted q;

	wire_write_start(&pcrs, values, sizeof(values));
	TRY_FAILURE(read_pcrs(t, &pcrs));
	TRY_FAILURE(quote(t, rd, &q));
	e.attest = (struct span){q.attest.attestationData, q.attest.size};
	e.signature = (struct span){q.signature, q.signature_len};
	e.pcr_values = (struct span){values, pcrs.len};
	service_evidence_put(out, &e);
	return out->failed ? refuse("the service's evidence does not fit") : failure_none();
}

struct failure own_tpm_option(struct own_tpm *t, char out[OWN_OPTION_MAX])
{
	uint8_t values[PCRS * SHA256_LEN], hash[SHA256_LEN];
	char ak[2 * SHA256_LEN + 1], digest[2 * SHA256_LEN + 1];
	struct wire_writer pcrs;

	wire_write_start(&pcrs, values, sizeof(values));
	TRY_FAILURE(read_pcrs(t, &pcrs));
	sha256(t->area, t->area_len, hash);
	hex_encode(hash, sizeof(hash), ak);
	sha256(values, pcrs.len, hash);
	hex_encode(hash, sizeof(hash), digest);
	(void)snprintf(out, OWN_OPTION_MAX, "sha256:%s:%06x:%s", ak, t->pcr_mask, digest);
	return failure_none();
}
