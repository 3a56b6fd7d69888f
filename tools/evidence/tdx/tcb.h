/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How current a platform is (Intel's quote verification library, 4.1.2.4: platform, TDX module and
 * quoting enclave, each by its own levels, and the worst of the three).
 */
#ifndef TOOLS_EVIDENCE_TDX_TCB_H
#define TOOLS_EVIDENCE_TDX_TCB_H

#include "tools/evidence/tdx/collateral.h"
#include "tools/evidence/tdx/pck.h"
#include "tools/evidence/tdx/quote.h"

/* The merged status of two parts of a platform: the worse, or what both together ask for. */
enum tdx_status tdx_status_merge(enum tdx_status a, enum tdx_status b);

/* The enclave is the one that Intel's identity describes. */
struct failure tdx_qe_check(
	const struct tdx_qe_identity *q, const struct tdx_qe_report *report) MUST_CHECK;

/*
 * qe_isvsvn: of the quoting enclave. A module that the TCB info does not describe, or whose signer
 * or attributes are others, is a failure; versions below every level are TDX_NOT_SUPPORTED.
 *
 * A TD report 1.5 names two TDX modules: the one that started the TD and the one that runs now.
 * Both are judged. Where only the first is out of date, the status is TDX_RELAUNCH...; where the
 * second is worse than the first, it is the second's.
 */
struct failure tdx_tcb_evaluate(const struct tdx_tcb_info *info, const struct tdx_qe_identity *q,
	const struct tdx_pck *pck, const struct tdx_body *body, uint16_t qe_isvsvn,
	struct tdx_tcb *out) MUST_CHECK;

#endif
