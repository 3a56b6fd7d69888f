/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a quote proves PCR values. */
#include <openssl/crypto.h>
#include <string.h>
#include "tools/measure/evidence/quote.h"

static const struct {
	const char *name, *text;
} problems[QUOTE_PROBLEM_COUNT] = {
	[QUOTE_GOOD] = {"good", "the quote is signed by the key and covers the values"},
	[QUOTE_SIGNATURE] = {"signature", "the signature is not this key's over this quote"},
	[QUOTE_KEY] = {"key", "the key is not restricted to what its TPM made: it would sign a "
			      "quote that somebody made up"},
	[QUOTE_TYPE] = {"type", "what was signed is no quote of a TPM"},
	[QUOTE_NONCE] = {"nonce", "the quote answers another nonce than the one given"},
	[QUOTE_SELECTION] = {"selection", "the quote selects other PCRs than there are values of"},
	[QUOTE_DIGEST] = {"digest", "the values are not those that were quoted"},
};

const char *quote_problem_name(enum quote_problem problem)
{
	return problems[problem].name;
}

const char *quote_problem_text(enum quote_problem problem)
{
	return problems[problem].text;
}

bool quote_same_selection(const struct quote *quote, const struct evidence *evidence)
{
	if (evidence->selection_count != quote->selection_count)
		return false;
	for (size_t i = 0; i < quote->selection_count; i++)
		if (evidence->selections[i].alg != quote->selections[i].alg ||
			evidence->selections[i].mask != quote->selections[i].mask)
			return false;
	return true;
}

uint32_t quote_covers(const struct quote *quote, enum bank bank)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < quote->selection_count; i++)
		if (quote->selections[i].alg == bank_alg(bank))
			mask |= quote->selections[i].mask;
	return mask;
}

/* The digest is of the values one after another, hashed by the signature's algorithm (Part 3,
 * TPM2_Quote). */
static enum quote_problem check_values(
	const struct quote *quote, const struct register_values *values)
{
	struct bytes all = {0};
	uint8_t digest[BANK_DIGEST_MAX];
	enum bank bank, by;
	bool there = true, good;

	if (!bank_by_alg(quote->hash, &by) || quote->digest_len != bank_len(by))
		return QUOTE_DIGEST;
	for (size_t i = 0; i < quote->selection_count; i++) {
		const struct pcr_selection *s = &quote->selections[i];

		if (!s->mask)
			continue;
		if (!bank_by_alg(s->alg, &bank) || s->mask & ~values->known[bank])
			there = false;
		for (unsigned pcr = 0; there && pcr < BOOT_PCRS; pcr++)
			if (s->mask >> pcr & 1)
				bytes_add(&all, values->pcr[bank][pcr], bank_len(bank));
	}
	bank_hash(by, all.data, all.len, digest);
	good = all.len && CRYPTO_memcmp(digest, quote->digest, quote->digest_len) == 0;
	bytes_free(&all);
	return !there ? QUOTE_SELECTION : good ? QUOTE_GOOD : QUOTE_DIGEST;
}

enum quote_problem quote_check(const struct quote *quote, const uint8_t *nonce, size_t nonce_len,
	const struct register_values *values)
{
	if (!quote_signature_good(quote))
		return QUOTE_SIGNATURE;
	if (quote->key_told && !quote->key_restricted)
		return QUOTE_KEY;
	if (!quote->is_quote)
		return QUOTE_TYPE;
	if (nonce && (nonce_len != quote->nonce_len ||
			     CRYPTO_memcmp(nonce, quote->nonce, nonce_len) != 0))
		return QUOTE_NONCE;
	return check_values(quote, values);
}
