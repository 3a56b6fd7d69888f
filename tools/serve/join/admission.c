/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/admission.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/errors.h"
#include "early/contract/errors.h"
#include "tools/evidence/tpm/quote.h"
#include "tools/lib/event_log.h"
#include "tools/serve/keys/seal.h"

static struct denial deny_offer(uint16_t code, const struct msg_evidence *m)
{
	uint64_t kinds = 0;

	for (size_t i = 0; i < EVIDENCE_TYPES; i++)
		kinds |= (uint64_t)(m->items[i].len > 0) << i;
	return (struct denial){.code = code, .kind = DENIAL_OFFER, .numbers = {m->purpose, kinds}};
}

static struct denial check_offer(
	const struct service *s, const struct channel *c, const struct msg_evidence *m)
{
	if (m->purpose != PURPOSE_JOIN)
		return deny_offer(E_DENY_PURPOSE, m);
	if (m->wants_service && !s->own)
		return deny(
			E_DENY_PURPOSE, "the node wants evidence of the service, which has none");
	if (!m->items[EVIDENCE_TPM2 - 1].len)
		return deny_offer(E_DENY_KIND, m);
	if (c->policy_serial != s->policy_serial)
		return deny(E_DENY_BUSY, "policy was reloaded after HELLO");
	return denial_none();
}

static struct denial check_keys(const struct msg_evidence *m, struct admission *a)
{
	struct msg_claims claims;
	enum tpm_fault parsed;

	if (!claims_get(m->claims, &claims))
		return deny(E_DENY_PROTOCOL, "the claims cannot be decoded");
	memcpy(a->disk_id, claims.disk_id, DISK_ID_LEN);
	a->contents = claims.contents;
	memcpy(a->kem_pub, claims.kem_pub, KEM_PUB_LEN);
	memcpy(a->version, claims.version.data, claims.version.len);
	parsed = tpm_ak_parse(claims.ak_pub.data, claims.ak_pub.len, &a->ak);
	if (parsed == TPM_GOOD)
		parsed = tpm_ek_parse(claims.ek_pub.data, claims.ek_pub.len, &a->ek);
	if (parsed != TPM_GOOD)
		return deny(E_DENY_KEYS, tpm_fault_text(parsed));
	a->claims_known = true;
	if (!seal_key_valid(a->kem_pub))
		return deny(E_DENY_KEYS, "the wrapping key is not a point on P-256");
	return denial_none();
}

static void hash_rd(const struct rd_input *in, uint8_t rd[RD_LEN])
{
	uint8_t bytes[RD_INPUT_MAX];
	struct wire_writer w;

	wire_write_start(&w, bytes, sizeof(bytes));
	rd_input_put(&w, in);
	sha256(bytes, w.len, rd);
}

/* For the service's own evidence keys and nonces change over (PROTOCOL.md section 6.6). */
static void compute_rd(const struct channel *c, const struct msg_evidence *m, struct admission *a)
{
	struct rd_input node = {
		.role = ROLE_NODE,
		.purpose = m->purpose,
		.spki_self = {c->node_spki, sizeof(c->node_spki)},
		.spki_peer = {c->service_spki, sizeof(c->service_spki)},
		.binder = c->binder,
		.nonce_v = c->nonce_v,
		.nonce_a = m->nonce_a,
		.claims = m->claims,
	};
	struct rd_input service = node;

	service.role = ROLE_SERVICE;
	service.spki_self = node.spki_peer;
	service.spki_peer = node.spki_self;
	service.nonce_v = node.nonce_a;
	service.nonce_a = node.nonce_v;
	hash_rd(&node, a->rd);
	hash_rd(&service, a->service_rd);
	a->wants_service = m->wants_service;
}

/* The code that a node gets for what is wrong with its quote. */
static uint16_t quote_code(enum tpm_fault checked)
{
	switch (checked) {
	case TPM_QUOTE_SIGNATURE:
		return E_DENY_SIGNATURE;
	case TPM_QUOTE_TYPE:
	case TPM_QUOTE_FORM:
	case TPM_QUOTE_REPORT_DATA:
		return E_DENY_QUOTE;
	case TPM_QUOTE_SELECTION:
		return E_DENY_SELECTION;
	case TPM_QUOTE_DIGEST:
		return E_DENY_PCR_DIGEST;
	default:
		return E_DENY_OTHER;
	}
}

static struct denial check_quote(const struct channel *c, const struct msg_evidence *m,
	const struct evidence_tpm2 *e, struct admission *a)
{
	struct tpm_quote quote;
	struct tpm_quote_request r = {
		.ak = &a->ak,
		.report_data = a->rd,
		.bank = c->bank,
		.pcr_mask = c->pcr_mask,
		.attest = e->attest,
		.signature = e->signature,
		.pcr_values = e->pcr_values,
	};
	enum tpm_fault checked;
	size_t len = (size_t)__builtin_popcount(c->pcr_mask) * digest_len(c->bank);

	compute_rd(c, m, a);
	checked = tpm_quote_check(&r, &quote);
	if (checked != TPM_GOOD)
		return deny(quote_code(checked), tpm_fault_text(checked));
	/* A digest says nothing about where one value ends: other lengths are other values. */
	if (e->pcr_values.len != len || len > sizeof(a->pcr_values))
		return deny(E_DENY_PCR_DIGEST, "the PCR values have not the length of their bank");
	memcpy(a->pcr_values, e->pcr_values.data, len);
	a->bank = c->bank;
	a->pcr_mask = c->pcr_mask;
	a->digest_len = digest_len(c->bank);
	a->quoted = true;
	return denial_none();
}

static struct denial check_event_log(const struct evidence_tpm2 *e, const struct admission *a)
{
	struct event_replay replay;
	const char *problem = "";
	const uint8_t *quoted = a->pcr_values;

	if (!e->event_log.len)
		return denial_none();
	if (!event_log_replay(e->event_log.data, e->event_log.len, a->bank, &replay, &problem))
		return (struct denial){
			.code = E_DENY_EVENT_LOG, .kind = DENIAL_EVENT_LOG, .sentence = problem};
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(a->pcr_mask >> pcr & 1u))
			continue;
		if ((replay.extended >> pcr & 1u) &&
			memcmp(replay.pcr[pcr], quoted, a->digest_len) != 0)
			return (struct denial){
				.code = E_DENY_EVENT_LOG, .kind = DENIAL_LOG_PCR, .numbers = {pcr}};
		quoted += a->digest_len;
	}
	return denial_none();
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

static struct denial deny_measurements(const struct policy_match *m)
{
	struct denial d = {
		.code = E_DENY_MEASUREMENTS,
		.kind = DENIAL_NEAREST,
		.nearest = {.differing = m->differing},
	};

	snprintf(d.nearest.set_name, sizeof(d.nearest.set_name), "%s", m->set->name);
	return d;
}

static struct denial check_measurements(const struct policy *p, const struct store_view *view,
	struct admission *a, bool *out_revoked)
{
	struct policy_match m = policy_match(p, a->pcr_values);
	const uint8_t *value = a->pcr_values;

	snprintf(a->set_name, sizeof(a->set_name), "%s", m.set->name);
	a->differing = m.differing;
	a->warned = m.warned;
	if (!m.matched)
		return deny_measurements(&m);
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
	return binding_check_epoch(view, a->epoch);
}

static struct denial check_revoked(
	const struct policy *p, bool set_revoked, const struct admission *a)
{
	struct denial d = {
		.code = E_DENY_REVOKED,
		.kind = DENIAL_REVOKED,
		.revoked = {.node = policy_node_revoked(p, a->ek.node_id),
			.disk = policy_disk_revoked(p, a->disk_id),
			.set = set_revoked},
	};

	return d.revoked.node || d.revoked.disk || d.revoked.set ? d : denial_none();
}

struct binding_request admission_request(const struct service *s, const struct admission *a)
{
	return (struct binding_request){
		.ek_name = a->ek.node_id,
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
static struct denial check_standing(const struct service *s, struct admission *a)
{
	struct store_view view;
	struct binding_request r = admission_request(s, a);
	struct store_key key = binding_key(&r);
	bool set_revoked = false;

	TRY_DENIAL(deny_failure(store_view(s->store, &key, &view)));
	TRY_DENIAL(check_measurements(s->policy, &view, a, &set_revoked));
	TRY_DENIAL(check_revoked(s->policy, set_revoked, a));
	r = admission_request(s, a);
	a->needs_activation = binding_needs_activation(&view, &r);
	return binding_check(&view, &r);
}

/* Every item by its kind's rules, whether policy asks for that kind or not. */
static bool items_decode(const struct msg_evidence *m, struct evidence_items *out)
{
	const struct span *items = m->items;

	return (!items[EVIDENCE_TPM2 - 1].len ||
		       evidence_tpm2_get(items[EVIDENCE_TPM2 - 1], &out->tpm)) &&
	       (!items[EVIDENCE_SNP - 1].len ||
		       evidence_snp_get(items[EVIDENCE_SNP - 1], &out->snp)) &&
	       (!items[EVIDENCE_TDX - 1].len ||
		       evidence_tdx_get(items[EVIDENCE_TDX - 1], &out->tdx)) &&
	       (!items[EVIDENCE_HCL - 1].len ||
		       evidence_hcl_get(items[EVIDENCE_HCL - 1], &out->hcl)) &&
	       (!items[EVIDENCE_SVSM - 1].len ||
		       evidence_svsm_get(items[EVIDENCE_SVSM - 1], &out->svsm));
}

struct denial admission_check(const struct service *s, const struct channel *c,
	const struct msg_evidence *m, struct admission *a)
{
	struct evidence_items items;

	if (!items_decode(m, &items))
		return deny(E_DENY_PROTOCOL, "an item of the evidence cannot be decoded");
	TRY_DENIAL(check_offer(s, c, m));
	TRY_DENIAL(check_keys(m, a));
	TRY_DENIAL(check_quote(c, m, &items.tpm, a));
	TRY_DENIAL(check_event_log(&items.tpm, a));
	return check_standing(s, a);
}
