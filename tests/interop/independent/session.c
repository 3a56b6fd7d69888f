/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/independent/session.h"

#include <openssl/rand.h>
#include <string.h>

bool session_send(struct session *s, unsigned type, const struct buf *body)
{
	const struct plan *p = &s->plan;
	bool first = type == EVIDENCE;
	struct buf frame = {0};
	bool sent;

	put_uint(&frame, 2 + body->len + (first ? p->frame_more : 0) - (first ? p->frame_less : 0),
		4);
	if (first && p->frame_long)
		frame.data[1] = 0x04; /* 262144 and more */
	put_uint(&frame, first ? p->frame_type : type, 1);
	put_uint(&frame, first ? p->frame_version : 1, 1);
	put_raw(&frame, body->data, body->len);
	put_fill(&frame, 0, first ? p->behind : 0);
	sent = link_send(&s->l, frame.data, frame.len);
	buf_free(&frame);
	return sent;
}

unsigned session_open(struct session *s, const struct service *to, const struct machine *m,
	const struct plan *plan)
{
	struct reader r;

	*s = (struct session){.m = m, .plan = *plan, .kem = EVP_EC_gen("P-256")};
	need(s->kem && RAND_bytes(s->nonce_a, 32) == 1, "a key of the connection");
	link_open(&s->l, to->port, to->pin, &plan->how);
	if (link_frame(&s->l, &s->in) != HELLO)
		return ENDED;
	r = (struct reader){{s->in.data, s->in.len}, false};
	memcpy(s->nonce_v, take_raw(&r, 32).data, 32);
	s->service_time_s = take_uint(&r, 8);
	s->epoch = (uint32_t)take_uint(&r, 4);
	s->bank = (uint32_t)take_uint(&r, 2);
	s->mask = (uint32_t)take_uint(&r, 4);
	s->types = (uint32_t)take_uint(&r, 4);
	need(take_uint(&r, 1) == 1, "a purpose other than join");
	need(reader_done(&r) && (s->bank == HASH_SHA256 || s->bank == HASH_SHA384) &&
			(s->mask & 0x8f) == 0x8f && s->mask < 1u << PCRS && s->types,
		"HELLO");
	return GOOD;
}

void session_close(struct session *s)
{
	link_close(&s->l);
	EVP_PKEY_free(s->kem);
	buf_free(&s->in);
	buf_free(&s->claims);
	buf_free(&s->own_evidence);
}

bool session_send_evidence(struct session *s)
{
	struct buf body = {0};
	bool sent;

	make_claims(s);
	make_rd(s);
	make_evidence(s, &body);
	sent = session_send(s, EVIDENCE, &body);
	buf_free(&body);
	return sent;
}

/* Sections 4 and 8: a DENY is well formed and says whether to come again. */
static unsigned read_denial(struct session *s)
{
	struct reader r = {{s->in.data, s->in.len}, false};
	unsigned code = (unsigned)take_uint(&r, 2);
	struct span text;

	s->retry_ms = (uint32_t)take_uint(&r, 4);
	text = take_lp(&r, 256);
	need(reader_done(&r) && code >= 600 && code <= 649, "the form of a DENY");
	need((s->retry_ms != 0) == (code == 602 || code == 617 || code == 622), "retry_after_ms");
	for (size_t i = 0; i < text.len; i++)
		need(text.data[i] >= 0x20 && text.data[i] <= 0x7e, "the text of a DENY");
	return code;
}

static bool send_proof(struct session *s)
{
	struct reader r = {{s->in.data, s->in.len}, false};
	struct span credential = take_lp(&r, 512), encrypted = take_lp(&r, 512);
	uint8_t secret[33] = {0};
	struct buf body = {0};
	bool sent;

	need(reader_done(&r) && credential.len && encrypted.len, "CHALLENGE");
	need(machine_activate(s->m, credential, encrypted, secret) == 32, "activation");
	secret[0] ^= (uint8_t)s->plan.flip_secret;
	put_lp(&body, secret, s->plan.secret_len);
	put_fill(&body, 0, s->plan.proof_more);
	sent = session_send(s, s->plan.proof_type, &body);
	buf_free(&body);
	return sent;
}

/* Section 7: `wrapped` opens with the key of this connection, under rd and the grant's fields. */
static void unwrap(struct session *s, struct span aad, struct span wrapped)
{
	static const char label[] = "protostar wrap v1";
	uint8_t z[HASH_MAX], key[32], own[POINT_MAX], *plain = OPENSSL_malloc(wrapped.len);
	EVP_PKEY *eph = key_of_point("P-256", wrapped.data, 65);
	struct reader r = {{plain, wrapped.len - 65 - 16}, false};
	struct buf info = {0};
	struct span next;

	need(plain && eph && wrapped.len >= 65 + 16 + 40, "wrapped");
	put_raw(&info, label, sizeof(label) - 1);
	put_raw(&info, wrapped.data, 65);
	put_raw(&info, own, point_of(s->kem, own));
	hkdf((struct span){s->rd, 32}, (struct span){z, share(s->kem, eph, z)},
		(struct span){info.data, info.len}, key);
	need(gcm_open(key, aad, (struct span){wrapped.data + 65, wrapped.len - 65}, plain),
		"the grant does not open");
	memcpy(s->disk_key, take_raw(&r, 32).data, 32);
	next = take_lp(&r, 32);
	need(next.len == (s->next_version ? 32 : 0), "a next key exactly with a next version");
	if (next.len)
		memcpy(s->next_key, next.data, 32);
	s->join_material_len = take_lp(&r, 65536).len;
	need(reader_done(&r), "grant_secrets");
	buf_free(&info);
	EVP_PKEY_free(eph);
	OPENSSL_free(plain);
}

static unsigned read_grant(struct session *s)
{
	static const uint8_t zero[32];
	struct reader r = {{s->in.data, s->in.len}, false};
	struct span role, own, aad = r.left;

	s->action = (uint32_t)take_uint(&r, 1);
	s->key_version = (uint32_t)take_uint(&r, 4);
	s->generation = take_uint(&r, 8);
	memcpy(s->header_mac, take_raw(&r, 32).data, 32);
	s->next_version = (uint32_t)take_uint(&r, 4);
	memcpy(s->next_header_mac, take_raw(&r, 32).data, 32);
	need(s->next_version ? s->action == OPEN && s->next_version > s->key_version
			     : memcmp(s->next_header_mac, zero, 32) == 0,
		"the next version of a GRANT");
	s->set_epoch = (uint32_t)take_uint(&r, 4);
	role = take_lp(&r, 64);
	memcpy(s->role, role.data, role.len);
	own = take_lp(&r, 4096);
	put_raw(&s->own_evidence, own.data, own.len);
	need(!r.bad && (own.len != 0) == (s->plan.wants == 1) && s->action >= FORMAT &&
			s->action <= OVERWRITE,
		"GRANT");
	need((s->action == OPEN) == (memcmp(s->header_mac, zero, 32) != 0) &&
			(s->action != OPEN || s->generation),
		"header_mac and generation of a GRANT");
	aad.len -= r.left.len; /* the body up to here is grant_aad, byte for byte */
	unwrap(s, aad, take_lp(&r, 67072));
	need(reader_done(&r), "the end of a GRANT");
	return GOOD;
}

unsigned session_answer(struct session *s)
{
	unsigned type = link_frame(&s->l, &s->in);

	if (type == CHALLENGE && !s->challenged) {
		s->challenged = true;
		return send_proof(s) ? session_answer(s) : ENDED;
	}
	if (type == DENY)
		return read_denial(s);
	if (type == GRANT)
		return read_grant(s);
	need(type == 0, "a frame that is not due");
	return ENDED;
}

unsigned session_join(struct session *s)
{
	return session_send_evidence(s) ? session_answer(s) : ENDED;
}

/*
 * The header of this client's disks: 1 MiB, each byte the low bits of its offset's remainder. The
 * one for another key has the same bytes: a service sees MACs alone.
 */
static void header_mac(
	const struct session *s, const uint8_t disk_key[32], uint64_t generation, uint8_t out[32])
{
	static const char label[] = "protostar header v1";
	uint8_t key[32];
	struct buf in = {0};

	hkdf((struct span){(const uint8_t *)label, sizeof(label) - 1}, (struct span){disk_key, 32},
		(struct span){s->m->disk, DISK_LEN}, key);
	put_uint(&in, generation, 8);
	put_raw(&in, s->m->disk, DISK_LEN);
	for (size_t i = 0; i < 1u << 20; i++)
		put_uint(&in, i % 251, 1);
	hmac_of(HASH_SHA256, (struct span){key, 32}, (struct span){in.data, in.len}, out);
	buf_free(&in);
}

static void read_ack(struct session *s)
{
	struct reader r = {{s->in.data, s->in.len}, false};
	struct span der = take_lp(&r, 4096);

	need(reader_done(&r), "ACK");
	memcpy(s->certificate, der.data ? der.data : (const uint8_t *)"", der.len);
	s->certificate_len = der.len;
}

void session_first(const struct session *s, struct commit *out)
{
	uint64_t next = s->generation + 1;

	*out = (struct commit){.action = s->action,
		.generation = next,
		.key_version = s->key_version,
		.next_version = s->next_version};
	header_mac(s, s->disk_key, next, out->header_mac);
	if (s->next_version)
		header_mac(s, s->next_key, next, out->next_header_mac);
}

void session_second(const struct session *s, struct commit *out)
{
	*out = (struct commit){
		.action = OPEN, .generation = s->generation + 2, .key_version = s->next_version};
	header_mac(s, s->next_key, out->generation, out->header_mac);
}

unsigned session_send_commit(struct session *s, const struct commit *c)
{
	struct buf body = {0};
	unsigned type;

	put_uint(&body, c->action, 1);
	put_uint(&body, c->generation, 8);
	put_uint(&body, c->key_version, 4);
	put_raw(&body, c->header_mac, 32);
	put_uint(&body, c->next_version, 4);
	put_raw(&body, c->next_header_mac, 32);
	put_fill(&body, 0, s->plan.commit_more);
	type = session_send(s, s->plan.commit_type, &body) ? link_frame(&s->l, &s->in) : 0;
	buf_free(&body);
	if (type == ACK)
		read_ack(s);
	return type == ACK ? GOOD : type == DENY ? read_denial(s) : ENDED;
}

unsigned session_commit(struct session *s)
{
	const struct plan *p = &s->plan;
	uint8_t mac[32];
	struct commit c;

	if (s->action == OPEN) {
		header_mac(s, s->disk_key, s->generation, mac);
		need(memcmp(mac, s->header_mac, 32) == 0, "the MAC of the header in a GRANT");
	}
	session_first(s, &c);
	c.action = p->commit_action ? p->commit_action : c.action;
	c.generation += p->commit_add;
	header_mac(s, s->disk_key, c.generation, c.header_mac);
	if (p->commit_no_mac)
		memset(c.header_mac, 0, 32);
	return session_send_commit(s, &c);
}

unsigned session_whole(const struct service *to, const struct machine *m, const struct plan *plan)
{
	struct session s;
	unsigned outcome = session_open(&s, to, m, plan);

	if (outcome == GOOD)
		outcome = session_join(&s);
	if (outcome == GOOD)
		outcome = session_commit(&s);
	session_close(&s);
	return outcome;
}
