/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public areas of attestation and endorsement keys, and making a credential for what passes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tools/evidence/tpm/area.h"
#include "tools/evidence/tpm/credential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written as it was; only an exponent has two forms. */
static void check_area(const uint8_t *data, size_t size)
{
	struct tpm_area area, again;
	uint8_t out[AREA_MAX];
	size_t len;

	if (!tpm_area_read(data, size, &area))
		return;
	len = tpm_area_write(&area, out);
	if (len != size || !tpm_area_read(out, len, &again) ||
		memcmp(again.key, area.key, sizeof(area.key)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum tpm_fault is_ak, is_ek;
	struct tpm_credential c;
	struct tpm_public ak, ek;

	check_area(data, size);
	is_ak = tpm_ak_parse(data, size, &ak);
	is_ek = tpm_ek_parse(data, size, &ek);
	if (is_ak == TPM_GOOD && is_ek == TPM_GOOD)
		abort();
	if (is_ak == TPM_GOOD && (ak.name_len != TPM_NAME_LEN || ak.key_len > TPM_KEY_MAX))
		abort();
	if (is_ek == TPM_GOOD && ek.kind != TPM_KEY_RSA &&
		tpm_make_credential(&ek, ek.node_id, ek.key, TPM_SECRET_MAX, &c) != TPM_GOOD)
		abort();
	return 0;
}
