/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/fault.h"

static const char *const texts[TPM_FAULT_COUNT] = {
	[TPM_GOOD] = "nothing is wrong",
	[TPM_AK_FORM] = "the attestation key's public area is not P-256 or RSA from 2048 bits, "
			"with names by SHA-256",
	[TPM_AK_ATTRIBUTES] = "the attestation key is not one that only its TPM can use, and only "
			      "for what the TPM itself made",
	[TPM_AK_SCHEME] = "the attestation key does not sign with SHA-256 only, by ECDSA or RSASSA",
	[TPM_EK_FORM] = "the endorsement key's public area is not of one of TCG's templates L-1, "
			"L-2, H-1, H-2, H-3, H-6 and H-7",
	[TPM_EK_ATTRIBUTES] = "the endorsement key is not one that only its TPM can use",
	[TPM_EK_SCHEME] = "the endorsement key does not protect with the AES of its template",
	[TPM_QUOTE_SIGNATURE] = "the quote's signature is not the attestation key's",
	[TPM_QUOTE_TYPE] = "what was signed was not made by a TPM, or is no quote",
	[TPM_QUOTE_FORM] = "the quote is malformed",
	[TPM_QUOTE_REPORT_DATA] = "the quote was made for another connection",
	[TPM_QUOTE_SELECTION] = "the quote covers other PCRs, or another bank",
	[TPM_QUOTE_DIGEST] = "the PCR values are not those that were quoted",
	[TPM_CREDENTIAL_FAILED] = "no credential could be made for these keys",
};

const char *tpm_fault_text(enum tpm_fault fault)
{
	return texts[fault < TPM_FAULT_COUNT ? fault : TPM_GOOD];
}
