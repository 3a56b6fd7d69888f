/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/judge_private.h"

#include <stdio.h>
#include <string.h>

/* How near a set came; of those that do not take the node, the nearest says why. */
enum nearness {
	OTHER_SET, /* than the one that the node joined by */
	LACKS_KIND,
	KIND_FAILED,
	KEY_UNTRUSTED,
	VALUES_DIFFER,
	UNKNOWN_NODE,
	TAKEN,
	REVOKED_NODE, /* whatever other sets know it by */
};

struct candidate {
	const struct policy_set *set;
	enum nearness nearness;
	struct failure why;
	struct findings found;
};

static const char *kind_name(unsigned type)
{
	static const char *const names[EVIDENCE_TYPES] = {"quote of a TPM", "report of SEV-SNP",
		"quote of TDX", "report of a paravisor", "report of an SVSM"};

	return names[type - 1];
}

/* Items of kinds that are not judged here are left as they are. */
static bool decode(struct judgement *j)
{
	const struct span *items = j->statement.items;

	for (unsigned type = 1; type <= EVIDENCE_TYPES; type++)
		j->sent |= items[type - 1].len ? KIND(type) : 0;
	return (!items[EVIDENCE_TPM2 - 1].len ||
		       evidence_tpm2_get(items[EVIDENCE_TPM2 - 1], &j->tpm)) &&
	       (!items[EVIDENCE_SNP - 1].len ||
		       evidence_snp_get(items[EVIDENCE_SNP - 1], &j->snp)) &&
	       (!items[EVIDENCE_TDX - 1].len || evidence_tdx_get(items[EVIDENCE_TDX - 1], &j->tdx));
}

static void authenticate(struct judgement *j)
{
	static const struct {
		unsigned type;
		struct failure (*judge)(struct judgement *j);
	} kinds[] = {{EVIDENCE_TPM2, judge_quote}, {EVIDENCE_SNP, judge_snp_report},
		{EVIDENCE_TDX, judge_tdx_quote}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		unsigned type = kinds[i].type;

		if (!(j->sent & j->policy->kinds & KIND(type)))
			continue;
		j->faults[type - 1] = kinds[i].judge(j);
		if (!j->faults[type - 1].happened)
			j->good |= KIND(type);
	}
}

/* All kinds that the set demands are there, and good. */
static struct failure check_kinds(
	const struct judgement *j, const struct policy_set *set, enum nearness *out)
{
	uint32_t lacking = set->kinds & ~j->good, unsent = lacking & ~j->sent;
	unsigned type;

	if (!lacking)
		return failure_none();
	type = (unsigned)__builtin_ctz(unsent ? unsent : lacking) + 1;
	*out = unsent ? LACKS_KIND : KIND_FAILED;
	if (type == EVIDENCE_HCL || type == EVIDENCE_SVSM)
		return refuse("set \"%s\" demands a %s, which no statement is judged by", set->name,
			kind_name(type));
	return unsent ? refuse("the statement has no %s", kind_name(type)) : j->faults[type - 1];
}

/* A statement that PID 1 could have signed as well is good only where the policy says so. */
static struct failure check_seal(const struct policy_set *set, const struct findings *found)
{
	return found->capped || found->rtmr3_sealed || set->no_seal
		       ? failure_none()
		       : refuse("no register shows that the machine handed over to its init");
}

/* The join chose the set by more than a verifier sees: what operators said of the node. */
static struct failure check_set_joined(const struct judgement *j, const struct policy_set *set)
{
	return j->verdict->key != KEY_CERTIFIED || strcmp(j->certified_set, set->name) == 0
		       ? failure_none()
		       : refuse("the node joined by set \"%s\", which the policy does not have: it "
				"has to join again",
				 j->certified_set);
}

static struct failure check_role_joined(const struct judgement *j, const struct policy_set *set)
{
	return j->verdict->key != KEY_CERTIFIED || !set->role[0] ||
			       strcmp(j->certified_role, set->role) == 0
		       ? failure_none()
		       : refuse("the node joined in another role than set \"%s\" has now: it has "
				"to join again",
				 set->name);
}

static struct failure consider(const struct judgement *j, struct candidate *c)
{
	const struct policy_set *set = c->set;
	bool by_tpm = set->kinds & KIND(EVIDENCE_TPM2);
	struct failure f;

	c->nearness = OTHER_SET;
	if (by_tpm)
		TRY_FAILURE(check_set_joined(j, set));
	c->nearness = LACKS_KIND;
	if (by_tpm)
		TRY_FAILURE(check_role_joined(j, set));
	TRY_FAILURE(check_kinds(j, set, &c->nearness));
	c->nearness = KEY_UNTRUSTED;
	if (by_tpm && j->key_fault.happened)
		return j->key_fault;
	c->nearness = VALUES_DIFFER;
	if (by_tpm)
		TRY_FAILURE(judge_registers(j, set, &c->found));
	TRY_FAILURE(judge_platform(j, set, &c->found));
	TRY_FAILURE(check_seal(set, &c->found));
	c->nearness = UNKNOWN_NODE;
	f = judge_node(j, set, &c->found);
	if (c->found.revoked)
		c->nearness = REVOKED_NODE;
	TRY_FAILURE(f);
	c->nearness = TAKEN;
	return set->revoked ? refuse("set \"%s\" is revoked", set->name) : failure_none();
}

/* True when candidate a is to be preferred to b. */
static bool better(const struct candidate *a, const struct candidate *b)
{
	if (a->nearness != b->nearness)
		return a->nearness > b->nearness;
	if (a->nearness == VALUES_DIFFER)
		return __builtin_popcount(a->found.differing) <
		       __builtin_popcount(b->found.differing);
	if (a->nearness != TAKEN)
		return false;
	if (a->set->revoked != b->set->revoked)
		return !a->set->revoked;
	return a->set->epoch > b->set->epoch;
}

static void keep(const struct judgement *j, const struct candidate *c)
{
	const struct findings *found = &c->found;
	struct verdict *v = j->verdict;

	snprintf(v->set, sizeof(v->set), "%s", c->set->name);
	snprintf(v->role, sizeof(v->role), "%s",
		v->key == KEY_CERTIFIED && (c->set->kinds & KIND(EVIDENCE_TPM2)) ? j->certified_role
										 : c->set->role);
	v->epoch = c->set->epoch;
	v->differing = found->differing;
	v->warned = found->warned;
	v->capped = found->capped;
	v->os_separator = found->os_separator;
	v->rtmr3_sealed = found->rtmr3_sealed;
	v->fault = found->fault;
	v->has_node_id = found->has_node_id;
	memcpy(v->node_id, found->node_id, TPM_NAME_LEN);
	if (c->nearness != TAKEN)
		return;
	v->judged = c->set->kinds;
	/* What a TPM says beside it was not asked for. */
	if (!(c->set->kinds & KIND(EVIDENCE_TPM2))) {
		v->key = KEY_HARDWARE;
		v->quoted = false;
		v->node[0] = v->until[0] = 0;
		v->kinds &= ~KIND(EVIDENCE_TPM2);
		memset(v->ak_sha256, 0, sizeof(v->ak_sha256));
	}
}

static struct failure choose(const struct judgement *j)
{
	const struct policy *p = j->policy;
	struct candidate best = {.set = NULL};

	for (size_t i = 0; i < p->set_count; i++) {
		struct candidate one = {.set = &p->sets[i]};

		one.why = consider(j, &one);
		if (!best.set || better(&one, &best))
			best = one;
	}
	if (!best.set)
		return refuse("the policy has no sets");
	keep(j, &best);
	return best.why;
}

static struct failure judge(struct judgement *j, struct span nonce, struct span bytes)
{
	struct statement *m = &j->statement;
	struct verdict *v = j->verdict;

	if (!statement_get(bytes, m))
		return refuse("this is no statement of protostar attest");
	memcpy(v->version, m->version.data, m->version.len);
	if (m->nonce.len != nonce.len || memcmp(m->nonce.data, nonce.data, nonce.len) != 0)
		return refuse("the statement is about another nonce");
	if (!decode(j))
		return refuse("an item of the statement cannot be decoded");
	if (!statement_rd(m, j->rd))
		return refuse("the statement is too long");
	authenticate(j);
	v->kinds = j->good;
	return choose(j);
}

bool verdict_unsealed(const struct verdict *v)
{
	return v->good && !v->capped && !v->rtmr3_sealed;
}

void verify_judge(const struct policy *policy, const struct verify_trust *trust, struct span nonce,
	struct span statement, int64_t now_s, struct verdict *out)
{
	struct judgement j = {.policy = policy, .trust = trust, .now_s = now_s, .verdict = out};
	struct failure f;

	memset(out, 0, sizeof(*out));
	f = judge(&j, nonce, statement);
	out->good = !f.happened;
	if (f.happened)
		snprintf(out->why, sizeof(out->why), "%s", f.text);
}
