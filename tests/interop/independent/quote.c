/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md 6.2: what TPM2_Quote makes, and its signature. */
#include "tests/interop/independent/session.h"

#include <openssl/ec.h>
#include <string.h>

static void put_selection(struct buf *out, const struct plan *p, unsigned bank, uint32_t mask)
{
	mask = (mask | p->mask_add) & ~p->mask_drop;
	put_uint(out, bank, 2);
	put_uint(out, p->select_len, 1);
	for (unsigned i = 0; i < p->select_len; i++)
		put_uint(out, i < 4 ? mask >> (8 * i) : 0, 1);
}

static void put_values(const struct session *s, struct buf *out)
{
	uint32_t bank = s->plan.quote_values ? s->plan.quote_values : s->bank;
	uint32_t mask = (s->mask | s->plan.mask_add) & ~s->plan.mask_drop;
	uint8_t value[HASH_MAX];

	for (unsigned n = 0; n < PCRS; n++) {
		if (!(mask >> n & 1))
			continue;
		pcr_value(s->m, bank, n, value);
		put_raw(out, value, hash_len(bank));
	}
}

static void put_attest(const struct session *s, struct span values, struct buf *out)
{
	const struct plan *p = &s->plan;
	uint8_t digest[64] = {0}, extra[64] = {0};

	memcpy(extra, s->rd, 32);
	extra[31] ^= (uint8_t)p->flip_extra;
	hash_of(HASH_SHA256, values.data, values.len, digest);
	digest[0] ^= (uint8_t)p->flip_digest;
	put_uint(out, p->magic, 4);
	put_uint(out, p->attest_type, 2);
	put_uint(out, p->signer_len, 2);
	put_fill(out, 7, p->signer_len);
	put_2b(out, extra, p->extra_len);
	put_uint(out, 123456, 8);
	put_uint(out, 3, 4);
	put_uint(out, 2, 4);
	put_uint(out, p->safe, 1);
	put_uint(out, 0x2020031200000001, 8);
	put_uint(out, p->selections, 4);
	if (p->selections)
		put_selection(out, p, p->bank ? p->bank : s->bank, s->mask);
	if (p->selections > 1)
		put_selection(out, p, p->second_bank, s->mask);
	put_2b(out, digest, p->digest_len);
	put_fill(out, 0, p->attest_more);
}

static void put_ecdsa(const struct plan *p, const uint8_t *der, size_t len, struct buf *out)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	uint8_t r[33] = {0}, *s = r;
	int n, front = p->zeros_in_front ? 32 : 0;

	need(pair != NULL, "a signature");
	n = front ? BN_bn2binpad(ECDSA_SIG_get0_r(pair), r, 32)
		  : BN_bn2bin(ECDSA_SIG_get0_r(pair), r);
	put_2b(out, r, p->no_r ? 0 : (size_t)n);
	memset(r, 0, sizeof(r));
	n = front	? BN_bn2binpad(ECDSA_SIG_get0_s(pair), s, 32)
	    : p->long_s ? BN_bn2binpad(ECDSA_SIG_get0_s(pair), s, 33)
			: BN_bn2bin(ECDSA_SIG_get0_s(pair), s);
	s[n - 1] ^= (uint8_t)p->flip_signature;
	put_2b(out, s, (size_t)n);
	ECDSA_SIG_free(pair);
}

static void put_signature(const struct session *s, struct span attest, struct buf *out)
{
	const struct plan *p = &s->plan;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t bytes[1024];
	size_t len = sizeof(bytes);

	need(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, s->m->ak) == 1 &&
			EVP_DigestSign(ctx, bytes, &len, attest.data, attest.len) == 1,
		"signing a quote");
	EVP_MD_CTX_free(ctx);
	put_uint(out, p->scheme, 2);
	put_uint(out, p->scheme_hash, 2);
	if (EVP_PKEY_is_a(s->m->ak, "RSA")) {
		bytes[len - 1] ^= (uint8_t)p->flip_signature;
		put_2b(out, bytes, len);
	} else {
		put_ecdsa(p, bytes, len, out);
	}
	put_fill(out, 0, p->signature_more);
}

static void put_certificates(const struct plan *p, struct buf *out)
{
	put_uint(out, p->certificates + p->chain_count, 1);
	for (uint32_t i = 0; i < p->certificates; i++)
		put_lp(out, "\x30", p->empty_certificate ? 0 : 1);
	if (p->chain)
		put_raw(out, p->chain->data, p->chain->len);
}

void make_quote(struct session *s, struct buf *out)
{
	const struct plan *p = &s->plan;
	struct buf values = {0}, attest = {0}, signature = {0}, log = {0};

	put_values(s, &values);
	put_attest(s, (struct span){values.data, values.len}, &attest);
	put_signature(s, (struct span){attest.data, attest.len}, &signature);
	make_log(s, &log);
	if (p->long_attest)
		put_fill(&attest, 0, 1025 - attest.len);
	values.data[0] ^= (uint8_t)p->flip_values;
	put_fill(&values, 0, p->values_more);
	put_lp(out, attest.data, p->no_attest ? 0 : attest.len);
	put_lp(out, signature.data, signature.len);
	put_lp(out, values.data, values.len - p->values_less);
	put_lp(out, log.data, log.len);
	put_certificates(p, out);
	put_fill(out, 0, p->item_more);
	buf_free(&values);
	buf_free(&attest);
	buf_free(&signature);
	buf_free(&log);
}
