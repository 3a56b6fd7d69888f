/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/expected.h"

#include <string.h>

static const char *const names[TDX_MEMBERS] = {
	[TDX_TCB] = "tcb",
	[TDX_MRSIGNERSEAM] = "mrsignerseam",
	[TDX_MRSEAM] = "mrseam",
	[TDX_TD_ATTRIBUTES] = "td_attributes",
	[TDX_SEPT_VE] = "sept_ve_disable",
	[TDX_XFAM] = "xfam",
	[TDX_MRSERVICETD] = "mrservicetd",
	[TDX_MRCONFIGID] = "mrconfigid",
	[TDX_MROWNER] = "mrowner",
	[TDX_MROWNERCONFIG] = "mrownerconfig",
	[TDX_MRTD] = "mrtd",
	[TDX_RTMR0] = "rtmr0",
	[TDX_RTMR1] = "rtmr1",
	[TDX_RTMR2] = "rtmr2",
	[TDX_RTMR3] = "rtmr3",
};

const char *tdx_member_name(enum tdx_member m)
{
	return m < TDX_MEMBERS ? names[m] : "unknown";
}

bool tdx_member_is_digest(enum tdx_member m)
{
	return m != TDX_TCB && m != TDX_TD_ATTRIBUTES && m != TDX_SEPT_VE && m != TDX_XFAM;
}

/* A member that is given says something. */
static bool has_value(const struct tdx_expected *e, enum tdx_member m)
{
	if (m == TDX_TD_ATTRIBUTES)
		return e->td_attributes.mask;
	if (m == TDX_XFAM)
		return e->xfam.mask;
	return !tdx_member_is_digest(m) || e->values[m].count;
}

struct failure tdx_expected_complete(const struct tdx_expected *e)
{
	for (enum tdx_member m = 0; m < TDX_MEMBERS; m++) {
		uint32_t bit = TDX_MEMBER_BIT(m);

		if (e->given & e->waived & bit)
			return refuse("\"%s\" is there, and waived", names[m]);
		if (e->waived & bit & TDX_NEVER_WAIVED)
			return refuse("\"%s\" cannot be waived", names[m]);
		if (!((e->given | e->waived | TDX_DEFAULTED) & bit))
			return refuse(
				"\"%s\" is missing: give it, or name it in \"waive\"", names[m]);
		if ((e->given & bit) && !has_value(e, m))
			return refuse("\"%s\" has no value", names[m]);
	}
	return failure_none();
}

bool tdx_expected_sealed(const struct tdx_expected *e)
{
	static const uint8_t unextended[TDX_DIGEST_LEN];
	const struct tdx_digests *values = &e->values[TDX_RTMR3];

	if (e->waived & TDX_MEMBER_BIT(TDX_RTMR3))
		return false;
	for (size_t i = 0; i < values->count; i++)
		if (memcmp(values->list[i], unextended, TDX_DIGEST_LEN) != 0)
			return false;
	return true;
}
