/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes, the PCR values that go with them, and the cap on PCR 15. */
#include "early/tpm/tpm_private.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "crypto/digest.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/contract/pcr15.h"

#define QUOTE_ATTEMPTS 5 /* something else extends a PCR between read and quote: rare at boot */

static uint32_t selected(const TPMS_PCR_SELECTION *s)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < s->sizeofSelect && i < 3; i++)
		mask |= (uint32_t)s->pcrSelect[i] << 8 * i;
	return mask;
}

static TPML_PCR_SELECTION selection(uint16_t bank, uint32_t mask)
{
	return (TPML_PCR_SELECTION){.count = 1,
		.pcrSelections[0] = {.hash = bank,
			.sizeofSelect = 3,
			.pcrSelect = {(BYTE)mask, (BYTE)(mask >> 8), (BYTE)(mask >> 16)}}};
}

/*
 * Takes over one answer to PCR_Read: the lowest PCRs of `left`, in order. *left loses what came.
 */
static struct status take_values(const TPML_PCR_SELECTION *which, const TPML_DIGEST *digests,
	uint16_t bank, uint32_t *left, struct tpm_evidence *out)
{
	uint32_t got = which->count == 1 ? selected(&which->pcrSelections[0]) : 0;
	size_t len = digest_len(bank);

	/* That is how a TPM answers for a bank that is not active. */
	if (got == 0) {
		console_detail("SHA-%u: enable it in the machine's firmware", 8u * (unsigned)len);
		return fail(E_TPM_BANK_MISSING);
	}
	if (which->pcrSelections[0].hash != bank || (got & *left) != got)
		return fail(E_TPM_PCR_MISSING);
	/* Ascending: what is still left must lie above everything that came. */
	if ((*left & ~got) != 0 && (*left & ~got & -(*left & ~got)) < got)
		return fail(E_TPM_PCR_ORDER);
	if (digests->count != (UINT32)__builtin_popcount(got))
		return fail(E_TPM_PCR_COUNT);
	for (UINT32 i = 0; i < digests->count; i++) {
		if (digests->digests[i].size != len ||
			len > sizeof(out->pcr_values) - out->pcr_values_len)
			return fail(E_TPM_PCR_SIZE);
		memcpy(out->pcr_values + out->pcr_values_len, digests->digests[i].buffer, len);
		out->pcr_values_len += len;
	}
	*left &= ~got;
	return OK;
}

static struct status read_pcrs(
	struct tpm *t, uint16_t bank, uint32_t mask, struct tpm_evidence *out)
{
	out->pcr_values_len = 0;
	while (mask != 0) {
		TPML_PCR_SELECTION asked = selection(bank, mask), *which = NULL;
		TPML_DIGEST *digests = NULL;
		TSS2_RC rc = Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
			&asked, NULL, &which, &digests);
		struct status s;

		if (rc != TSS2_RC_SUCCESS)
			return tpm_failure(E_TPM_PCR_READ, rc);
		s = take_values(which, digests, bank, &mask, out);
		Esys_Free(which);
		Esys_Free(digests);
		TRY(s);
	}
	return OK;
}

static struct status keep_quote(
	const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *signature, struct tpm_evidence *out)
{
	size_t len = 0;

	if (attest->size == 0 || attest->size > sizeof(out->attest) ||
		attest->size > sizeof(attest->attestationData))
		return fail(E_TPM_QUOTE_SIZE);
	if (Tss2_MU_TPMT_SIGNATURE_Marshal(signature, out->signature, sizeof(out->signature), &len))
		return fail(E_TPM_QUOTE_SIGNATURE);
	memcpy(out->attest, attest->attestationData, attest->size);
	out->attest_len = attest->size;
	out->signature_len = len;
	return OK;
}

static struct status make_quote(struct tpm *t, uint16_t bank, uint32_t mask,
	const uint8_t rd[RD_LEN], struct tpm_evidence *out)
{
	const TPMT_SIG_SCHEME scheme_of_key = {.scheme = TPM2_ALG_NULL};
	TPM2B_DATA qualifying = {.size = RD_LEN};
	TPML_PCR_SELECTION pcrs = selection(bank, mask);
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *signature = NULL;
	struct status s;
	TSS2_RC rc;

	memcpy(qualifying.buffer, rd, RD_LEN);
	rc = Esys_Quote(t->esys, t->ak.handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
		&qualifying, &scheme_of_key, &pcrs, &attest, &signature);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_QUOTE, rc);
	s = keep_quote(attest, signature, out);
	Esys_Free(attest);
	Esys_Free(signature);
	return s;
}

/* True when the values read are those that the quote is about. */
static bool quote_fits(const struct tpm_evidence *e)
{
	TPMS_ATTEST attest;
	uint8_t digest[SHA256_LEN];
	size_t at = 0;

	if (Tss2_MU_TPMS_ATTEST_Unmarshal(e->attest, e->attest_len, &at, &attest))
		return false;
	if (attest.type != TPM2_ST_ATTEST_QUOTE ||
		attest.attested.quote.pcrDigest.size != SHA256_LEN)
		return false;
	sha256(e->pcr_values, e->pcr_values_len, digest);
	return memcmp(attest.attested.quote.pcrDigest.buffer, digest, SHA256_LEN) == 0;
}

struct status tpm_quote(struct tpm *t, uint16_t bank, uint32_t pcr_mask, const uint8_t rd[RD_LEN],
	struct tpm_evidence *out)
{
	for (int i = 0; i < QUOTE_ATTEMPTS; i++) {
		TRY(read_pcrs(t, bank, pcr_mask, out));
		TRY(make_quote(t, bank, pcr_mask, rd, out));
		if (quote_fits(out))
			return OK;
	}
	return fail(E_TPM_PCRS_CHANGE);
}

/* By event, so that the TPM itself covers banks that this program cannot hash for. */
static TSS2_RC extend_pcr15(struct tpm *t, const char *text)
{
	TPM2B_EVENT event = {.size = (UINT16)strlen(text)};
	TPML_DIGEST_VALUES *digests = NULL;
	TSS2_RC rc;

	memcpy(event.buffer, text, event.size);
	rc = Esys_PCR_Event(t->esys, ESYS_TR_PCR15, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
		&event, &digests);
	if (rc == TSS2_RC_SUCCESS)
		Esys_Free(digests);
	return rc;
}

struct status tpm_cap(struct tpm *t)
{
	TSS2_RC rc = extend_pcr15(t, PCR15_SEALED);

	return rc == TSS2_RC_SUCCESS ? OK : tpm_failure(E_TPM_CAP, rc);
}

void tpm_poison(struct tpm *t)
{
	if (t && t->esys)
		(void)extend_pcr15(t, PCR15_FAILED);
}
