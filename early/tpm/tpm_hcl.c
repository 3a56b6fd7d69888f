/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TPM of Azure's confidential VMs. It is part of the paravisor (HCL), which puts a report of
 * the hardware into an index: the report commits to this TPM's AK, and to 64 bytes of the guest's.
 * CMake's PROTOSTAR_EVIDENCE without hcl leaves this file out.
 */
#include "early/tpm/tpm_private.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "early/console.h"
#include "early/contract/errors.h"

#define REPORT_INDEX	  0x01400001u
#define USER_DATA_INDEX	  0x01400002u
#define CERTIFICATE_INDEX 0x01c101d0u
#define AK_HANDLE	  0x81000003u
#define ATTEMPTS	  4 /* the paravisor makes a report every 2 seconds at most */

bool tpm_hcl_ak(struct tpm *t)
{
	uint8_t magic[4];
	struct span certificate;
	size_t len;

	if (failed(tpm_nv_read(t, REPORT_INDEX, magic, sizeof(magic), &len)))
		tpm_index_left_out(REPORT_INDEX, "it cannot be read");
	if (len != sizeof(magic) || memcmp(magic, "HCLA", sizeof(magic)) != 0)
		return false;
	t->hcl = tpm_key_take(t, AK_HANDLE, NULL, &t->ak);
	if (!t->hcl)
		tpm_index_left_out(REPORT_INDEX, "its TPM has no key at 0x81000003");
	/* The report vouches for the key as well, so a wrong certificate takes nothing from it. */
	else if (tpm_certificate_read(t, CERTIFICATE_INDEX, &certificate) &&
		 !tpm_certificate_take(t, CERTIFICATE_INDEX, certificate, OK, &t->ak))
		t->hcl = tpm_key_take(t, AK_HANDLE, NULL, &t->ak);
	return t->hcl;
}

static TSS2_RC define(struct tpm *t, ESYS_TR *out)
{
	static const TPM2B_AUTH no_auth;
	static const TPM2B_NV_PUBLIC index = {
		.nvPublic = {.nvIndex = USER_DATA_INDEX,
			.nameAlg = TPM2_ALG_SHA256,
			.attributes = TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD,
			.dataSize = HCL_USER_DATA_LEN},
	};

	return Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
		ESYS_TR_NONE, &no_auth, &index, out);
}

static struct status write_user_data(struct tpm *t, const uint8_t user_data[HCL_USER_DATA_LEN])
{
	TPM2B_MAX_NV_BUFFER data = {.size = HCL_USER_DATA_LEN};
	ESYS_TR nv;
	TSS2_RC rc;

	memcpy(data.buffer, user_data, HCL_USER_DATA_LEN);
	rc = Esys_TR_FromTPMPublic(
		t->esys, USER_DATA_INDEX, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &nv);
	if (rc)
		rc = define(t, &nv);
	if (rc)
		return tpm_failure(E_TPM_HCL_DEFINE, rc);
	rc = Esys_NV_Write(t->esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
		ESYS_TR_NONE, &data, 0);
	(void)Esys_TR_Close(t->esys, &nv);
	return rc ? tpm_failure(E_TPM_HCL_WRITE, rc) : OK;
}

/* Whether the report has these bytes among its claims, in hexadecimal digits of either case. */
static bool is_about(struct span report, const uint8_t user_data[HCL_USER_DATA_LEN])
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * HCL_USER_DATA_LEN];

	for (size_t i = 0; i < HCL_USER_DATA_LEN; i++) {
		hex[2 * i] = digits[user_data[i] >> 4];
		hex[2 * i + 1] = digits[user_data[i] & 0xf];
	}
	for (size_t at = 0; at + sizeof(hex) <= report.len; at++)
		if (strncasecmp((const char *)report.data + at, hex, sizeof(hex)) == 0)
			return true;
	return false;
}

struct status tpm_hcl_report(struct tpm *t, const uint8_t user_data[HCL_USER_DATA_LEN],
	uint8_t out[HCL_REPORT_MAX], size_t *out_len)
{
	size_t len;

	if (!t->hcl)
		return fail(E_TPM_HCL_NONE);
	TRY(write_user_data(t, user_data));
	for (int i = 0; i < ATTEMPTS; i++) {
		if (i)
			(void)nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
		TRY(tpm_nv_read(t, REPORT_INDEX, out, HCL_REPORT_MAX, &len));
		if (is_about((struct span){out, len}, user_data)) {
			*out_len = len;
			return OK;
		}
	}
	return fail(E_TPM_HCL_STALE);
}
