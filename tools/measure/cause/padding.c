/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/cause/padding.h"

#include <openssl/evp.h>
#include <string.h>

/* How many zeros the predicted bytes end with. */
static size_t trailing_zeros(const struct boot_event *event)
{
	size_t zeros = 0;

	for (size_t i = event->piece_count; i-- > 0;) {
		const struct boot_piece *p = &event->pieces[i];
		size_t len = p->len;

		zeros += p->zeros;
		while (len && !p->data[len - 1]) {
			len--;
			zeros++;
		}
		if (len)
			break;
	}
	return zeros;
}

static bool add_zeros(EVP_MD_CTX *ctx, size_t count)
{
	static const uint8_t block[4096];
	bool good = true;

	for (; good && count; count -= count < sizeof(block) ? count : sizeof(block))
		good = EVP_DigestUpdate(
			       ctx, block, count < sizeof(block) ? count : sizeof(block)) == 1;
	return good;
}

/* The first len of the predicted bytes. */
static bool add_pieces(EVP_MD_CTX *ctx, const struct boot_event *event, size_t len)
{
	bool good = true;

	for (size_t i = 0; good && i < event->piece_count && len; i++) {
		const struct boot_piece *p = &event->pieces[i];
		size_t data = p->len < len ? p->len : len;
		size_t zeros = p->zeros < len - data ? p->zeros : len - data;

		good = EVP_DigestUpdate(ctx, p->data, data) == 1 && add_zeros(ctx, zeros);
		len -= data + zeros;
	}
	return good;
}

static bool matches(EVP_MD_CTX *ctx, EVP_MD_CTX *copy, const uint8_t *digest, size_t len)
{
	uint8_t out[EVP_MAX_MD_SIZE];

	return EVP_MD_CTX_copy_ex(copy, ctx) == 1 && EVP_DigestFinal_ex(copy, out, NULL) == 1 &&
	       memcmp(out, digest, len) == 0;
}

/* From total - fewer zeros on, one zero after another. */
static bool search(EVP_MD_CTX *ctx, const struct boot_event *event, size_t from, size_t steps,
	const uint8_t *digest, size_t digest_len, size_t *found)
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	bool good = copy && add_pieces(ctx, event, from), fits = false;

	for (size_t step = 0; good && !fits && step <= steps; step++) {
		fits = matches(ctx, copy, digest, digest_len);
		*found = step;
		good = add_zeros(ctx, 1);
	}
	EVP_MD_CTX_free(copy);
	return fits;
}

bool padding_fits(
	const struct boot_event *event, enum bank bank, const uint8_t *digest, long *zeros)
{
	const EVP_MD *md = EVP_get_digestbyname(bank_name(bank));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t total = 0, at_end = trailing_zeros(event), fewer, found = 0;
	bool fits;

	for (size_t i = 0; i < event->piece_count; i++)
		total += event->pieces[i].len + event->pieces[i].zeros;
	/* With very many zeros: all of them away, or up to PADDING_MAX. */
	fewer = at_end < PADDING_MAX ? at_end : PADDING_MAX;
	fits = ctx && md && event->piece_count && EVP_DigestInit_ex(ctx, md, NULL) == 1 &&
	       search(ctx, event, total - fewer, fewer + PADDING_MAX, digest, bank_len(bank),
		       &found);
	*zeros = (long)found - (long)fewer;
	if (!fits && fewer < at_end && event->piece_count && ctx && md) {
		fits = EVP_DigestInit_ex(ctx, md, NULL) == 1 &&
		       search(ctx, event, total - at_end, 0, digest, bank_len(bank), &found);
		*zeros = -(long)at_end;
	}
	EVP_MD_CTX_free(ctx);
	return fits;
}
