/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the node is, and what is known of it. Its evidence tells that only once the endorsement key
 * is proven: that key and its certificate are public, so whoever knows them could otherwise ask
 * what the service thinks of their owner.
 */
#include "tools/serve/join/admission.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/errors.h"
#include "early/contract/errors.h"
#include "tools/serve/join/admission_kinds.h"

/* The set that serves the node, and what operators said of the node. */
struct choice {
	const struct policy_set *set;
	const uint8_t *node_id;
	bool revoked; /* the set */
	bool has_enrolment;
	struct store_enrolment enrolment;
};

/* A key that nobody asks for need not be proven, and neither binds nor finds anything. */
static bool uses_ek(const struct policy *p, const struct policy_set *set, const struct admission *a)
{
	bool for_ak = !(a->ak_certified || set->azure);
	bool by_rule = p->identity.rules & IDENTITY_EK_CERTIFICATE;

	return (set->kinds & KIND_BIT(EVIDENCE_TPM2)) && a->has_ek &&
	       (for_ak || by_rule || set->recognise == RECOGNISE_EK || set->svsm);
}

/* By something else than its TPM's keys. */
static bool keys_change(const struct policy_set *set)
{
	return set->recognise != RECOGNISE_EK && set->recognise != RECOGNISE_AK;
}

/* The quote's key is proven; what it was proven to be in one TPM with need not be again. */
static struct denial check_known(const struct service *s, struct admission *a,
	const struct admission_set *taken, bool *out_known)
{
	const struct policy_set *set = &s->policy->sets[taken->index];
	struct binding_request r = {
		.node_id = taken->node_id,
		.ek_id = uses_ek(s->policy, set, a) ? a->ek.node_id : NULL,
		.ak_name = a->ak.name,
		.keys_change = keys_change(set),
		.disk_id = a->disk_id,
	};
	struct store_key key = binding_key(&r);
	struct store_view view;

	*out_known = true;
	if (!r.ek_id)
		return denial_none();
	TRY_DENIAL(deny_failure(store_view(s->store, &key, &view)));
	*out_known = !binding_needs_activation(&view, &r);
	a->ek_proven = a->ek_proven || *out_known;
	return denial_none();
}

struct denial admission_ask_proof(const struct service *s, struct admission *a)
{
	a->proven = true;
	for (size_t i = 0; a->proven && i < a->set_count; i++)
		TRY_DENIAL(check_known(s, a, &a->sets[i], &a->proven));
	return denial_none();
}

/* What operators said of the node decides whether it may use the set, and in which role. */
static struct denial check_words(
	const struct service *s, const struct admission *a, struct choice *c)
{
	TRY_DENIAL(deny_failure(store_get_enrolment(s->store, c->node_id,
		uses_ek(s->policy, c->set, a) ? a->ek.node_id : NULL, &c->enrolment,
		&c->has_enrolment)));
	TRY_DENIAL(admission_set_revoked(s, c->set, &c->revoked));
	if (c->set->listed_only && !c->has_enrolment)
		return deny(E_DENY_IDENTITY,
			"the set is for enrolled nodes alone: protostar node enroll");
	if (c->has_enrolment && c->enrolment.role[0] && c->set->role[0] &&
		strcmp(c->enrolment.role, c->set->role) != 0)
		return deny(
			E_DENY_IDENTITY, "the node was enrolled for another role than the set's");
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

/* The registers that firmware fills, for the checks of the next join. */
static void take_registers(const struct policy *p, const struct choice *c, struct admission *a)
{
	const uint8_t *value = a->pcr_values;

	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(a->pcr_mask >> pcr & 1u))
			continue;
		take_firmware(p, c->set, a, pcr, value);
		value += a->digest_len;
	}
	a->firmware.bank = a->bank;
}

/* What follows from the set that serves the node. */
static void take_choice(const struct policy *p, const struct choice *c, struct admission *a)
{
	const struct policy_set *set = c->set;
	bool uses_tpm = set->kinds & KIND_BIT(EVIDENCE_TPM2);

	if (uses_tpm) {
		take_registers(p, c, a);
		a->warned = policy_compare(p, set, a->pcr_values).warned;
	}
	a->uses_tpm = uses_tpm;
	a->uses_ek = uses_ek(p, set, a);
	a->keys_change = keys_change(set);
	a->needs_ticket = set->recognise == RECOGNISE_TICKET;
	a->listed_only = set->listed_only;
	memcpy(a->node_id, c->node_id, TPM_NAME_LEN);
	snprintf(a->set_name, sizeof(a->set_name), "%s", set->name);
	a->role_listed = c->has_enrolment && c->enrolment.role[0];
	snprintf(a->role, sizeof(a->role), "%s", a->role_listed ? c->enrolment.role : set->role);
	a->epoch = set->epoch;
	a->set_known = true;
}

/* Of two sets that take the node: one that is not revoked comes first, then the higher epoch. */
static bool better(const struct choice *a, const struct choice *b)
{
	if (a->revoked != b->revoked)
		return !a->revoked;
	return a->set->epoch > b->set->epoch;
}

struct denial admission_settle(const struct service *s, struct admission *a)
{
	struct denial why = deny(E_DENY_KIND, "no set takes the node by its evidence");
	struct choice best = {.set = NULL};

	for (size_t i = 0; i < a->set_count; i++) {
		struct choice one = {
			.set = &s->policy->sets[a->sets[i].index], .node_id = a->sets[i].node_id};
		struct denial d = check_words(s, a, &one);

		if (best.set && (denied(d) || (!denied(why) && !better(&one, &best))))
			continue;
		best = one;
		why = d;
	}
	if (!best.set || denied(why))
		return why;
	take_choice(s->policy, &best, a);
	return denial_none();
}

struct binding_request admission_request(const struct service *s, const struct admission *a)
{
	unsigned rules = s->policy->identity.rules;

	return (struct binding_request){
		.node_id = a->node_id,
		.ek_id = a->uses_ek ? a->ek.node_id : NULL,
		.ak_name = a->uses_tpm ? a->ak.name : NULL,
		.keys_change = a->keys_change,
		.needs_ticket = a->needs_ticket,
		.needs_listing = (rules & IDENTITY_LISTED) || a->listed_only,
		.needs_approval = rules & IDENTITY_APPROVAL,
		.listed_role = a->role_listed ? a->role : NULL,
		.subject = a->subject,
		.disk_id = a->disk_id,
		.contents = a->contents,
		.epoch = a->epoch,
		.set_name = a->set_name,
		.role = a->role,
		.max_nodes = s->policy->max_nodes,
		.pin_ak = s->policy->pin_ak,
		.open_only = s->purpose == PURPOSE_RECOVER,
		.now_s = (uint64_t)time(NULL),
		.firmware = a->firmware,
		.firmware_decided = a->firmware_decided,
	};
}
