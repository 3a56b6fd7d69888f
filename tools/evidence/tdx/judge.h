/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a TDX quote that is genuine is one that the policy and one of its sets want. */
#ifndef TOOLS_EVIDENCE_TDX_JUDGE_H
#define TOOLS_EVIDENCE_TDX_JUDGE_H

#include "tools/evidence/fault.h"
#include "tools/evidence/tdx/expected.h"
#include "tools/evidence/tdx/trust.h"

/*
 * t: its platforms. r: out of tdx_authenticate(). Whatever a set says, a TD with DEBUG or a
 * reserved attribute is refused, one that can be migrated unless "td_attributes" asks for it.
 * After a failure *out_fault says what kind it is: FAULT_MEASUREMENT when MRTD or an RTMR is none
 * that the set allows and all else fits, FAULT_PLATFORM otherwise.
 */
struct failure tdx_judge(const struct tdx_trust *t, const struct tdx_expected *e,
	const struct tdx_report *r, enum evidence_fault *out_fault) MUST_CHECK;

#endif
