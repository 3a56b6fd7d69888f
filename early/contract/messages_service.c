/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service's side: the other end of each message of messages_node.c. */
#include "early/contract/frame.h"

bool claims_get(struct span body, struct msg_claims *out)
{
	struct cursor r;
	struct msg_claims m;

	wire_read_start(&r, body.data, body.len);
	m.version = wire_get_field(&r, 1, VERSION_TEXT_MAX);
	wire_get_bytes(&r, m.disk_id, DISK_ID_LEN);
	m.contents = wire_get_u8(&r);
	m.ak_pub = wire_get_field(&r, 0, TPM_PUB_MAX);
	m.ek_pub = wire_get_field(&r, 0, TPM_PUB_MAX);
	wire_get_bytes(&r, m.kem_pub, KEM_PUB_LEN);
	m.mlkem_pub = wire_get_field(&r, 0, MLKEM_PUB_LEN);
	if (!wire_read_done(&r) || !claims_valid(&m))
		return false;
	*out = m;
	return true;
}

void message_put_hello(struct wire_writer *w, const struct msg_hello *m)
{
	size_t at = frame_begin(w, MSG_HELLO, hello_valid(m));

	wire_put_bytes(w, m->nonce_v, NONCE_LEN);
	wire_put_u64(w, m->server_time_s);
	wire_put_u32(w, m->policy_epoch);
	wire_put_u16(w, m->bank);
	wire_put_u32(w, m->pcr_mask);
	wire_put_u32(w, m->evidence_types);
	wire_put_u8(w, m->purpose);
	frame_end(w, at);
}

void evidence_items_get(struct cursor *r, struct span items[EVIDENCE_TYPES])
{
	uint8_t count = wire_get_u8(r);
	uint16_t last = 0;

	for (uint8_t i = 0; i < count && !r->failed; i++) {
		uint16_t type = wire_get_u16(r);

		if (type <= last || type > EVIDENCE_TYPES) {
			r->failed = true;
			return;
		}
		items[type - 1] = wire_get_field(r, 1, EVIDENCE_ITEM_MAX);
		last = type;
	}
}

bool message_get_evidence(struct span body, struct msg_evidence *out)
{
	struct cursor r;
	struct msg_evidence m = {0};

	wire_read_start(&r, body.data, body.len);
	m.purpose = wire_get_u8(&r);
	wire_get_bytes(&r, m.nonce_a, NONCE_LEN);
	m.wants_service = wire_get_u8(&r);
	m.claims = wire_get_field(&r, 1, CLAIMS_MAX);
	evidence_items_get(&r, m.items);
	if (!wire_read_done(&r) || !evidence_valid(&m))
		return false;
	*out = m;
	return true;
}

void message_put_challenge(struct wire_writer *w, const struct msg_challenge *m)
{
	size_t at = frame_begin(w, MSG_CHALLENGE, true);

	wire_put_field(w, m->credential, 1, CREDENTIAL_MAX);
	wire_put_field(w, m->encrypted_secret, 1, ENCRYPTED_SECRET_MAX);
	frame_end(w, at);
}

bool message_get_proof(struct span body, struct msg_proof *out)
{
	struct cursor r;
	struct span secret;

	wire_read_start(&r, body.data, body.len);
	secret = wire_get_field(&r, 1, PROOF_MAX);
	if (!wire_read_done(&r))
		return false;
	out->secret = secret;
	return true;
}

void message_put_grant(struct wire_writer *w, const struct msg_grant *m)
{
	size_t at = frame_begin(w, MSG_GRANT, grant_valid(m));

	grant_aad_put(w, m);
	wire_put_field(w, m->wrapped, 1, WRAPPED_MAX);
	frame_end(w, at);
}

void grant_secrets_put(struct wire_writer *w, const struct grant_secrets *m)
{
	wire_put_bytes(w, m->disk_key, DISK_KEY_LEN);
	wire_put_field(
		w, (struct span){m->next_key, m->has_next ? DISK_KEY_LEN : 0}, 0, DISK_KEY_LEN);
	wire_put_field(w, m->join_material, 0, JOIN_MATERIAL_MAX);
}

void message_put_deny(struct wire_writer *w, const struct msg_deny *m)
{
	size_t at = frame_begin(w, MSG_DENY, deny_valid(m));

	wire_put_u16(w, m->code);
	wire_put_u32(w, m->retry_after_ms);
	wire_put_field(w, m->text, 0, DENY_TEXT_MAX);
	frame_end(w, at);
}

bool message_get_commit(struct span body, struct msg_commit *out)
{
	struct cursor r;
	struct msg_commit m;

	wire_read_start(&r, body.data, body.len);
	m.action = wire_get_u8(&r);
	m.generation = wire_get_u64(&r);
	m.key_version = wire_get_u32(&r);
	wire_get_bytes(&r, m.header_mac, HEADER_MAC_LEN);
	m.next_version = wire_get_u32(&r);
	wire_get_bytes(&r, m.next_header_mac, HEADER_MAC_LEN);
	if (!wire_read_done(&r) || !commit_valid(&m))
		return false;
	*out = m;
	return true;
}

void message_put_ack(struct wire_writer *w, const struct msg_ack *m)
{
	size_t at = frame_begin(w, MSG_ACK, true);

	wire_put_field(w, m->certificate, 0, CERTIFICATE_MAX);
	frame_end(w, at);
}

bool message_get_abort(struct span body, struct msg_abort *out)
{
	struct cursor r;
	uint16_t code;

	wire_read_start(&r, body.data, body.len);
	code = wire_get_u16(&r);
	if (!wire_read_done(&r) || code == 0)
		return false;
	out->code = code;
	return true;
}
