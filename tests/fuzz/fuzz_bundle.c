/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bundles that anybody may have written. What begins as contents is read as contents: what is taken
 * is written again as the same bytes, and its files stay below their folder. Everything else is
 * read as a sealed file, which no key but its own opens.
 */
#include <string.h>

#include "tools/bundle/bundle_names.h"
#include "tools/bundle/bundle_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_contents(struct span bytes)
{
	struct locked_bytes again = {0};
	struct bundle b;

	if (bundle_decode_copy(bytes, &b).happened)
		return;
	for (size_t i = 0; i < b.file_count; i++)
		if (!bundle_name_good(b.files[i].name))
			__builtin_trap();
	if (bundle_encode(&b, &again).happened || again.len != bytes.len ||
		memcmp(again.data, bytes.data, bytes.len) != 0)
		__builtin_trap();
	locked_bytes_free(&again);
	bundle_free(&b);
}

static void check_sealed(struct span file)
{
	struct bundle_outside outside;
	struct share shares[2] = {
		{.index = 1, .count = 2, .needed = 2}, {.index = 2, .count = 2, .needed = 2}};
	struct bundle_openers by_key = {.key = NULL},
			      by_shares = {.shares = shares, .share_count = 2};
	struct key_pair key;
	struct bundle b;
	uint8_t scalar[P256_PRIV_LEN] = {[P256_PRIV_LEN - 1] = 1};

	if (bundle_look(file, &outside).happened)
		return;
	if (!outside.passphrase && !outside.key_count && !outside.share_count)
		__builtin_trap();
	if (failed(key_from_private(scalar, &key)))
		__builtin_trap();
	by_key.key = &key;
	for (unsigned i = 0; i < 2; i++) {
		memcpy(shares[i].bundle_id, outside.head.id, BUNDLE_ID_LEN);
		if (failed(secret_new(BUNDLE_KEY_LEN, &shares[i].value)))
			__builtin_trap();
	}
	if (!bundle_open(file, &by_key, &b).happened)
		bundle_free(&b);
	if (!bundle_open(file, &by_shares, &b).happened)
		bundle_free(&b);
	key_free(&key);
	share_free(&shares[0]);
	share_free(&shares[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = {data, size};

	if (!secret_pool_generation() && failed(secret_pool_open(1 << 18)))
		__builtin_trap();
	if (bundle_is_contents(bytes))
		check_contents(bytes);
	else
		check_sealed(bytes);
	return 0;
}
