/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public areas of attestation and endorsement keys, and making a credential for what passes. */
#include <stdint.h>
#include <stdlib.h>
#include "crypto/random.h"
#include "crypto/tpm_evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t blob[TPM_CREDENTIAL_MAX], seed[TPM_CREDENTIAL_MAX];
	size_t blob_len, seed_len;
	struct tpm_public ak, ek;
	bool is_ak, is_ek;

	if (!secret_pool_generation() &&
		(failed(secret_pool_open(1 << 14)) || failed(random_open())))
		abort();
	is_ak = !failed(tpm_ak_parse(data, size, &ak));
	is_ek = !failed(tpm_ek_parse(data, size, &ek));
	if (is_ak && is_ek)
		abort();
	if ((is_ak && !key_pub_valid(ak.pub)) || (is_ek && !key_pub_valid(ek.pub)))
		abort();
	if (is_ek && failed(tpm_make_credential(
			     &ek, ek.name, ek.pub, 32, blob, &blob_len, seed, &seed_len)))
		abort();
	return 0;
}
