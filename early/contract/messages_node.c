/* What the node sends, and what its evidence signs. */
#include "early/contract/frame.h"

#define PROOF_MAX 32u

static bool claims_valid(const struct msg_claims *m)
{
	return field_within(m->version, 1, VERSION_TEXT_MAX) && text_printable(m->version) &&
	       field_within(m->ak_pub, 1, TPM_PUB_MAX) && field_within(m->ek_pub, 1, TPM_PUB_MAX) &&
	       m->kem_pub[0] == 0x04;
}

void claims_put(struct wire_writer *w, const struct msg_claims *m)
{
	if (!claims_valid(m))
		w->failed = true;
	wire_put_field(w, m->version, VERSION_TEXT_MAX);
	wire_put_bytes(w, m->disk_id, DISK_ID_LEN);
	wire_put_field(w, m->ak_pub, TPM_PUB_MAX);
	wire_put_field(w, m->ek_pub, TPM_PUB_MAX);
	wire_put_bytes(w, m->kem_pub, KEM_PUB_LEN);
}

bool claims_get(struct span body, struct msg_claims *out)
{
	struct wire_reader r;
	struct msg_claims m;

	wire_read_start(&r, body.data, body.len);
	m.version = wire_get_field(&r, 1, VERSION_TEXT_MAX);
	wire_get_bytes(&r, m.disk_id, DISK_ID_LEN);
	m.ak_pub = wire_get_field(&r, 1, TPM_PUB_MAX);
	m.ek_pub = wire_get_field(&r, 1, TPM_PUB_MAX);
	wire_get_bytes(&r, m.kem_pub, KEM_PUB_LEN);
	if (!wire_read_done(&r) || !claims_valid(&m))
		return false;
	*out = m;
	return true;
}

void rd_input_put(struct wire_writer *w, const struct rd_input *in)
{
	static const uint8_t label[16] = "protostar-rd-v1";

	wire_put_bytes(w, label, sizeof(label));
	wire_put_u8(w, in->role);
	wire_put_u8(w, in->purpose);
	wire_put_field(w, in->spki_self, SPKI_MAX);
	wire_put_field(w, in->spki_peer, SPKI_MAX);
	wire_put_bytes(w, in->binder, BINDER_LEN);
	wire_put_bytes(w, in->nonce_v, NONCE_LEN);
	wire_put_bytes(w, in->nonce_a, NONCE_LEN);
	wire_put_field(w, in->claims, CLAIMS_MAX);
}

static bool evidence_valid(const struct msg_evidence *m)
{
	return m->purpose >= PURPOSE_JOIN && m->purpose <= PURPOSE_VERIFY &&
	       m->type == EVIDENCE_TPM2 && field_within(m->claims, 1, CLAIMS_MAX) &&
	       field_within(m->attest, 1, ATTEST_MAX) &&
	       field_within(m->signature, 1, SIGNATURE_MAX) &&
	       field_within(m->pcr_values, 1, PCR_VALUES_MAX);
}

void message_put_evidence(struct wire_writer *w, const struct msg_evidence *m)
{
	size_t at = frame_begin(w, MSG_EVIDENCE, evidence_valid(m));

	wire_put_u8(w, m->purpose);
	wire_put_bytes(w, m->nonce_a, NONCE_LEN);
	wire_put_field(w, m->claims, CLAIMS_MAX);
	wire_put_u16(w, m->type);
	wire_put_field(w, m->attest, ATTEST_MAX);
	wire_put_field(w, m->signature, SIGNATURE_MAX);
	wire_put_field(w, m->pcr_values, PCR_VALUES_MAX);
	wire_put_field(w, m->event_log, EVENT_LOG_MAX);
	wire_put_field(w, m->ek_cert, EK_CERT_MAX);
	frame_end(w, at);
}

bool message_get_evidence(struct span body, struct msg_evidence *out)
{
	struct wire_reader r;
	struct msg_evidence m;

	wire_read_start(&r, body.data, body.len);
	m.purpose = wire_get_u8(&r);
	wire_get_bytes(&r, m.nonce_a, NONCE_LEN);
	m.claims = wire_get_field(&r, 1, CLAIMS_MAX);
	m.type = wire_get_u16(&r);
	m.attest = wire_get_field(&r, 1, ATTEST_MAX);
	m.signature = wire_get_field(&r, 1, SIGNATURE_MAX);
	m.pcr_values = wire_get_field(&r, 1, PCR_VALUES_MAX);
	m.event_log = wire_get_field(&r, 0, EVENT_LOG_MAX);
	m.ek_cert = wire_get_field(&r, 0, EK_CERT_MAX);
	if (!wire_read_done(&r) || !evidence_valid(&m))
		return false;
	*out = m;
	return true;
}

void message_put_proof(struct wire_writer *w, const struct msg_proof *m)
{
	size_t at = frame_begin(w, MSG_PROOF, field_within(m->secret, 1, PROOF_MAX));

	wire_put_field(w, m->secret, PROOF_MAX);
	frame_end(w, at);
}

bool message_get_proof(struct span body, struct msg_proof *out)
{
	struct wire_reader r;
	struct span secret;

	wire_read_start(&r, body.data, body.len);
	secret = wire_get_field(&r, 1, PROOF_MAX);
	if (!wire_read_done(&r))
		return false;
	out->secret = secret;
	return true;
}

static bool commit_valid(const struct msg_commit *m)
{
	return (m->action == ACTION_FORMAT || m->action == ACTION_OPEN) && m->generation != 0;
}

void message_put_commit(struct wire_writer *w, const struct msg_commit *m)
{
	size_t at = frame_begin(w, MSG_COMMIT, commit_valid(m));

	wire_put_u8(w, m->action);
	wire_put_u64(w, m->generation);
	wire_put_bytes(w, m->header_mac, HEADER_MAC_LEN);
	frame_end(w, at);
}

bool message_get_commit(struct span body, struct msg_commit *out)
{
	struct wire_reader r;
	struct msg_commit m;

	wire_read_start(&r, body.data, body.len);
	m.action = wire_get_u8(&r);
	m.generation = wire_get_u64(&r);
	wire_get_bytes(&r, m.header_mac, HEADER_MAC_LEN);
	if (!wire_read_done(&r) || !commit_valid(&m))
		return false;
	*out = m;
	return true;
}

void message_put_abort(struct wire_writer *w, const struct msg_abort *m)
{
	size_t at = frame_begin(w, MSG_ABORT, m->code != 0);

	wire_put_u16(w, m->code);
	frame_end(w, at);
}

bool message_get_abort(struct span body, struct msg_abort *out)
{
	struct wire_reader r;
	uint16_t code;

	wire_read_start(&r, body.data, body.len);
	code = wire_get_u16(&r);
	if (!wire_read_done(&r) || code == 0)
		return false;
	out->code = code;
	return true;
}
