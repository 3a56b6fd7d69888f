#include "tools/serve/admission.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/errors.h"
#include "early/contract/errors.h"
#include "tools/lib/event_log.h"
#include "tools/serve/explain.h"

#define EVIDENCE_OFFERED (1u << (EVIDENCE_TPM2 - 1))

static uint16_t check_offer(const struct service *s, const struct channel *c,
	const struct msg_evidence *m, struct admission *a)
{
	why_write(&a->detail, "purpose %u, evidence type %u", m->purpose, m->type);
	if (m->purpose != PURPOSE_JOIN)
		return E_DENY_PURPOSE;
	if (m->type < 1 || m->type > 32 || !(EVIDENCE_OFFERED >> (m->type - 1) & 1u))
		return E_DENY_PROTOCOL;
	why_write(&a->detail, "policy was reloaded after HELLO");
	return c->policy_serial == s->policy_serial ? 0 : E_DENY_BUSY;
}

static uint16_t check_keys(const struct msg_evidence *m, struct admission *a)
{
	struct msg_claims claims;
	struct status why;

	why_write(&a->detail, "the claims cannot be decoded");
	if (!claims_get(m->claims, &claims))
		return E_DENY_PROTOCOL;
	memcpy(a->disk_id, claims.disk_id, DISK_ID_LEN);
	a->contents = claims.contents;
	memcpy(a->kem_pub, claims.kem_pub, KEM_PUB_LEN);
	memcpy(a->version, claims.version.data, claims.version.len);
	why = tpm_ak_parse(claims.ak_pub.data, claims.ak_pub.len, &a->ak);
	if (!failed(why))
		why = tpm_ek_parse(claims.ek_pub.data, claims.ek_pub.len, &a->ek);
	why_write(&a->detail, "AK or EK: E%u %s", why.code, error_text(why.code));
	if (failed(why))
		return E_DENY_KEYS;
	a->claims_known = true;
	why_write(&a->detail, "the wrapping key is not a point on P-256");
	return key_pub_valid(a->kem_pub) ? 0 : E_DENY_KEYS;
}

static void compute_rd(const struct channel *c, const struct msg_evidence *m, uint8_t rd[RD_LEN])
{
	uint8_t bytes[RD_INPUT_MAX];
	struct rd_input in = {
		.role = ROLE_NODE,
		.purpose = m->purpose,
		.spki_self = {c->node_spki, sizeof(c->node_spki)},
		.spki_peer = {c->service_spki, sizeof(c->service_spki)},
		.binder = c->binder,
		.nonce_v = c->nonce_v,
		.nonce_a = m->nonce_a,
		.claims = m->claims,
	};
	struct wire_writer w;

	wire_write_start(&w, bytes, sizeof(bytes));
	rd_input_put(&w, &in);
	sha256(bytes, w.len, rd);
}

static uint16_t quote_denial(struct status why)
{
	switch (why.code) {
	case E_TPM_QUOTE_SIG:
		return E_DENY_SIGNATURE;
	case E_TPM_QUOTE_TYPE:
	case E_TPM_QUOTE_FORM:
	case E_TPM_QUOTE_RD:
		return E_DENY_QUOTE;
	case E_TPM_QUOTE_PCRS:
		return E_DENY_SELECTION;
	case E_TPM_QUOTE_DIGEST:
		return E_DENY_PCR_DIGEST;
	default:
		return E_DENY_OTHER;
	}
}

static uint16_t check_quote(
	const struct channel *c, const struct msg_evidence *m, struct admission *a)
{
	struct tpm_quote quote;
	struct status why;
	size_t len = (size_t)__builtin_popcount(c->pcr_mask) * digest_len(c->bank);

	compute_rd(c, m, a->rd);
	why = tpm_quote_check(&a->ak, a->rd, c->bank, c->pcr_mask, m->attest.data, m->attest.len,
		m->signature.data, m->signature.len, m->pcr_values.data, m->pcr_values.len, &quote);
	why_write(&a->detail, "the quote: E%u %s", why.code, error_text(why.code));
	if (failed(why))
		return quote_denial(why);
	/* A digest says nothing about where one value ends: other lengths are other values. */
	if (m->pcr_values.len != len || len > sizeof(a->pcr_values))
		return E_DENY_PCR_DIGEST;
	memcpy(a->pcr_values, m->pcr_values.data, len);
	a->bank = c->bank;
	a->pcr_mask = c->pcr_mask;
	a->digest_len = digest_len(c->bank);
	a->quoted = true;
	return 0;
}

static uint16_t check_event_log(const struct msg_evidence *m, struct admission *a)
{
	struct event_replay replay;
	const char *problem = "";
	const uint8_t *quoted = a->pcr_values;

	if (!m->event_log.len)
		return 0;
	if (!event_log_replay(m->event_log.data, m->event_log.len, a->bank, &replay, &problem)) {
		why_write(&a->detail, "the event log: %s", problem);
		return E_DENY_EVENT_LOG;
	}
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(a->pcr_mask >> pcr & 1u))
			continue;
		why_write(&a->detail, "the event log leads to another PCR %u", pcr);
		if ((replay.extended >> pcr & 1u) &&
			memcmp(replay.pcr[pcr], quoted, a->digest_len) != 0)
			return E_DENY_EVENT_LOG;
		quoted += a->digest_len;
	}
	return 0;
}

/* One register that firmware fills, and whether policy has a word on this value of it. */
static void take_firmware(const struct policy *p, const struct policy_set *set, struct admission *a,
	unsigned pcr, const uint8_t *value)
{
	if (!(POLICY_FIRMWARE_PCRS >> pcr & 1u))
		return;
	memcpy(a->firmware.pcr[binding_firmware_index(pcr)], value, a->digest_len);
	if (((set->enforced | set->warned | p->may_change) >> pcr & 1u) ||
		policy_accepts(p, pcr, value))
		a->firmware_decided |= 1u << pcr;
}

void pcr_list(uint32_t mask, char out[PCR_LIST_SIZE])
{
	size_t len = 0;

	out[0] = 0;
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++)
		if (mask >> pcr & 1u)
			len += (size_t)snprintf(
				out + len, PCR_LIST_SIZE - len, len ? ",%u" : "%u", pcr);
}

static uint16_t check_measurements(const struct policy *p, const struct store_view *view,
	struct admission *a, bool *out_revoked)
{
	struct policy_match m = policy_match(p, a->pcr_values);
	const uint8_t *value = a->pcr_values;
	char pcrs[PCR_LIST_SIZE];

	snprintf(a->set_name, sizeof(a->set_name), "%s", m.set->name);
	a->differing = m.differing;
	a->warned = m.warned;
	pcr_list(m.differing, pcrs);
	why_write(&a->detail, "nearest is set %s: PCR %s differs", m.set->name, pcrs);
	if (!m.matched)
		return E_DENY_MEASUREMENTS;
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(a->pcr_mask >> pcr & 1u))
			continue;
		take_firmware(p, m.set, a, pcr, value);
		value += a->digest_len;
	}
	a->firmware.bank = a->bank;
	snprintf(a->role, sizeof(a->role), "%s", m.set->role);
	a->epoch = m.set->epoch;
	*out_revoked = m.set->revoked;
	why_write(&a->detail, "epoch %u, last joined with %u", a->epoch, view->node.epoch);
	return binding_check_epoch(view, a->epoch);
}

static uint16_t check_revoked(const struct policy *p, bool set_revoked, struct admission *a)
{
	bool node = policy_node_revoked(p, a->ek.name), disk = policy_disk_revoked(p, a->disk_id);

	why_write(&a->detail, "revoked:%s%s%s", node ? " node" : "", disk ? " disk" : "",
		set_revoked ? " set" : "");
	return node || disk || set_revoked ? E_DENY_REVOKED : 0;
}

struct binding_request admission_request(const struct service *s, const struct admission *a)
{
	return (struct binding_request){
		.ek_name = a->ek.name,
		.ak_name = a->ak.name,
		.disk_id = a->disk_id,
		.contents = a->contents,
		.epoch = a->epoch,
		.set_name = a->set_name,
		.role = a->role,
		.max_nodes = s->policy->max_nodes,
		.pin_ak = s->policy->pin_ak,
		.key_version = key_service_version(s->keys),
		.now_s = (uint64_t)time(NULL),
		.firmware = a->firmware,
		.firmware_decided = a->firmware_decided,
	};
}

/* Checks 8 and 9: what policy and the store say about this state, node and disk. */
static uint16_t check_standing(const struct service *s, struct admission *a)
{
	struct store_view view;
	struct binding_request r = admission_request(s, a);
	struct store_key key = binding_key(&r);
	bool set_revoked = false;
	uint16_t code;

	if (!store_view(s->store, &key, &view, &a->detail))
		return E_DENY_INTERNAL;
	code = check_measurements(s->policy, &view, a, &set_revoked);
	if (!code)
		code = check_revoked(s->policy, set_revoked, a);
	if (code)
		return code;
	r = admission_request(s, a);
	a->needs_activation = binding_needs_activation(&view, &r);
	code = binding_check(&view, &r);
	if (code)
		explain_binding(code, &view, &r, &a->detail);
	return code;
}

uint16_t admission_check(const struct service *s, const struct channel *c,
	const struct msg_evidence *m, struct admission *a)
{
	uint16_t code = check_offer(s, c, m, a);

	if (!code)
		code = check_keys(m, a);
	if (!code)
		code = check_quote(c, m, a);
	if (!code)
		code = check_event_log(m, a);
	if (!code)
		code = check_standing(s, a);
	if (!code)
		a->detail.text[0] = 0;
	return code;
}
