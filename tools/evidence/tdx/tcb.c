/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/tcb.h"

#include <stdio.h>
#include <string.h>

/* Bytes that a module of version 0 and later ones give no level for: they have levels of their own.
 */
#define MODULE_SVNS 2u

/* Places in TEE_TCB_SVN. */
#define MODULE_SVN     0
#define MODULE_VERSION 1

static bool masked_equal(
	const uint8_t *value, const uint8_t *mask, const uint8_t *wanted, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((value[i] & mask[i]) != (wanted[i] & mask[i]))
			return false;
	return true;
}

struct failure tdx_qe_check(const struct tdx_qe_identity *q, const struct tdx_qe_report *report)
{
	if (memcmp(report->mrsigner, q->mrsigner, sizeof(q->mrsigner)) != 0)
		return refuse("the quoting enclave is not Intel's: its MRSIGNER is another");
	if (report->isvprodid != q->isvprodid)
		return refuse("the quoting enclave is another product of Intel's: ISVPRODID %u",
			report->isvprodid);
	if (!masked_equal(
		    report->miscselect, q->miscselect_mask, q->miscselect, sizeof(q->miscselect)))
		return refuse("the quoting enclave's MISCSELECT is not as Intel's identity says");
	if (!masked_equal(
		    report->attributes, q->attributes_mask, q->attributes, sizeof(q->attributes)))
		return refuse("the quoting enclave's ATTRIBUTES are not as Intel's identity says");
	return failure_none();
}

static struct failure add_advisories(struct tdx_advisories *to, const struct tdx_advisories *from)
{
	for (size_t i = 0; i < from->count; i++) {
		size_t at = 0;

		while (at < to->count && strcmp(to->ids[at], from->ids[i]) != 0)
			at++;
		if (at < to->count)
			continue;
		if (to->count == TDX_ADVISORIES_MAX)
			return refuse(
				"more than %u advisories concern the platform", TDX_ADVISORIES_MAX);
		snprintf(to->ids[to->count++], TDX_ADVISORY_MAX, "%s", from->ids[i]);
	}
	return failure_none();
}

/* The first level that this version reaches; its advisories go into the list. */
static struct failure svn_status(const struct tdx_svn_levels *levels, uint32_t isvsvn,
	enum tdx_status *out, struct tdx_advisories *advisories)
{
	for (size_t i = 0; i < levels->count; i++) {
		if (isvsvn < levels->list[i].isvsvn)
			continue;
		*out = levels->list[i].status;
		return add_advisories(advisories, &levels->list[i].advisories);
	}
	*out = TDX_NOT_SUPPORTED;
	return failure_none();
}

static struct failure find_module(
	const struct tdx_tcb_info *info, uint8_t version, const struct tdx_module **out)
{
	*out = &info->module;
	if (!version)
		return failure_none();
	for (size_t i = 0; i < info->module_count; i++) {
		*out = &info->modules[i];
		if (info->modules[i].version == version)
			return failure_none();
	}
	return refuse("Intel's TCB info does not know the TDX module TDX_%02X", version);
}

static struct failure module_status(const struct tdx_tcb_info *info, const struct tdx_body *body,
	const uint8_t svns[TDX_SVNS], enum tdx_status *out, struct tdx_advisories *advisories)
{
	static const uint8_t no_attributes[8];
	const struct tdx_module *m;

	TRY_FAILURE(find_module(info, svns[MODULE_VERSION], &m));
	if (memcmp(body->mrsignerseam, m->mrsigner, sizeof(m->mrsigner)) != 0)
		return refuse("the TDX module's signer (MRSIGNERSEAM) is not the one in Intel's "
			      "TCB info");
	if (!masked_equal(body->seam_attributes, m->mask, m->attributes, sizeof(m->mask)) ||
		(m->version && memcmp(body->seam_attributes, no_attributes, 8) != 0))
		return refuse("the TDX module's attributes are not those in Intel's TCB info");
	*out = TDX_NO_STATUS;
	return m->version ? svn_status(&m->levels, svns[MODULE_SVN], out, advisories)
			  : failure_none();
}

static bool reaches(
	const struct tdx_tcb_level *level, const struct tdx_pck *pck, const uint8_t svns[TDX_SVNS])
{
	if (pck->pcesvn < level->pcesvn)
		return false;
	for (size_t i = 0; i < TDX_SVNS; i++)
		if (pck->svn[i] < level->sgx[i])
			return false;
	for (size_t i = svns[MODULE_VERSION] ? MODULE_SVNS : 0; i < TDX_SVNS; i++)
		if (svns[i] < level->tdx[i])
			return false;
	return true;
}

static struct failure platform_status(const struct tdx_tcb_info *info, const struct tdx_pck *pck,
	const uint8_t svns[TDX_SVNS], enum tdx_status *out, struct tdx_advisories *advisories)
{
	for (size_t i = 0; i < info->level_count; i++) {
		if (!reaches(&info->levels[i], pck, svns))
			continue;
		*out = info->levels[i].status;
		return add_advisories(advisories, &info->levels[i].advisories);
	}
	*out = TDX_NOT_SUPPORTED;
	return failure_none();
}

/* TD-preserving updates: old at launch, and what runs now is good. */
static enum tdx_status both_statuses(const struct tdx_tcb *tcb)
{
	bool old = tcb->launch == TDX_OUT_OF_DATE || tcb->launch == TDX_OUT_OF_DATE_CONFIGURATION;

	if (!old || tcb->qe >= TDX_OUT_OF_DATE || tcb->current >= TDX_RELAUNCH)
		return tdx_status_merge(tcb->launch, tcb->current);
	return tcb->current >= TDX_CONFIGURATION || tcb->launch == TDX_OUT_OF_DATE_CONFIGURATION
		       ? TDX_RELAUNCH_CONFIGURATION
		       : TDX_RELAUNCH;
}

struct failure tdx_tcb_evaluate(const struct tdx_tcb_info *info, const struct tdx_qe_identity *q,
	const struct tdx_pck *pck, const struct tdx_body *body, uint16_t qe_isvsvn,
	struct tdx_tcb *out)
{
	struct tdx_tcb tcb = {.platform = TDX_NOT_SUPPORTED};
	enum tdx_status platform = TDX_NOT_SUPPORTED, module = TDX_NOT_SUPPORTED;

	TRY_FAILURE(svn_status(&q->levels, qe_isvsvn, &tcb.qe, &tcb.advisories));
	TRY_FAILURE(module_status(info, body, body->tee_tcb_svn, &tcb.module, &tcb.advisories));
	TRY_FAILURE(platform_status(info, pck, body->tee_tcb_svn, &tcb.platform, &tcb.advisories));
	tcb.launch = tdx_status_merge(tdx_status_merge(tcb.platform, tcb.module), tcb.qe);
	tcb.current = tcb.launch;
	if (body->is_15) {
		TRY_FAILURE(
			module_status(info, body, body->tee_tcb_svn_2, &module, &tcb.advisories));
		TRY_FAILURE(platform_status(
			info, pck, body->tee_tcb_svn_2, &platform, &tcb.advisories));
		tcb.current = tdx_status_merge(tdx_status_merge(platform, module), tcb.qe);
	}
	tcb.status = both_statuses(&tcb);
	*out = tcb;
	return failure_none();
}
