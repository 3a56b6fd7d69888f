/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The node's side: what it sends and what it reads; and what both sides hash or seal under. */
#include "early/contract/frame.h"

#include <string.h>

void claims_put(struct wire_writer *w, const struct msg_claims *m)
{
	if (!claims_valid(m))
		w->failed = true;
	wire_put_field(w, m->version, 1, VERSION_TEXT_MAX);
	wire_put_bytes(w, m->disk_id, DISK_ID_LEN);
	wire_put_u8(w, m->contents);
	wire_put_field(w, m->ak_pub, 0, TPM_PUB_MAX);
	wire_put_field(w, m->ek_pub, 0, TPM_PUB_MAX);
	wire_put_bytes(w, m->kem_pub, KEM_PUB_LEN);
	wire_put_field(w, m->mlkem_pub, 0, MLKEM_PUB_LEN);
}

void rd_input_put(struct wire_writer *w, const struct rd_input *in)
{
	static const uint8_t label[16] = "protostar-rd-v1";

	wire_put_bytes(w, label, sizeof(label));
	wire_put_u8(w, in->role);
	wire_put_u8(w, in->purpose);
	wire_put_field(w, in->spki_self, 0, SPKI_MAX);
	wire_put_field(w, in->spki_peer, 0, SPKI_MAX);
	wire_put_bytes(w, in->binder, BINDER_LEN);
	wire_put_bytes(w, in->nonce_v, NONCE_LEN);
	wire_put_bytes(w, in->nonce_a, NONCE_LEN);
	wire_put_field(w, in->claims, 0, CLAIMS_MAX);
}

void grant_aad_put(struct wire_writer *w, const struct msg_grant *m)
{
	wire_put_u8(w, m->action);
	wire_put_u32(w, m->key_version);
	wire_put_u64(w, m->generation);
	wire_put_bytes(w, m->header_mac, HEADER_MAC_LEN);
	wire_put_u32(w, m->next_version);
	wire_put_bytes(w, m->next_header_mac, HEADER_MAC_LEN);
	wire_put_u32(w, m->policy_epoch);
	wire_put_field(w, m->role, 0, ROLE_TEXT_MAX);
	wire_put_field(w, m->service_evidence, 0, SERVICE_EVIDENCE_MAX);
}

bool message_get_hello(struct span body, struct msg_hello *out)
{
	struct cursor r;
	struct msg_hello m;

	wire_read_start(&r, body.data, body.len);
	wire_get_bytes(&r, m.nonce_v, NONCE_LEN);
	m.server_time_s = wire_get_u64(&r);
	m.policy_epoch = wire_get_u32(&r);
	m.bank = wire_get_u16(&r);
	m.pcr_mask = wire_get_u32(&r);
	m.evidence_types = wire_get_u32(&r);
	m.purpose = wire_get_u8(&r);
	if (!wire_read_done(&r) || !hello_valid(&m))
		return false;
	*out = m;
	return true;
}

void evidence_items_put(struct wire_writer *w, const struct span items[EVIDENCE_TYPES])
{
	uint8_t count = 0;

	for (size_t i = 0; i < EVIDENCE_TYPES; i++)
		count = (uint8_t)(count + (items[i].len > 0));
	wire_put_u8(w, count);
	for (size_t i = 0; i < EVIDENCE_TYPES; i++) {
		if (items[i].len == 0)
			continue;
		wire_put_u16(w, (uint16_t)(i + 1));
		wire_put_field(w, items[i], 1, EVIDENCE_ITEM_MAX);
	}
}

void message_put_evidence(struct wire_writer *w, const struct msg_evidence *m)
{
	size_t at = frame_begin(w, MSG_EVIDENCE, evidence_valid(m));

	wire_put_u8(w, m->purpose);
	wire_put_bytes(w, m->nonce_a, NONCE_LEN);
	wire_put_u8(w, m->wants_service);
	wire_put_field(w, m->claims, 1, CLAIMS_MAX);
	evidence_items_put(w, m->items);
	frame_end(w, at);
}

bool message_get_challenge(struct span body, struct msg_challenge *out)
{
	struct cursor r;
	struct msg_challenge m;

	wire_read_start(&r, body.data, body.len);
	m.credential = wire_get_field(&r, 1, CREDENTIAL_MAX);
	m.encrypted_secret = wire_get_field(&r, 1, ENCRYPTED_SECRET_MAX);
	if (!wire_read_done(&r))
		return false;
	*out = m;
	return true;
}

void message_put_proof(struct wire_writer *w, const struct msg_proof *m)
{
	size_t at = frame_begin(w, MSG_PROOF, true);

	wire_put_field(w, m->secret, 1, PROOF_MAX);
	frame_end(w, at);
}

bool message_get_grant(struct span body, struct msg_grant *out)
{
	struct cursor r;
	struct msg_grant m;

	wire_read_start(&r, body.data, body.len);
	m.action = wire_get_u8(&r);
	m.key_version = wire_get_u32(&r);
	m.generation = wire_get_u64(&r);
	wire_get_bytes(&r, m.header_mac, HEADER_MAC_LEN);
	m.next_version = wire_get_u32(&r);
	wire_get_bytes(&r, m.next_header_mac, HEADER_MAC_LEN);
	m.policy_epoch = wire_get_u32(&r);
	m.role = wire_get_field(&r, 0, ROLE_TEXT_MAX);
	m.service_evidence = wire_get_field(&r, 0, SERVICE_EVIDENCE_MAX);
	m.wrapped = wire_get_field(&r, 1, WRAPPED_MAX);
	if (!wire_read_done(&r) || !grant_valid(&m))
		return false;
	*out = m;
	return true;
}

bool grant_secrets_get(struct span body, struct grant_secrets *out)
{
	struct cursor r;
	struct span next, material;

	/* Checked before a key is copied, so that no copy of it is left behind on failure. */
	wire_read_start(&r, body.data, body.len);
	wire_skip(&r, DISK_KEY_LEN);
	next = wire_get_field(&r, 0, DISK_KEY_LEN);
	material = wire_get_field(&r, 0, JOIN_MATERIAL_MAX);
	if (!wire_read_done(&r) || (next.len > 0 && next.len != DISK_KEY_LEN))
		return false;
	memcpy(out->disk_key, body.data, DISK_KEY_LEN);
	out->has_next = next.len > 0;
	if (out->has_next)
		memcpy(out->next_key, next.data, DISK_KEY_LEN);
	out->join_material = material;
	return true;
}

bool message_get_deny(struct span body, struct msg_deny *out)
{
	struct cursor r;
	struct msg_deny m;

	wire_read_start(&r, body.data, body.len);
	m.code = wire_get_u16(&r);
	m.retry_after_ms = wire_get_u32(&r);
	m.text = wire_get_field(&r, 0, DENY_TEXT_MAX);
	if (!wire_read_done(&r) || !deny_valid(&m))
		return false;
	*out = m;
	return true;
}

void message_put_commit(struct wire_writer *w, const struct msg_commit *m)
{
	size_t at = frame_begin(w, MSG_COMMIT, commit_valid(m));

	wire_put_u8(w, m->action);
	wire_put_u64(w, m->generation);
	wire_put_u32(w, m->key_version);
	wire_put_bytes(w, m->header_mac, HEADER_MAC_LEN);
	wire_put_u32(w, m->next_version);
	wire_put_bytes(w, m->next_header_mac, HEADER_MAC_LEN);
	frame_end(w, at);
}

bool message_get_ack(struct span body, struct msg_ack *out)
{
	struct cursor r;
	struct span certificate;

	wire_read_start(&r, body.data, body.len);
	certificate = wire_get_field(&r, 0, CERTIFICATE_MAX);
	if (!wire_read_done(&r))
		return false;
	out->certificate = certificate;
	return true;
}

void message_put_abort(struct wire_writer *w, const struct msg_abort *m)
{
	size_t at = frame_begin(w, MSG_ABORT, m->code != 0);

	wire_put_u16(w, m->code);
	frame_end(w, at);
}
