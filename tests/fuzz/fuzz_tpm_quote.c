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
	struct tpm_public public = {.name = {0, 0x0b}};
	struct bytes attest = {.len = 0}, sig = {.len = 0};
	struct tpm_quote out;

	make_key();
	if (!size || size > 500)
		return 0;
	memcpy(public.pub, ak.pub, sizeof(public.pub));
	if (data[0] < size && data[0]) {
		put(&sig, data + 1, data[0]);
		put(&attest, data + 1 + data[0], size - 1 - data[0]);
	} else {
		put(&attest, data + 1, size - 1);
		if (!build_signature(&sig, &ak, &attest))
			abort();
	}
	if (failed(tpm_quote_check(&public, rd, BANK, MASK, attest.b, attest.len, sig.b, sig.len,
		    values, sizeof(values), &out)))
		return 0;
	if (out.bank != BANK || out.pcr_mask != MASK || out.clock_safe > 1)
		abort();
	return 0;
}
