/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/judge.h"

#include <string.h>

static const uint8_t zeros[TDX_DIGEST_LEN];

static bool listed(const struct tdx_platforms *list, const uint8_t ppid[TDX_PPID_LEN])
{
	for (size_t i = 0; i < list->count; i++)
		if (memcmp(list->ppids[i], ppid, TDX_PPID_LEN) == 0)
			return true;
	return false;
}

static struct failure judge_platform(const struct tdx_trust *t, const struct tdx_report *r)
{
	if (listed(&t->deny, r->ppid))
		return refuse("the platform is on the policy's list of those that are denied");
	if (t->allow.count && !listed(&t->allow, r->ppid))
		return refuse("the platform is not on the policy's list of those that are allowed");
	return failure_none();
}

static bool has_advisory(const struct tdx_advisories *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->ids[i], id) == 0)
			return true;
	return false;
}

static struct failure judge_tcb(const struct tdx_expected *e, const struct tdx_report *r)
{
	enum tdx_status s = r->tcb.status;

	if (s == TDX_UP_TO_DATE)
		return failure_none();
	if (s <= TDX_NO_STATUS || s >= TDX_REVOKED || !(e->statuses & 1u << s))
		return refuse("the platform's TCB is %s, and the set does not allow that: update "
			      "the host, or name the status in \"tcb\"",
			tdx_status_name(s));
	for (size_t i = 0; i < r->tcb.advisories.count; i++)
		if (!has_advisory(&e->advisories[s], r->tcb.advisories.ids[i]))
			return refuse("the platform's TCB is %s because of %s, which the set does "
				      "not name",
				tdx_status_name(s), r->tcb.advisories.ids[i]);
	return failure_none();
}

/* The bits that nobody asked for have their usual values; those that are asked for, the set's. */
static struct failure judge_attributes(const struct tdx_expected *e, uint64_t attributes)
{
	const struct tdx_bits *want = &e->td_attributes;
	bool sept_ve = e->waived & TDX_MEMBER_BIT(TDX_SEPT_VE);

	if (attributes & TDX_DEBUG)
		return refuse("the TD can be debugged: its host reads its memory");
	if (attributes & TDX_ATTRIBUTES_UNTRUSTED)
		return refuse("the TD has a reserved attribute that makes it untrusted");
	if (attributes & ~want->mask & ~TDX_ATTRIBUTES_KNOWN)
		return refuse("the TD has an attribute that is not known here: name it in "
			      "\"td_attributes\"");
	if ((attributes & want->mask) != want->value)
		return refuse("the TD's attributes %016llx are not as \"td_attributes\" wants",
			(unsigned long long)attributes);
	if (attributes & ~want->mask & TDX_MIGRATABLE)
		return refuse("the TD can be migrated to another platform");
	if (~attributes & ~want->mask & TDX_SEPT_VE_DISABLE && !sept_ve)
		return refuse("the TD has not SEPT_VE_DISABLE set: its host can interrupt it at "
			      "any page");
	return failure_none();
}

static struct failure judge_xfam(const struct tdx_expected *e, uint64_t xfam)
{
	const struct tdx_bits *want = &e->xfam;

	if ((xfam & TDX_XFAM_FIXED) != TDX_XFAM_FIXED || (xfam & ~want->mask & ~TDX_XFAM_KNOWN) ||
		(xfam & want->mask) != want->value)
		return refuse(
			"the TD's XFAM %016llx is not as the set wants", (unsigned long long)xfam);
	return failure_none();
}

/* A TD that a service TD is bound to can be migrated by it. A report 1.0 does not name one; of it
 * judge_attributes() asks that it cannot be migrated. */
static struct failure judge_service_td(const struct tdx_expected *e, const struct tdx_report *r)
{
	if (r->body.is_15 || e->waived & TDX_MEMBER_BIT(TDX_MRSERVICETD))
		return failure_none();
	if (e->given & TDX_MEMBER_BIT(TDX_MRSERVICETD))
		return refuse("the quote has a TD report 1.0, which has no MRSERVICETD");
	if (r->body.td_attributes & TDX_MIGRATABLE)
		return refuse("the TD can be migrated, and its report does not say by whom");
	return failure_none();
}

static const uint8_t *value_of(const struct tdx_body *b, enum tdx_member m)
{
	switch (m) {
	case TDX_MRSIGNERSEAM:
		return b->mrsignerseam;
	case TDX_MRSEAM:
		return b->mrseam;
	case TDX_MRSERVICETD:
		return b->mrservicetd;
	case TDX_MRCONFIGID:
		return b->mrconfigid;
	case TDX_MROWNER:
		return b->mrowner;
	case TDX_MROWNERCONFIG:
		return b->mrownerconfig;
	case TDX_MRTD:
		return b->mrtd;
	case TDX_RTMR0:
	case TDX_RTMR1:
	case TDX_RTMR2:
	case TDX_RTMR3:
		return b->rtmr[m - TDX_RTMR0];
	default:
		return NULL;
	}
}

/* Any of the set's values; one that has a value when nothing is said is zeros then. */
static struct failure judge_value(
	const struct tdx_expected *e, const struct tdx_body *b, enum tdx_member m)
{
	const struct tdx_digests *want = &e->values[m];
	const uint8_t *value = value_of(b, m);

	if (e->waived & TDX_MEMBER_BIT(m))
		return failure_none();
	if (!(e->given & TDX_MEMBER_BIT(m)) && memcmp(value, zeros, TDX_DIGEST_LEN) == 0)
		return failure_none();
	for (size_t i = 0; i < want->count; i++)
		if (memcmp(value, want->list[i], TDX_DIGEST_LEN) == 0)
			return failure_none();
	return refuse("the TD's %s is none that the set allows%s", tdx_member_name(m),
		m == TDX_RTMR3 ? ": it was extended, so PID 1 has handed over" : "");
}

static struct failure judge_values(const struct tdx_expected *e, const struct tdx_body *b,
	enum tdx_member first, enum tdx_member last)
{
	for (enum tdx_member m = first; m <= last; m++)
		if (tdx_member_is_digest(m))
			TRY_FAILURE(judge_value(e, b, m));
	return failure_none();
}

struct failure tdx_judge(const struct tdx_trust *t, const struct tdx_expected *e,
	const struct tdx_report *r, enum evidence_fault *out_fault)
{
	*out_fault = FAULT_PLATFORM;
	TRY_FAILURE(tdx_expected_complete(e));
	TRY_FAILURE(judge_platform(t, r));
	TRY_FAILURE(judge_tcb(e, r));
	TRY_FAILURE(judge_attributes(e, r->body.td_attributes));
	TRY_FAILURE(judge_xfam(e, r->body.xfam));
	TRY_FAILURE(judge_service_td(e, r));
	TRY_FAILURE(judge_values(e, &r->body, TDX_MRSIGNERSEAM, TDX_MROWNERCONFIG));
	*out_fault = FAULT_MEASUREMENT;
	TRY_FAILURE(judge_values(e, &r->body, TDX_MRTD, TDX_RTMR3));
	*out_fault = FAULT_NONE;
	return failure_none();
}
