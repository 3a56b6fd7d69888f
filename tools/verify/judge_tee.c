/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of the processor: genuine and about the statement, their values, and whose they are. */
#include "tools/verify/judge_private.h"

#include <string.h>

#include "early/contract/pcr15.h"
#include "tools/evidence/snp/authenticate.h"
#include "tools/evidence/snp/judge.h"
#include "tools/evidence/tdx/authenticate.h"
#include "tools/evidence/tdx/judge.h"
#include "tools/lib/bank.h"
#include "tools/serve/join/node_id.h"

_Static_assert(SNP_REPORT_DATA_LEN == TDX_REPORT_DATA_LEN, "both have the same place for rd");

/* rd and 32 zero bytes. */
static void report_data(const struct judgement *j, uint8_t out[SNP_REPORT_DATA_LEN])
{
	memset(out, 0, SNP_REPORT_DATA_LEN);
	memcpy(out, j->rd, RD_LEN);
}

struct failure judge_snp_report(struct judgement *j)
{
	uint8_t data[SNP_REPORT_DATA_LEN];

	report_data(j, data);
	return snp_authenticate(
		j->policy->snp, j->snp.report, j->snp.table, data, j->now_s, &j->verdict->snp);
}

struct failure judge_tdx_quote(struct judgement *j)
{
	uint8_t data[TDX_REPORT_DATA_LEN];

	report_data(j, data);
	return tdx_authenticate(j->policy->tdx, j->tdx.quote, data, j->now_s, &j->verdict->tdx);
}

/* The set's values of RTMR 3, which are those of a join: zeros when it says nothing. */
static struct tdx_digests values_at_join(const struct tdx_expected *e)
{
	struct tdx_digests values = e->values[TDX_RTMR3];

	if (!(e->given & TDX_MEMBER_BIT(TDX_RTMR3))) {
		memset(&values, 0, sizeof(values));
		values.count = 1;
	}
	return values;
}

static bool is_among(const struct tdx_digests *values, const uint8_t value[TDX_DIGEST_LEN])
{
	for (size_t i = 0; i < values->count; i++)
		if (memcmp(values->list[i], value, TDX_DIGEST_LEN) == 0)
			return true;
	return false;
}

/* As PID 1 extends it before init runs (early/tee). */
static void extend_all(struct tdx_digests *values)
{
	for (size_t i = 0; i < values->count; i++)
		bank_extend_text(BANK_SHA384, values->list[i], PCR15_SEALED);
}

static struct failure check_rtmr3(const struct tdx_expected *e, const struct tdx_report *r)
{
	const uint8_t *value = r->body.rtmr[3];
	struct tdx_digests values = values_at_join(e);

	if (is_among(&values, value))
		return refuse("RTMR 3 is not extended: this was made before the hand-over to init");
	extend_all(&values);
	return is_among(&values, value)
		       ? failure_none()
		       : refuse("RTMR 3 is not what a hand-over leaves in it: PID 1 failed, or "
				"something extended it since");
}

static struct failure judge_td(
	const struct judgement *j, const struct tdx_expected *e, struct findings *out)
{
	struct tdx_expected rest = *e;
	const struct tdx_report *r = &j->verdict->tdx;

	/* RTMR 3 is another one now than at the join that the set is about. */
	rest.given &= ~TDX_MEMBER_BIT(TDX_RTMR3);
	rest.waived |= TDX_MEMBER_BIT(TDX_RTMR3);
	TRY_FAILURE(tdx_expected_complete(e));
	TRY_FAILURE(tdx_judge(j->policy->tdx, &rest, r, &out->fault));
	if (e->waived & TDX_MEMBER_BIT(TDX_RTMR3))
		return failure_none();
	out->fault = FAULT_MEASUREMENT;
	TRY_FAILURE(check_rtmr3(e, r));
	out->fault = FAULT_NONE;
	out->rtmr3_sealed = true;
	return failure_none();
}

/* Of a set with "azure" or "svsm" nothing comes here: statements do not carry those kinds. */
struct failure judge_platform(
	const struct judgement *j, const struct policy_set *set, struct findings *out)
{
	if (set->snp)
		TRY_FAILURE(snp_judge(j->policy->snp, set->snp, &j->verdict->snp, &out->fault));
	return set->tdx ? judge_td(j, set->tdx, out) : failure_none();
}

/* What the set knows its nodes by; empty: nothing that a report says. */
static struct span node_value(const struct policy_set *set, const struct verdict *v)
{
	switch (set->recognise) {
	case RECOGNISE_CHIP:
		return set->snp ? (struct span){v->snp.chip_id, SNP_CHIP_ID_LEN}
				: (struct span){v->tdx.ppid, TDX_PPID_LEN};
	case RECOGNISE_HOST_DATA:
		return (struct span){v->snp.host_data, set->snp ? SNP_HOST_DATA_LEN : 0};
	case RECOGNISE_CONFIG_ID:
		return (struct span){v->tdx.body.mrconfigid, set->snp ? 0 : TDX_DIGEST_LEN};
	default:
		return (struct span){NULL, 0};
	}
}

/* What is asked for beside the processor's word can only be shown by the node that it is. */
static struct failure check_identity(const struct policy *p, const struct policy_set *set)
{
	unsigned rules = p->identity.rules;

	if (rules & (IDENTITY_EK_CERTIFICATE | IDENTITY_AK_CERTIFICATE))
		return refuse("the policy's \"identity\" wants a certified TPM, and none quoted");
	if ((rules & (IDENTITY_LISTED | IDENTITY_APPROVAL)) || set->listed_only)
		return refuse("the policy admits only nodes that an operator named: say which by "
			      "--id, as protostar node list --full prints it");
	return failure_none();
}

/* Zeros are what stands there when nobody gave a value: every machine's. */
static struct failure find_node(
	const struct judgement *j, const struct policy_set *set, struct findings *out)
{
	struct span value = node_value(set, j->verdict);

	if (set->recognise != RECOGNISE_CHIP && set->recognise != RECOGNISE_HOST_DATA &&
		set->recognise != RECOGNISE_CONFIG_ID)
		return failure_none();
	if (snp_is_zero(value.data, value.len))
		return refuse("the report has no value that the set knows its nodes by");
	node_id_of(set->recognise, value, out->node_id);
	out->has_node_id = true;
	out->revoked = policy_node_revoked(j->policy, out->node_id);
	return out->revoked ? refuse("the node is revoked") : failure_none();
}

struct failure judge_node(
	const struct judgement *j, const struct policy_set *set, struct findings *out)
{
	const uint8_t *named = j->trust->node_id;

	TRY_FAILURE(find_node(j, set, out));
	if (set->kinds & KIND(EVIDENCE_TPM2)) {
		if (!j->has_certified_id)
			return failure_none();
		if (out->has_node_id && memcmp(out->node_id, j->certified_id, TPM_NAME_LEN) != 0)
			return refuse(
				"the processor's report is of another node than the certificate");
		memcpy(out->node_id, j->certified_id, TPM_NAME_LEN);
		out->has_node_id = true;
		return failure_none();
	}
	if (!named)
		return check_identity(j->policy, set);
	if (!out->has_node_id)
		return refuse("the set knows its nodes by their disks: nothing here says which "
			      "node it is");
	return memcmp(named, out->node_id, TPM_NAME_LEN) == 0
		       ? failure_none()
		       : refuse("it is another node than the one named");
}
