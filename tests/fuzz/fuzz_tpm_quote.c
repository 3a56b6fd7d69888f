/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quotes and their signatures. Input: one byte n, then n bytes of signature, the rest is the quote.
 * With n = 0 the quote is signed here, so that the parser behind the signature is reached.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/tpm_build.h"

#define BANK 0x000bu
#define MASK 0x00008a91u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct key_pair ak;

static void make_key(void)
{
	uint8_t scalar[P256_PRIV_LEN];

	if (ak.priv.bytes)
		return;
	memset(scalar, 7, sizeof(scalar));
	if (failed(secret_pool_open(1 << 14)) || failed(key_from_private(scalar, &ak)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t rd[32] = {1}, values[6 * 32];
	struct tpm_public public = {.kind = TPM_KEY_P256, .key_len = P256_PUB_LEN};
	struct bytes attest = {.len = 0}, sig = {.len = 0};
	struct tpm_quote_request r = {
		.ak = &public,
		.report_data = rd,
		.bank = BANK,
		.pcr_mask = MASK,
		.pcr_values = {values, sizeof(values)},
	};
	struct tpm_quote out;

	make_key();
	if (!size || size > 500)
		return 0;
	memcpy(public.key, ak.pub, P256_PUB_LEN);
	if (data[0] < size && data[0]) {
		put(&sig, data + 1, data[0]);
		put(&attest, data + 1 + data[0], size - 1 - data[0]);
	} else {
		put(&attest, data + 1, size - 1);
		if (!build_signature(&sig, &ak, &attest))
			abort();
	}
	r.attest = (struct span){attest.b, attest.len};
	r.signature = (struct span){sig.b, sig.len};
	if (tpm_quote_check(&r, &out) != TPM_GOOD)
		return 0;
	if (out.bank != BANK || out.pcr_mask != MASK || out.clock_safe > 1)
		abort();
	return 0;
}
