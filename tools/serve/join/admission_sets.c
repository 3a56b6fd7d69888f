/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sets of the policy take a node by its evidence, which is genuine. */
#include <stdio.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tools/evidence/snp/judge.h"
#include "tools/evidence/tdx/judge.h"
#include "tools/serve/join/admission.h"
#include "tools/serve/join/admission_kinds.h"
#include "tools/serve/join/node_id.h"

/* How near a set came; of those that did not take the node, the nearest is named. */
enum nearness {
	LACKS_KIND,
	KIND_FAILED,
	REGISTERS_DIFFER,
	VALUES_DIFFER,
	UNKNOWN_NODE,
	TAKEN,
};

struct candidate {
	const struct policy_set *set;
	enum nearness nearness;
	struct denial why;
	struct policy_match match;
	uint8_t node_id[TPM_NAME_LEN];
};

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

static struct denial deny_values(enum evidence_fault fault, struct failure f)
{
	return (struct denial){
		.code = fault == FAULT_MEASUREMENT ? E_DENY_MEASUREMENTS : E_DENY_PLATFORM,
		.kind = DENIAL_FAILURE,
		.failure = f,
	};
}

/* All kinds that the set demands have come, and are genuine. */
static struct denial check_kinds(
	const struct policy_set *set, const struct proven *proven, enum nearness *out)
{
	uint32_t lacking = set->kinds & ~proven->good;

	if (!lacking)
		return denial_none();
	*out = lacking & ~proven->sent ? LACKS_KIND : KIND_FAILED;
	if (*out == LACKS_KIND)
		return (struct denial){.code = E_DENY_KIND,
			.kind = DENIAL_OFFER,
			.numbers = {PURPOSE_JOIN, proven->sent}};
	return proven->faults[__builtin_ctz(lacking)];
}

/* The reports that the set's "snp" and "tdx" are about. */
static const struct snp_report *snp_of(const struct policy_set *set, const struct proven *proven)
{
	if (set->azure)
		return &proven->hcl_snp;
	return set->snp ? &proven->snp : &proven->svsm;
}

static const struct tdx_report *tdx_of(const struct policy_set *set, const struct proven *proven)
{
	return set->azure ? &proven->hcl_tdx : &proven->tdx;
}

/* Azure's: the claims, and the report of the hardware that they were made on. */
static struct failure judge_azure(const struct policy *p, const struct policy_set *set,
	const struct proven *proven, enum evidence_fault *fault)
{
	TRY_FAILURE(hcl_judge(set->azure, &proven->hcl, fault));
	*fault = FAULT_PLATFORM;
	if (proven->hcl.kind == HCL_SNP)
		return set->snp ? snp_judge(p->snp, set->snp, &proven->hcl_snp, fault)
				: refuse("the set expects TDX, and the machine has SEV-SNP");
	return set->tdx ? tdx_judge(p->tdx, set->tdx, &proven->hcl_tdx, fault)
			: refuse("the set expects SEV-SNP, and the machine has TDX");
}

static struct failure judge_reports(const struct policy *p, const struct policy_set *set,
	const struct proven *proven, enum evidence_fault *fault)
{
	if (set->svsm)
		TRY_FAILURE(snp_judge(p->snp, set->svsm, &proven->svsm, fault));
	if (set->azure)
		return judge_azure(p, set, proven, fault);
	if (set->snp)
		TRY_FAILURE(snp_judge(p->snp, set->snp, &proven->snp, fault));
	return set->tdx ? tdx_judge(p->tdx, set->tdx, &proven->tdx, fault) : failure_none();
}

static struct denial check_values(
	const struct policy *p, const struct policy_set *set, const struct proven *proven)
{
	enum evidence_fault fault = FAULT_PLATFORM;
	struct failure f = judge_reports(p, set, proven, &fault);

	return f.happened ? deny_values(fault, f) : denial_none();
}

/* Somebody answers for the attestation key: its TPM's EK, who certified it, or a paravisor. */
static struct denial check_vouched(const struct policy_set *set, const struct admission *a)
{
	if ((set->kinds & KIND_BIT(EVIDENCE_TPM2)) && !a->has_ek && !a->ak_certified && !set->azure)
		return deny(E_DENY_IDENTITY, "nobody answers for the attestation key");
	return denial_none();
}

/* The processor that the set's report is of: with "azure", the one that the machine has. */
static bool is_of_tdx(const struct policy_set *set, const struct proven *proven)
{
	return set->azure ? proven->hcl.kind == HCL_TDX : !set->snp && !set->svsm;
}

/* What the processor's report says that a node can be known by; empty: nothing of that kind. */
static struct span hardware_value(const struct policy_set *set, const struct proven *proven)
{
	const struct snp_report *snp = snp_of(set, proven);
	const struct tdx_report *tdx = tdx_of(set, proven);
	bool of_tdx = is_of_tdx(set, proven);

	switch (set->recognise) {
	case RECOGNISE_CHIP:
		if (of_tdx)
			return (struct span){tdx->ppid, TDX_PPID_LEN};
		return (struct span){
			snp->chip_id, snp_report_names_chip(snp) ? SNP_CHIP_ID_LEN : 0};
	case RECOGNISE_HOST_DATA:
		return (struct span){snp->host_data, of_tdx ? 0 : SNP_HOST_DATA_LEN};
	default:
		return (struct span){tdx->body.mrconfigid, of_tdx ? TDX_DIGEST_LEN : 0};
	}
}

static struct denial recognise_hardware(
	const struct policy_set *set, const struct proven *proven, uint8_t out[TPM_NAME_LEN])
{
	struct span value = hardware_value(set, proven);

	/* Zeros are what stands there when nobody gave a value: every machine's. */
	if (snp_is_zero(value.data, value.len))
		return deny(E_DENY_IDENTITY, "the hardware's report has no value that the set "
					     "knows its nodes by");
	node_id_of(set->recognise, value, out);
	return denial_none();
}

/* What the set knows its nodes by. Nothing stands in for what is not there. */
static struct denial recognise(const struct policy_set *set, const struct proven *proven,
	const struct admission *a, uint8_t out[TPM_NAME_LEN])
{
	switch (set->recognise) {
	case RECOGNISE_EK:
		if (!a->has_ek)
			return deny(E_DENY_IDENTITY,
				"the set knows nodes by their endorsement key, "
				"and there is none");
		memcpy(out, a->ek.node_id, TPM_NAME_LEN);
		return denial_none();
	case RECOGNISE_AK:
		if (!a->ak_certified && !set->azure)
			return deny(E_DENY_IDENTITY, "nobody certified the attestation key");
		node_id_of(RECOGNISE_AK, (struct span){a->ak.node_id, TPM_NAME_LEN}, out);
		return denial_none();
	case RECOGNISE_CHIP:
	case RECOGNISE_HOST_DATA:
	case RECOGNISE_CONFIG_ID:
		return recognise_hardware(set, proven, out);
	case RECOGNISE_TICKET:
		node_id_of(RECOGNISE_TICKET, (struct span){a->disk_id, DISK_ID_LEN}, out);
		return denial_none();
	case RECOGNISE_SET:
		node_id_of_set(set->family, set->role, a->disk_id, out);
		return denial_none();
	default:
		return deny(E_DENY_IDENTITY, "the set says nothing that this node is known by");
	}
}

static struct denial consider(const struct policy *p, const struct proven *proven,
	const struct admission *a, struct candidate *out)
{
	TRY_DENIAL(check_kinds(out->set, proven, &out->nearness));
	out->nearness = REGISTERS_DIFFER;
	if (out->set->kinds & KIND_BIT(EVIDENCE_TPM2)) {
		out->match = policy_compare(p, out->set, a->pcr_values);
		if (!out->match.matched)
			return deny_measurements(&out->match);
	}
	out->nearness = VALUES_DIFFER;
	TRY_DENIAL(check_values(p, out->set, proven));
	out->nearness = UNKNOWN_NODE;
	TRY_DENIAL(check_vouched(out->set, a));
	TRY_DENIAL(recognise(out->set, proven, a, out->node_id));
	out->nearness = TAKEN;
	return denial_none();
}

/* True when candidate a is to be preferred to b. */
static bool better(const struct candidate *a, const struct candidate *b)
{
	if (a->nearness != b->nearness)
		return a->nearness > b->nearness;
	if (a->nearness == REGISTERS_DIFFER)
		return __builtin_popcount(a->match.differing) <
		       __builtin_popcount(b->match.differing);
	return a->nearness == TAKEN && policy_set_better(a->set, b->set);
}

struct denial admission_choose(
	const struct policy *p, const struct proven *proven, struct admission *a)
{
	struct candidate best = {.set = NULL};

	for (size_t i = 0; i < p->set_count; i++) {
		struct candidate one = {.set = &p->sets[i]};

		one.why = consider(p, proven, a, &one);
		if (one.nearness == TAKEN) {
			struct admission_set *taken = &a->sets[a->set_count++];

			taken->index = i;
			memcpy(taken->node_id, one.node_id, TPM_NAME_LEN);
		}
		if (!best.set || better(&one, &best))
			best = one;
	}
	snprintf(a->set_name, sizeof(a->set_name), "%s", best.set->name);
	a->differing = best.match.differing;
	a->warned = best.match.warned;
	return best.why;
}
