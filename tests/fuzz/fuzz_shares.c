/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of shares, one behind the other. Each that is read is written as the same text again, and
 * however many there are, they are joined or refused.
 */
#include <string.h>

#include "tools/bundle/shares.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct share *share, const uint8_t *text, size_t len)
{
	struct secret again = {0};

	if (share_encode(share, &again).happened || again.len != len ||
		memcmp(again.bytes, text, len) != 0)
		__builtin_trap();
	secret_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct share shares[SHARES_MAX];
	uint8_t key[BUNDLE_KEY_LEN];
	size_t count = 0, begin = 0;

	if (!secret_pool_generation() && failed(secret_pool_open(1 << 18)))
		__builtin_trap();
	while (begin < size && count < SHARES_MAX) {
		const uint8_t *zero = memchr(data + begin, 0, size - begin);
		size_t len = zero ? (size_t)(zero - data) - begin : size - begin;
		struct span text = {data + begin, len};

		if (!share_decode(text, &shares[count]).happened) {
			check_again(&shares[count], text.data, text.len);
			count++;
		}
		begin += len + 1;
	}
	if (count && !shares_join(shares, count, shares[0].bundle_id, key).happened &&
		count < shares[0].needed)
		__builtin_trap();
	while (count)
		share_free(&shares[--count]);
	return 0;
}
