/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bundle/shares.h"

#include <string.h>

#include "crypto/random.h"
#include "tools/bundle/gf256.h"

struct failure shares_check_numbers(unsigned needed, unsigned count)
{
	if (count < 2 || count > SHARES_MAX || needed < 2 || needed > count)
		return refuse("%u of %u: there are 2 to %u shares, and 2 of them are needed at "
			      "least, all at most",
			needed, count, SHARES_MAX);
	return failure_none();
}

/*
 * One byte of a share: the polynomial with these coefficients and this constant at x. coefficients:
 * of the powers 1 to degree, BUNDLE_KEY_LEN bytes apart.
 */
static uint8_t evaluate(const uint8_t *coefficients, size_t degree, uint8_t constant, uint8_t x)
{
	uint8_t value = 0;

	for (size_t i = degree; i-- > 0;)
		value = gf256_multiply(value ^ coefficients[i * BUNDLE_KEY_LEN], x);
	return value ^ constant;
}

static struct failure make_share(const uint8_t *key, const struct secret *coefficients,
	const struct share *numbers, struct share *out)
{
	*out = *numbers;
	if (failed(secret_new(BUNDLE_KEY_LEN, &out->value)))
		return refuse("no locked memory left for a share");
	for (size_t i = 0; i < BUNDLE_KEY_LEN; i++)
		out->value.bytes[i] = evaluate(
			coefficients->bytes + i, out->needed - 1u, key[i], out->index);
	return failure_none();
}

struct failure shares_split(const uint8_t key[BUNDLE_KEY_LEN],
	const uint8_t bundle_id[BUNDLE_ID_LEN], uint8_t needed, uint8_t count, struct share *out)
{
	SECRET_AUTO coefficients = {0};
	struct share one = {.count = count, .needed = needed};
	struct failure f = shares_check_numbers(needed, count);

	if (f.happened)
		return f;
	memcpy(one.bundle_id, bundle_id, BUNDLE_ID_LEN);
	if (failed(secret_new((needed - 1u) * BUNDLE_KEY_LEN, &coefficients)))
		return refuse("no locked memory left for shares");
	if (failed(random_bytes(coefficients.bytes, coefficients.len)))
		return refuse("no random bytes for shares");
	for (uint8_t i = 0; i < count && !f.happened; i++) {
		one.index = (uint8_t)(i + 1);
		f = make_share(key, &coefficients, &one, &out[i]);
		for (uint8_t made = 0; f.happened && made < i; made++)
			share_free(&out[made]);
	}
	return f;
}

static const char *name_of(const struct share *share)
{
	return share->path ? share->path : "the share";
}

static struct failure check_share(
	const struct share *shares, size_t at, const uint8_t bundle_id[BUNDLE_ID_LEN])
{
	const struct share *s = &shares[at];

	if (memcmp(s->bundle_id, bundle_id, BUNDLE_ID_LEN) != 0)
		return refuse("%s is a share of another bundle", name_of(s));
	if (s->count != shares[0].count || s->needed != shares[0].needed)
		return refuse("%s says %u of %u, and %s says %u of %u", name_of(s), s->needed,
			s->count, name_of(&shares[0]), shares[0].needed, shares[0].count);
	for (size_t i = 0; i < at; i++)
		if (shares[i].index == s->index)
			return refuse("share %u is there twice: %s and %s", s->index,
				name_of(&shares[i]), name_of(s));
	return failure_none();
}

/* What the value at shares[at].index counts for at 0 (Lagrange). The indices are public. */
static uint8_t weight(const struct share *shares, size_t count, size_t at)
{
	uint8_t above = 1, below = 1;

	for (size_t i = 0; i < count; i++) {
		if (i == at)
			continue;
		above = gf256_multiply(above, shares[i].index);
		below = gf256_multiply(below, shares[i].index ^ shares[at].index);
	}
	return gf256_multiply(above, gf256_invert(below));
}

struct failure shares_join(const struct share *shares, size_t count,
	const uint8_t bundle_id[BUNDLE_ID_LEN], uint8_t out_key[BUNDLE_KEY_LEN])
{
	for (size_t i = 0; i < count; i++)
		TRY_FAILURE(check_share(shares, i, bundle_id));
	if (!count || count < shares[0].needed)
		return refuse("%zu shares are given, and %u are needed", count,
			count ? shares[0].needed : 2u);
	memset(out_key, 0, BUNDLE_KEY_LEN);
	for (size_t s = 0; s < shares[0].needed; s++) {
		uint8_t w = weight(shares, shares[0].needed, s);

		for (size_t i = 0; i < BUNDLE_KEY_LEN; i++)
			out_key[i] ^= gf256_multiply(w, shares[s].value.bytes[i]);
	}
	return failure_none();
}

void share_commitment(const struct share *share, uint8_t out[SHA256_LEN])
{
	static const char label[] = "protostar share v1";
	const uint8_t numbers[] = {share->index, share->count, share->needed};
	struct digest d;

	/* SHA-256 is in the list of algorithms. */
	if (!digest_start(&d, DIGEST_SHA256))
		return;
	digest_add(&d, label, sizeof(label) - 1);
	digest_add(&d, share->bundle_id, BUNDLE_ID_LEN);
	digest_add(&d, numbers, sizeof(numbers));
	digest_add(&d, share->value.bytes, BUNDLE_KEY_LEN);
	digest_end(&d, out);
	wipe(&d, sizeof(d));
}

void share_free(struct share *share)
{
	secret_free(&share->value);
}
