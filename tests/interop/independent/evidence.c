/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md sections 4 and 6: claims, rd, the body of EVIDENCE. */
#include "tests/interop/independent/session.h"

#include <string.h>

void plan_init(struct plan *p, const struct machine *m)
{
	*p = (struct plan){.frame_type = EVIDENCE,
		.frame_version = 1,
		.purpose = 1,
		.count = 1,
		.item_type = 1,
		.version_len = 14,
		.version_byte = 'v',
		.contents = 1,
		.kem_form = 4,
		.ak = m->ak_area,
		.ek = m->ek_area,
		.magic = 0xff544347,
		.attest_type = 0x8018,
		.signer_len = 34,
		.extra_len = 32,
		.safe = 1,
		.selections = 1,
		.select_len = 3,
		.digest_len = 32,
		.scheme = m->ak_area.scheme,
		.scheme_hash = HASH_SHA256,
		.role = 1,
		.rd_purpose = 1,
		.secret_len = 32,
		.proof_type = PROOF,
		.commit_type = COMMIT};
}

static void put_area(struct buf *out, const struct area *a, EVP_PKEY *key, bool absent, bool longer)
{
	struct buf area = {0};

	if (!absent)
		area_put(&area, a, key);
	if (longer)
		put_fill(&area, 0, 1025 - area.len);
	put_lp(out, area.data, area.len);
	buf_free(&area);
}

void make_claims(struct session *s)
{
	const struct plan *p = &s->plan;
	uint8_t point[POINT_MAX];
	struct buf *out = &s->claims;

	point_of(s->kem, point);
	point[0] = (uint8_t)p->kem_form;
	point[64] ^= (uint8_t)p->flip_kem;
	put_uint(out, p->version_len, 4);
	put_fill(out, (uint8_t)p->version_byte, p->version_len);
	if (p->no_disk)
		put_fill(out, 0, DISK_LEN);
	else
		put_raw(out, s->m->disk, DISK_LEN);
	put_uint(out, p->contents, 1);
	put_area(out, &p->ak, s->m->ak, p->no_ak, p->long_ak);
	put_area(out, &p->ek, s->m->ek, p->no_ek, p->long_ek);
	put_raw(out, point, 65);
	put_uint(out, 0, 4);
	put_fill(out, 0, p->claims_more);
	if (p->long_claims)
		put_fill(out, 0, 4097 - out->len);
}

static void put_flipped(struct buf *out, const uint8_t *data, size_t len, uint32_t flip, bool lp)
{
	if (lp)
		put_uint(out, len, 4);
	put_raw(out, data, len);
	out->data[out->len - 1] ^= (uint8_t)flip;
}

void make_rd(struct session *s)
{
	static const uint8_t label[16] = "protostar-rd-v1";
	const struct plan *p = &s->plan;
	struct buf in = {0};

	put_raw(&in, label, 16);
	in.data[0] ^= (uint8_t)p->flip_label;
	put_uint(&in, p->role, 1);
	put_uint(&in, p->rd_purpose, 1);
	put_flipped(&in, p->swap_spki ? s->l.peer : s->l.own, SPKI_LEN, p->flip_spki_self, true);
	put_flipped(&in, p->swap_spki ? s->l.own : s->l.peer, SPKI_LEN, p->flip_spki_peer, true);
	put_flipped(&in, s->l.binder, 32, p->flip_binder, false);
	put_flipped(&in, p->swap_nonces ? s->nonce_a : s->nonce_v, 32, p->flip_nonce_v, false);
	put_flipped(&in, p->swap_nonces ? s->nonce_v : s->nonce_a, 32, p->flip_nonce_a, false);
	put_flipped(&in, s->claims.data, s->claims.len, p->flip_claims, true);
	hash_of(HASH_SHA256, in.data, in.len, s->rd);
	buf_free(&in);
}

static void put_quote_item(struct session *s, struct buf *out)
{
	struct buf item = {0};

	make_quote(s, &item);
	put_uint(out, s->plan.item_type, 2);
	put_lp(out, item.data, item.len);
	buf_free(&item);
}

/* Of the form of its type; what is in it is all zero. */
static void put_other_item(struct buf *out, unsigned type)
{
	struct buf item = {0};

	if (type == 2 || type == 5) {
		put_fill(&item, 0, 1184);
		put_uint(&item, 0, 4);
	} else if (type == 3 || type == 4) {
		put_lp(&item, "q", 1);
	}
	if (type == 4)
		put_uint(&item, 0, 4);
	if (type == 5)
		put_lp(&item, "m", 1);
	put_uint(out, type, 2);
	put_lp(out, item.data, item.len);
	buf_free(&item);
}

static void put_item(struct session *s, struct buf *out, unsigned type)
{
	if (type == 1)
		put_quote_item(s, out);
	else
		put_other_item(out, type);
}

void make_evidence(struct session *s, struct buf *out)
{
	const struct plan *p = &s->plan;
	unsigned order_len = 0;

	while (order_len < 8 && p->order >> (4 * order_len))
		order_len++;
	put_uint(out, p->purpose, 1);
	put_raw(out, s->nonce_a, 32);
	put_uint(out, p->wants, 1);
	put_lp(out, s->claims.data, s->claims.len);
	put_uint(out, p->count + (order_len ? order_len - 1 : 0), 1);
	for (unsigned i = order_len; i--;)
		put_item(s, out, p->order >> (4 * i) & 0xf);
	if (!order_len && !p->no_item)
		put_quote_item(s, out);
	put_fill(out, 0, p->more);
}
