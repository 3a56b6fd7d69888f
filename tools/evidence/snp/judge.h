/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a report that is genuine is one that the policy and one of its sets want. */
#ifndef TOOLS_EVIDENCE_SNP_JUDGE_H
#define TOOLS_EVIDENCE_SNP_JUDGE_H

#include "tools/evidence/fault.h"
#include "tools/evidence/snp/expected.h"
#include "tools/evidence/snp/trust.h"

/*
 * t: its product lines and chips. r: out of snp_authenticate(). After a failure *out_fault says
 * what kind it is: FAULT_MEASUREMENT when the launch digest is none that the set allows and all
 * else fits, FAULT_PLATFORM otherwise.
 */
struct failure snp_judge(const struct snp_trust *t, const struct snp_expected *e,
	const struct snp_report *r, enum evidence_fault *out_fault) MUST_CHECK;

#endif
