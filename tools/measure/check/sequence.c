/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/check/sequence.h"

#include <string.h>

bool sequence_add(struct sequence *sequence, const uint8_t *digest)
{
	if (sequence->count == SEQUENCE_MAX)
		return false;
	sequence->digest[sequence->count++] = digest;
	return true;
}

static void extend(const struct sequence *s, uint8_t *value, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		bank_extend(s->bank, value, s->digest[i]);
}

static bool same(const struct sequence *s, const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, bank_len(s->bank)) == 0;
}

void sequence_value(const struct sequence *sequence, uint8_t *value)
{
	memcpy(value, sequence->start, BANK_DIGEST_MAX);
	extend(sequence, value, 0, sequence->count);
}

bool sequence_leads_to(const struct sequence *sequence, const uint8_t *value)
{
	uint8_t at_end[BANK_DIGEST_MAX];

	sequence_value(sequence, at_end);
	return same(sequence, at_end, value);
}

bool sequence_prefix(const struct sequence *sequence, const uint8_t *value, size_t *count)
{
	uint8_t at[BANK_DIGEST_MAX];

	memcpy(at, sequence->start, sizeof(at));
	for (size_t i = 0; i < sequence->count; i++) {
		if (same(sequence, at, value)) {
			*count = i;
			return true;
		}
		bank_extend(sequence->bank, at, sequence->digest[i]);
	}
	return false;
}

bool sequence_without(
	const struct sequence *sequence, const uint8_t *value, size_t *first, size_t *count)
{
	if (sequence->count > SEQUENCE_DEEP)
		return false;
	for (size_t len = 1; len <= sequence->count; len++) {
		uint8_t before[BANK_DIGEST_MAX], at[BANK_DIGEST_MAX];

		memcpy(before, sequence->start, sizeof(before));
		for (size_t i = 0; i + len <= sequence->count; i++) {
			memcpy(at, before, sizeof(at));
			extend(sequence, at, i + len, sequence->count);
			if (same(sequence, at, value)) {
				*first = i;
				*count = len;
				return true;
			}
			bank_extend(sequence->bank, before, sequence->digest[i]);
		}
	}
	return false;
}

bool sequence_with(const struct sequence *sequence, const uint8_t *value,
	const uint8_t *const *extra, size_t extra_count, size_t *before)
{
	uint8_t head[BANK_DIGEST_MAX], at[BANK_DIGEST_MAX];

	if (sequence->count > SEQUENCE_DEEP)
		return false;
	memcpy(head, sequence->start, sizeof(head));
	for (size_t i = 0; i <= sequence->count; i++) {
		memcpy(at, head, sizeof(at));
		for (size_t e = 0; e < extra_count; e++)
			bank_extend(sequence->bank, at, extra[e]);
		extend(sequence, at, i, sequence->count);
		if (same(sequence, at, value)) {
			*before = i;
			return true;
		}
		if (i < sequence->count)
			bank_extend(sequence->bank, head, sequence->digest[i]);
	}
	return false;
}

bool sequence_replaced(
	const struct sequence *sequence, const uint8_t *value, size_t index, const uint8_t *digest)
{
	uint8_t at[BANK_DIGEST_MAX];

	memcpy(at, sequence->start, sizeof(at));
	extend(sequence, at, 0, index);
	bank_extend(sequence->bank, at, digest);
	extend(sequence, at, index + 1, sequence->count);
	return same(sequence, at, value);
}
