/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a TDX quote is genuine, and of this connection.
 *
 * The platform's key (PCK) is certified by Intel to a root given by file, unrevoked, at the given
 * time; it signed the report of Intel's TD quoting enclave, which is the one that Intel's signed
 * identity describes, and which vouches for the attestation key; that key signed the quote's bytes
 * as they were received; the report data are these 64 bytes. How current the platform is, is worked
 * out from Intel's signed TCB info and reported. Whether a policy wants such a TD is another
 * question: judge.h.
 */
#ifndef TOOLS_EVIDENCE_TDX_AUTHENTICATE_H
#define TOOLS_EVIDENCE_TDX_AUTHENTICATE_H

#include "tools/evidence/tdx/trust.h"

/*
 * quote: as received; only zero bytes may follow it. report_data: what the TD must have put into
 * its report, all of it; 64 zero bytes are no expectation and refused. now_s: seconds since 1970.
 * A platform for which Intel's collateral has no level is no failure: its status says so.
 */
struct failure tdx_authenticate(const struct tdx_trust *t, struct span quote,
	const uint8_t report_data[static TDX_REPORT_DATA_LEN], int64_t now_s,
	struct tdx_report *out) MUST_CHECK;

#endif
