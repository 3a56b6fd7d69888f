/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/admission.h"

#include <string.h>
#include <time.h>

#include "crypto/errors.h"
#include "early/contract/errors.h"
#include "tools/serve/join/admission_kinds.h"

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
	if (m->purpose != s->purpose)
		return deny_offer(E_DENY_PURPOSE, m);
	if (m->wants_service && !s->own)
		return deny(
			E_DENY_PURPOSE, "the node wants evidence of the service, which has none");
	if (c->policy_serial != s->policy_serial)
		return deny(E_DENY_BUSY, "policy was reloaded after HELLO");
	return denial_none();
}

static struct denial read_claims(
	const struct msg_evidence *m, struct msg_claims *claims, struct admission *a)
{
	if (!claims_get(m->claims, claims))
		return deny(E_DENY_PROTOCOL, "the claims cannot be decoded");
	memcpy(a->disk_id, claims->disk_id, DISK_ID_LEN);
	a->contents = claims->contents;
	memcpy(a->kem_pub, claims->kem_pub, KEM_PUB_LEN);
	memcpy(a->mlkem_pub, claims->mlkem_pub.data, claims->mlkem_pub.len);
	a->mlkem_len = claims->mlkem_pub.len;
	memcpy(a->version, claims->version.data, claims->version.len);
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

static void take_fault(struct proven *out, unsigned type, struct denial d)
{
	out->faults[type - 1] = d;
	if (!denied(d))
		out->good |= KIND_BIT(type);
}

/* Each kind that came and that some set wants, by itself. */
static void authenticate(const struct service *s, const struct channel *c,
	const struct evidence_items *items, const struct msg_claims *claims, struct admission *a,
	struct proven *out)
{
	const struct policy *p = s->policy;
	uint32_t wanted = out->sent & p->kinds;

	if (wanted & KIND_BIT(EVIDENCE_TPM2))
		take_fault(out, EVIDENCE_TPM2,
			admission_tpm(
				p, c, claims, &items->tpm, wanted & KIND_BIT(EVIDENCE_HCL), a));
	if (wanted & KIND_BIT(EVIDENCE_SNP))
		take_fault(out, EVIDENCE_SNP, admission_snp(p, &items->snp, a, &out->snp));
	if (wanted & KIND_BIT(EVIDENCE_TDX))
		take_fault(out, EVIDENCE_TDX, admission_tdx(p, &items->tdx, a, &out->tdx));
	/* About the key that has made the quote. */
	if (wanted & KIND_BIT(EVIDENCE_HCL))
		take_fault(out, EVIDENCE_HCL, admission_hcl(p, &items->hcl, a, out));
	if (wanted & KIND_BIT(EVIDENCE_SVSM))
		take_fault(out, EVIDENCE_SVSM,
			admission_svsm(p, &items->svsm, claims->ek_pub, a, &out->svsm));
}

/* Policy's judgement of the evidence alone: certificates, then the sets that take it. */
static struct denial judge(const struct service *s, const struct evidence_items *items,
	const struct proven *proven, struct admission *a)
{
	admission_take_chips(proven, a);
	if (proven->good & KIND_BIT(EVIDENCE_TPM2)) {
		admission_take_certificates(&items->tpm, a);
		TRY_DENIAL(admission_certificates(s->policy, &items->tpm, a));
	}
	TRY_DENIAL(admission_choose(s->policy, proven, a));
	return admission_ask_proof(s, a);
}

struct kem_public admission_kem(const struct admission *a)
{
	return (struct kem_public){.p256 = a->kem_pub, .mlkem = {a->mlkem_pub, a->mlkem_len}};
}

static struct denial check_wrapping_key(const struct policy *policy, const struct admission *a)
{
	const struct kem_public key = admission_kem(a);

	if (!seal_key_valid(&key))
		return deny(E_DENY_KEYS, "the wrapping key is no point on P-256, or no ML-KEM key");
	if (!key.mlkem.len && !policy->classical_wrap)
		return deny(E_DENY_KEYS,
			"the node has no ML-KEM key, and policy's \"wrap\" is not \"classical\"");
	return denial_none();
}

struct denial admission_check(const struct service *s, const struct channel *c,
	const struct msg_evidence *m, struct admission *a)
{
	struct proven proven = {.sent = 0};
	struct evidence_items items;
	struct msg_claims claims;

	if (!items_decode(m, &items))
		return deny(E_DENY_PROTOCOL, "an item of the evidence cannot be decoded");
	for (unsigned type = 1; type <= EVIDENCE_TYPES; type++)
		proven.sent |= m->items[type - 1].len ? KIND_BIT(type) : 0;
	TRY_DENIAL(check_offer(s, c, m));
	TRY_DENIAL(read_claims(m, &claims, a));
	compute_rd(c, m, a);
	authenticate(s, c, &items, &claims, a, &proven);
	/* Where nothing is genuine and the keys have no form, nobody has said who he is. */
	a->claims_known = proven.good || proven.faults[EVIDENCE_TPM2 - 1].code != E_DENY_KEYS;
	TRY_DENIAL(check_wrapping_key(s->policy, a));
	return judge(s, &items, &proven, a);
}
