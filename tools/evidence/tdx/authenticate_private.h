/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of authenticate.h that needs no collateral, for the tests of recorded quotes. */
#ifndef TOOLS_EVIDENCE_TDX_AUTHENTICATE_PRIVATE_H
#define TOOLS_EVIDENCE_TDX_AUTHENTICATE_PRIVATE_H

#include "tools/evidence/tdx/pck.h"
#include "tools/evidence/tdx/quote.h"

/*
 * The path of the platform's key, the signatures, and the binding of the attestation key. It says
 * nothing of the report data and of the quoting enclave's identity.
 */
struct failure tdx_quote_genuine(const struct tdx_trust *t, const struct tdx_quote *q,
	int64_t now_s, struct tdx_pck *out_pck, struct tdx_qe_report *out_qe) MUST_CHECK;

#endif
