/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/join/service_evidence.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "early/contract/errors.h"

/* PROTOCOL.md, sections 6.1 and 6.2. */
#define ALG_SHA256    0x000Bu
#define ALG_ECDSA     0x0018u
#define ATTEST_MAGIC  0xFF544347u
#define ATTEST_QUOTE  0x8018u
#define NAME_MAX_LEN  66u
#define SELECT_LEN    3u
#define AK_TAIL_BYTES 12u /* symmetric, scheme, hash, curve, kdf and the length of x */

/* A field with a length of two bytes, min to max. */
static struct span get_2b(struct cursor *r, size_t min, size_t max)
{
	struct span s = {.len = wire_get_u16(r)};

	if (s.len < min || s.len > max)
		r->failed = true;
	s.data = cursor_take(r, s.len);
	return s;
}

/* An integer of a curve, to 32 bytes. */
static void get_scalar(struct cursor *r, uint8_t out[32])
{
	struct span s = get_2b(r, 1, 32);

	memset(out, 0, 32);
	if (!r->failed)
		memcpy(out + 32 - s.len, s.data, s.len);
}

/* The point of a TPMT_PUBLIC whose hash is the expected one: that hash says what it is. */
static bool ak_point(struct span area, uint8_t pub[P256_PUB_LEN])
{
	struct cursor r;

	wire_read_start(&r, area.data, area.len);
	wire_skip(&r, 2 + 2 + 4);
	(void)get_2b(&r, 0, 64);
	wire_skip(&r, AK_TAIL_BYTES - 2);
	pub[0] = 0x04;
	get_scalar(&r, pub + 1);
	get_scalar(&r, pub + 33);
	return wire_read_done(&r);
}

static bool signed_by(const uint8_t pub[P256_PUB_LEN], struct span attest, struct span signature)
{
	uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];
	struct cursor r;

	wire_read_start(&r, signature.data, signature.len);
	if (wire_get_u16(&r) != ALG_ECDSA || wire_get_u16(&r) != ALG_SHA256)
		return false;
	get_scalar(&r, sig);
	get_scalar(&r, sig + 32);
	sha256(attest.data, attest.len, digest);
	return wire_read_done(&r) && key_verify(pub, digest, sig);
}

/* A digest of 32 bytes; zeros when it has another length. */
static void get_digest(struct cursor *r, uint8_t out[SHA256_LEN])
{
	if (wire_get_u16(r) != SHA256_LEN)
		r->failed = true;
	wire_get_bytes(r, out, SHA256_LEN);
}

struct quote {
	uint8_t extra_data[SHA256_LEN], pcr_digest[SHA256_LEN];
	uint16_t bank;
	uint32_t pcr_mask;
};

static bool quote_get(struct span attest, struct quote *out)
{
	uint8_t select[SELECT_LEN], select_len;
	struct cursor r;
	bool good;

	wire_read_start(&r, attest.data, attest.len);
	good = wire_get_u32(&r) == ATTEST_MAGIC && wire_get_u16(&r) == ATTEST_QUOTE;
	(void)get_2b(&r, 0, NAME_MAX_LEN);
	get_digest(&r, out->extra_data);
	wire_skip(&r, 8 + 4 + 4 + 1 + 8);
	good = good && wire_get_u32(&r) == 1;
	out->bank = wire_get_u16(&r);
	select_len = wire_get_u8(&r);
	wire_get_bytes(&r, select, sizeof(select));
	/* A fourth byte stands for PCRs that there are not. */
	if (select_len == SELECT_LEN + 1)
		good = good && wire_get_u8(&r) == 0;
	else
		good = good && select_len == SELECT_LEN;
	out->pcr_mask = (uint32_t)select[0] | (uint32_t)select[1] << 8 | (uint32_t)select[2] << 16;
	get_digest(&r, out->pcr_digest);
	return good && wire_read_done(&r);
}

struct status service_evidence_check(
	const struct service_wanted *wanted, struct span evidence, const uint8_t rd[RD_LEN])
{
	uint8_t hash[SHA256_LEN], pub[P256_PUB_LEN];
	struct service_evidence e;
	struct quote q;

	if (!service_evidence_get(evidence, &e))
		return fail(E_SERVICE_FORM);
	sha256(e.ak_pub.data, e.ak_pub.len, hash);
	if (memcmp(hash, wanted->ak, SHA256_LEN) != 0)
		return fail(E_SERVICE_AK);
	if (!ak_point(e.ak_pub, pub) || !signed_by(pub, e.attest, e.signature))
		return fail(E_SERVICE_SIGNATURE);
	if (!quote_get(e.attest, &q))
		return fail(E_SERVICE_QUOTE);
	if (memcmp(q.extra_data, rd, RD_LEN) != 0)
		return fail(E_SERVICE_CONNECTION);
	if (q.bank != ALG_SHA256 || q.pcr_mask != wanted->pcr_mask)
		return fail(E_SERVICE_SELECTION);
	if (memcmp(q.pcr_digest, wanted->pcr_digest, SHA256_LEN) != 0)
		return fail(E_SERVICE_PCRS);
	return OK;
}
