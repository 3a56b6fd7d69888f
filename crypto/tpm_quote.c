/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/errors.h"
#include "crypto/tpm_evidence.h"

#include <string.h>
#include "crypto/digest.h"
#include "crypto/tpm_wire.h"

#define ALG_ECDSA	0x0018u
#define GENERATED_VALUE 0xFF544347u /* TPM_GENERATED_VALUE (Part 2, 6.2) */
#define ATTEST_QUOTE	0x8018u	    /* TPM_ST_ATTEST_QUOTE (Part 2, 6.9) */

#define NAME_MAX_LEN   66u /* a Name with SHA-512 */
#define PCR_SELECT_MIN 3u
#define PCR_SELECT_MAX 4u

/* TPMS_ATTEST of a quote (Part 2, 10.12.12), borrowed from the bytes it was read from. */
struct attest {
	const uint8_t *extra_data;
	size_t extra_data_len;
	uint32_t selections;
	const uint8_t *pcr_digest;
	size_t pcr_digest_len;
	struct tpm_quote quote;
};

/* TPMT_SIGNATURE (Part 2, 11.3.4) over the SHA-256 of the quote. */
static bool signature_good(const struct tpm_public *ak, const uint8_t *attest, size_t attest_len,
	const uint8_t *signature, size_t signature_len)
{
	struct cursor in = {signature, signature_len, false};
	uint8_t sig[P256_SIG_LEN], digest[SHA256_LEN];
	uint16_t scheme = tpm_u16(&in), hash = tpm_u16(&in);

	tpm_2b_uint(&in, sig, 32);
	tpm_2b_uint(&in, sig + 32, 32);
	if (!cursor_done(&in) || scheme != ALG_ECDSA || hash != DIGEST_SHA256)
		return false;
	sha256(attest, attest_len, digest);
	return key_verify(ak->pub, digest, sig);
}

/* TPML_PCR_SELECTION (Part 2, 10.9.7): the count, and the selection when it is the only one. */
static void parse_selection(struct cursor *in, struct attest *out)
{
	size_t len;
	const uint8_t *bits;

	out->selections = tpm_u32(in);
	if (out->selections != 1)
		return;
	out->quote.bank = tpm_u16(in);
	len = tpm_u8(in);
	if (len < PCR_SELECT_MIN || len > PCR_SELECT_MAX)
		in->failed = true;
	bits = cursor_take(in, len);
	for (size_t i = 0; bits && i < len; i++)
		out->quote.pcr_mask |= (uint32_t)bits[i] << (8 * i);
}

/* What follows magic and type. With another number of selections than one the rest stays unread. */
static bool parse_attest(struct cursor *in, struct attest *out)
{
	size_t signer_len;

	memset(out, 0, sizeof(*out));
	tpm_2b(in, NAME_MAX_LEN, &signer_len);
	out->extra_data = tpm_2b(in, DIGEST_MAX, &out->extra_data_len);
	out->quote.clock_ms = tpm_u64(in);
	out->quote.reset_count = tpm_u32(in);
	out->quote.restart_count = tpm_u32(in);
	out->quote.clock_safe = tpm_u8(in);
	tpm_u64(in); /* firmwareVersion */
	parse_selection(in, out);
	if (in->failed || out->quote.clock_safe > 1)
		return false;
	if (out->selections != 1)
		return true;
	out->pcr_digest = tpm_2b(in, DIGEST_MAX, &out->pcr_digest_len);
	return cursor_done(in);
}

static bool digest_matches(const struct attest *a, const uint8_t *pcr_values, size_t len)
{
	size_t want = (size_t)__builtin_popcount(a->quote.pcr_mask) * digest_len(a->quote.bank);
	uint8_t digest[SHA256_LEN];

	if (len != want || a->pcr_digest_len != sizeof(digest))
		return false;
	sha256(pcr_values, len, digest);
	return equal_ct(digest, a->pcr_digest, sizeof(digest));
}

struct status tpm_quote_check(const struct tpm_public *ak, const uint8_t rd[32], uint16_t bank,
	uint32_t pcr_mask, const uint8_t *attest, size_t attest_len, const uint8_t *signature,
	size_t signature_len, const uint8_t *pcr_values, size_t pcr_values_len,
	struct tpm_quote *out)
{
	struct cursor in = {attest, attest_len, false};
	struct attest a;

	if (!signature_good(ak, attest, attest_len, signature, signature_len))
		return fail(E_TPM_QUOTE_SIG);
	if (tpm_u32(&in) != GENERATED_VALUE || tpm_u16(&in) != ATTEST_QUOTE)
		return fail(E_TPM_QUOTE_TYPE);
	if (!parse_attest(&in, &a))
		return fail(E_TPM_QUOTE_FORM);
	if (a.extra_data_len != 32 || !equal_ct(a.extra_data, rd, 32))
		return fail(E_TPM_QUOTE_RD);
	if (a.selections != 1 || a.quote.bank != bank || a.quote.pcr_mask != pcr_mask)
		return fail(E_TPM_QUOTE_PCRS);
	if (!digest_matches(&a, pcr_values, pcr_values_len))
		return fail(E_TPM_QUOTE_DIGEST);
	memcpy(a.quote.pcr_digest, a.pcr_digest, sizeof(a.quote.pcr_digest));
	*out = a.quote;
	return OK;
}
