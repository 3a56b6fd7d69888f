/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/evidence/quote.h"

#include <string.h>
#include "tools/evidence/tpm/wire.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"

#define GENERATED_VALUE 0xFF544347u /* TPM_GENERATED_VALUE (Part 2, 6.2) */
#define ATTEST_QUOTE	0x8018u	    /* TPM_ST_ATTEST_QUOTE (Part 2, 6.9) */
#define NAME_MAX_LEN	68u	    /* a TPM2B_NAME's bytes (Part 2, 10.5.3) */
#define ALG_RSASSA	0x0014u
#define ALG_RSAPSS	0x0016u
#define ALG_ECDSA	0x0018u

/* The structures of the values' file: members as C lays them out with 4-byte alignment. */
#define LIST_ENTRY	8u  /* TPMS_PCR_SELECTION: u16, u8, u8[4], one unused */
#define DIGEST_ENTRY	66u /* TPM2B_DIGEST: u16, u8[64] */
#define DIGESTS_IN_LIST 8u
#define LIST_LEN	(4u + EVIDENCE_SELECTIONS * LIST_ENTRY)
#define DIGEST_LIST_LEN (4u + DIGESTS_IN_LIST * DIGEST_ENTRY)

static bool flaw_in(
	struct flaw *flaw, const struct cursor *in, const uint8_t *bytes, const char *reason)
{
	return flaw_at(flaw, (uint64_t)(in->at - bytes), reason);
}

/* TPML_PCR_SELECTION (Part 2, 10.9.7). */
static bool read_selections(struct cursor *in, struct quote *quote)
{
	quote->selection_count = tpm_u32(in);
	if (in->failed || quote->selection_count > EVIDENCE_SELECTIONS)
		return false;
	for (size_t i = 0; i < quote->selection_count; i++) {
		struct pcr_selection *s = &quote->selections[i];
		const uint8_t *bits;
		size_t len;

		*s = (struct pcr_selection){.alg = tpm_u16(in)};
		len = tpm_u8(in);
		bits = len <= 4 ? cursor_take(in, len) : NULL;
		if (!bits && len)
			return false;
		for (size_t b = 0; bits && b < len; b++)
			s->mask |= (uint32_t)bits[b] << (8 * b);
	}
	return !in->failed;
}

bool quote_read_message(struct quote *quote, const uint8_t *bytes, size_t len, struct flaw *flaw)
{
	struct cursor in = {bytes, len, false};
	const uint8_t *nonce, *digest;
	size_t ignored;

	if (len > QUOTE_MESSAGE_MAX)
		return flaw_at(flaw, QUOTE_MESSAGE_MAX, "it is longer than any quote");
	if (len < 6)
		return flaw_at(flaw, len, "it ends before its type");
	quote->is_quote = tpm_u32(&in) == GENERATED_VALUE && tpm_u16(&in) == ATTEST_QUOTE;
	memcpy(quote->message, bytes, len);
	quote->message_len = len;
	if (!quote->is_quote)
		return true;
	tpm_2b(&in, NAME_MAX_LEN, &ignored);
	nonce = tpm_2b(&in, QUOTE_NONCE_MAX, &quote->nonce_len);
	cursor_take(&in, 17 + 8); /* TPMS_CLOCK_INFO, firmwareVersion */
	if (in.failed)
		return flaw_in(flaw, &in, bytes, "the quote ends before its selection of PCRs");
	if (!read_selections(&in, quote))
		return flaw_in(flaw, &in, bytes, "the quote's selection of PCRs is malformed");
	digest = tpm_2b(&in, BANK_DIGEST_MAX, &quote->digest_len);
	if (!cursor_done(&in))
		return flaw_in(flaw, &in, bytes, "the quote's length does not fit its contents");
	if (quote->nonce_len)
		memcpy(quote->nonce, nonce, quote->nonce_len);
	if (quote->digest_len)
		memcpy(quote->digest, digest, quote->digest_len);
	return true;
}

bool quote_read_signature(struct quote *quote, const uint8_t *bytes, size_t len, struct flaw *flaw)
{
	struct cursor in = {bytes, len, false};
	size_t half = sizeof(quote->signature) / 2, first_len = 0, second_len = 0;
	const uint8_t *first, *second = NULL;

	quote->scheme = tpm_u16(&in);
	quote->hash = tpm_u16(&in);
	if (in.failed || (quote->scheme != ALG_RSASSA && quote->scheme != ALG_RSAPSS &&
				 quote->scheme != ALG_ECDSA))
		return flaw_at(flaw, 0, "it is no RSA or ECDSA signature as a TPM writes it");
	first = tpm_2b(&in, half, &first_len);
	if (quote->scheme == ALG_ECDSA)
		second = tpm_2b(&in, half, &second_len);
	if (!cursor_done(&in) || !first_len)
		return flaw_in(flaw, &in, bytes, "its length does not fit its contents");
	memcpy(quote->signature, first, first_len);
	if (second_len)
		memcpy(quote->signature + first_len, second, second_len);
	quote->signature_len = first_len + second_len;
	quote->second_len = second_len;
	return true;
}

/* Where the next value of a file with values stands. */
struct value_file {
	const uint8_t *bytes;
	uint32_t lists;
	uint32_t list, item;
};

static const uint8_t *next_digest(struct value_file *f, size_t *len)
{
	const uint8_t *list = f->bytes + LIST_LEN + 4 + f->list * DIGEST_LIST_LEN;
	const uint8_t *entry;

	if (f->list == f->lists)
		return NULL;
	if (f->item == le32(list)) {
		f->list++;
		f->item = 0;
		return next_digest(f, len);
	}
	if (f->item == DIGESTS_IN_LIST)
		return NULL;
	entry = list + 4 + f->item++ * DIGEST_ENTRY;
	*len = le16(entry);
	return entry + 2;
}

static bool take_values(struct value_file *f, const struct pcr_selection *s,
	struct register_values *values, struct flaw *flaw)
{
	enum bank bank;

	if (!bank_by_alg(s->alg, &bank))
		return flaw_at(flaw, 4, "it selects a bank that is not known here");
	for (unsigned pcr = 0; pcr < 32; pcr++) {
		const uint8_t *digest;
		size_t len = 0;

		if (!(s->mask >> pcr & 1))
			continue;
		if (pcr >= BOOT_PCRS)
			return flaw_at(flaw, 4, "it selects a PCR that does not exist");
		digest = next_digest(f, &len);
		if (!digest || len != bank_len(bank))
			return flaw_at(flaw, LIST_LEN + 4 + f->list * DIGEST_LIST_LEN,
				"its values are not those that it selects");
		if (!evidence_value(values, bank, pcr, digest))
			return flaw_at(flaw, (uint64_t)(digest - f->bytes), "a PCR has two values");
	}
	return true;
}

bool quote_values_are(const uint8_t *bytes, size_t len)
{
	return len >= LIST_LEN + 4 && le32(bytes) && le32(bytes) <= EVIDENCE_SELECTIONS;
}

static bool read_value_lists(
	struct evidence *evidence, struct value_file *f, size_t len, struct flaw *flaw)
{
	size_t ignored;

	for (size_t i = 0; i < evidence->selection_count; i++) {
		const uint8_t *at = f->bytes + 4 + i * LIST_ENTRY;
		struct pcr_selection *s = &evidence->selections[i];

		if (at[2] > 4)
			return flaw_at(flaw, 4 + i * LIST_ENTRY + 2, "a selection is too long");
		*s = (struct pcr_selection){.alg = le16(at)};
		for (unsigned b = 0; b < at[2]; b++)
			s->mask |= (uint32_t)at[3 + b] << (8 * b);
		if (!take_values(f, s, &evidence->values, flaw))
			return false;
	}
	if (next_digest(f, &ignored))
		return flaw_at(flaw, LIST_LEN + 4, "it has more values than it selects");
	return evidence->values.banks || flaw_at(flaw, len, "there is no PCR value in it");
}

bool quote_read_values(
	struct evidence *evidence, const uint8_t *bytes, size_t len, struct flaw *flaw)
{
	struct value_file f = {.bytes = bytes};

	evidence->values = (struct register_values){0};
	evidence->selection_count = 0;
	if (!quote_values_are(bytes, len))
		return flaw_at(flaw, 0, "it is no list of PCR values as tpm2_quote -o writes it");
	f.lists = le32(bytes + LIST_LEN);
	if (f.lists > EVIDENCE_FILE_MAX / DIGEST_LIST_LEN ||
		len != LIST_LEN + 4 + f.lists * DIGEST_LIST_LEN)
		return flaw_at(flaw, LIST_LEN, "its length does not fit its contents");
	evidence->selection_count = le32(bytes);
	return read_value_lists(evidence, &f, len, flaw);
}

static bool read_part(const char *path, struct quote *quote,
	bool (*read)(struct quote *, const uint8_t *, size_t, struct flaw *))
{
	struct mapped file;
	struct flaw flaw = {0};
	bool good;

	if (!file_map(path, &file))
		return false;
	good = read(quote, file.data, file.len, &flaw) || flaw_complain(path, &flaw);
	file_unmap(&file);
	return good;
}

bool quote_read(const struct quote_files *files, struct quote *quote)
{
	*quote = (struct quote){0};
	return read_part(files->message, quote, quote_read_message) &&
	       read_part(files->signature, quote, quote_read_signature) &&
	       read_part(files->key, quote, quote_read_key);
}

void quote_free(struct quote *quote)
{
	EVP_PKEY_free(quote->key);
	quote->key = NULL;
}
