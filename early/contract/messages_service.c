/* What the service sends. */
#include "early/contract/frame.h"

#include <string.h>

#define BANK_SHA256 0x000Bu
#define BANK_SHA384 0x000Cu
#define PCR_COUNT   24u

static bool all_zero(const uint8_t *data, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= data[i];
	return any == 0;
}

static bool hello_valid(const struct msg_hello *m)
{
	if (m->bank != BANK_SHA256 && m->bank != BANK_SHA384)
		return false;
	return m->pcr_mask != 0 && m->pcr_mask < 1u << PCR_COUNT && m->evidence_types != 0;
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
	frame_end(w, at);
}

bool message_get_hello(struct span body, struct msg_hello *out)
{
	struct wire_reader r;
	struct msg_hello m;

	wire_read_start(&r, body.data, body.len);
	wire_get_bytes(&r, m.nonce_v, NONCE_LEN);
	m.server_time_s = wire_get_u64(&r);
	m.policy_epoch = wire_get_u32(&r);
	m.bank = wire_get_u16(&r);
	m.pcr_mask = wire_get_u32(&r);
	m.evidence_types = wire_get_u32(&r);
	if (!wire_read_done(&r) || !hello_valid(&m))
		return false;
	*out = m;
	return true;
}

static bool challenge_valid(const struct msg_challenge *m)
{
	return field_within(m->credential, 1, CREDENTIAL_MAX) &&
	       field_within(m->encrypted_secret, 1, ENCRYPTED_SECRET_MAX);
}

void message_put_challenge(struct wire_writer *w, const struct msg_challenge *m)
{
	size_t at = frame_begin(w, MSG_CHALLENGE, challenge_valid(m));

	wire_put_field(w, m->credential, CREDENTIAL_MAX);
	wire_put_field(w, m->encrypted_secret, ENCRYPTED_SECRET_MAX);
	frame_end(w, at);
}

bool message_get_challenge(struct span body, struct msg_challenge *out)
{
	struct wire_reader r;
	struct msg_challenge m;

	wire_read_start(&r, body.data, body.len);
	m.credential = wire_get_field(&r, 1, CREDENTIAL_MAX);
	m.encrypted_secret = wire_get_field(&r, 1, ENCRYPTED_SECRET_MAX);
	if (!wire_read_done(&r))
		return false;
	*out = m;
	return true;
}

static bool grant_valid(const struct msg_grant *m)
{
	if (!field_within(m->role, 0, ROLE_TEXT_MAX) || !text_printable(m->role) ||
		!field_within(m->wrapped, 1, WRAPPED_MAX))
		return false;
	if (m->action == ACTION_FORMAT)
		return m->generation < UINT64_MAX && all_zero(m->header_mac, HEADER_MAC_LEN);
	return m->action == ACTION_OPEN && m->generation != 0;
}

void grant_aad_put(struct wire_writer *w, const struct msg_grant *m)
{
	wire_put_u8(w, m->action);
	wire_put_u32(w, m->key_version);
	wire_put_u64(w, m->generation);
	wire_put_bytes(w, m->header_mac, HEADER_MAC_LEN);
	wire_put_u32(w, m->policy_epoch);
	wire_put_field(w, m->role, ROLE_TEXT_MAX);
}

void message_put_grant(struct wire_writer *w, const struct msg_grant *m)
{
	size_t at = frame_begin(w, MSG_GRANT, grant_valid(m));

	grant_aad_put(w, m);
	wire_put_field(w, m->wrapped, WRAPPED_MAX);
	frame_end(w, at);
}

bool message_get_grant(struct span body, struct msg_grant *out)
{
	struct wire_reader r;
	struct msg_grant m;

	wire_read_start(&r, body.data, body.len);
	m.action = wire_get_u8(&r);
	m.key_version = wire_get_u32(&r);
	m.generation = wire_get_u64(&r);
	wire_get_bytes(&r, m.header_mac, HEADER_MAC_LEN);
	m.policy_epoch = wire_get_u32(&r);
	m.role = wire_get_field(&r, 0, ROLE_TEXT_MAX);
	m.wrapped = wire_get_field(&r, 1, WRAPPED_MAX);
	if (!wire_read_done(&r) || !grant_valid(&m))
		return false;
	*out = m;
	return true;
}

void grant_secrets_put(struct wire_writer *w, const struct grant_secrets *m)
{
	wire_put_bytes(w, m->disk_key, DISK_KEY_LEN);
	wire_put_field(w, m->join_material, JOIN_MATERIAL_MAX);
}

bool grant_secrets_get(struct span body, struct grant_secrets *out)
{
	struct wire_reader r;
	struct span material;

	/* Checked before the key is copied, so that no copy of it is left behind on failure. */
	wire_read_start(&r, body.data, body.len);
	r.pos = body.len < DISK_KEY_LEN ? body.len : DISK_KEY_LEN;
	material = wire_get_field(&r, 0, JOIN_MATERIAL_MAX);
	if (!wire_read_done(&r))
		return false;
	memcpy(out->disk_key, body.data, DISK_KEY_LEN);
	out->join_material = material;
	return true;
}

static bool deny_valid(const struct msg_deny *m)
{
	return m->code >= DENY_CODE_MIN && m->code <= DENY_CODE_MAX &&
	       field_within(m->text, 0, DENY_TEXT_MAX) && text_printable(m->text);
}

void message_put_deny(struct wire_writer *w, const struct msg_deny *m)
{
	size_t at = frame_begin(w, MSG_DENY, deny_valid(m));

	wire_put_u16(w, m->code);
	wire_put_u32(w, m->retry_after_ms);
	wire_put_field(w, m->text, DENY_TEXT_MAX);
	frame_end(w, at);
}

bool message_get_deny(struct span body, struct msg_deny *out)
{
	struct wire_reader r;
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

void message_put_ack(struct wire_writer *w)
{
	frame_end(w, frame_begin(w, MSG_ACK, true));
}

bool message_get_ack(struct span body)
{
	return body.len == 0;
}
