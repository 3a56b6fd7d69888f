/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an SEV-SNP report is genuine, and of this connection.
 *
 * The key that signed it is certified by AMD along VCEK or VLEK, ASK or ASVK, to a root given by
 * file, at the given time; the certificate is of the report's product line, chip, TCB and kind of
 * key; the signature is over the bytes as they were received; the report data are these 64 bytes.
 * Whether a policy wants such a report is another question: judge.h.
 */
#ifndef TOOLS_EVIDENCE_SNP_AUTHENTICATE_H
#define TOOLS_EVIDENCE_SNP_AUTHENTICATE_H

#include "tools/evidence/snp/trust.h"

/*
 * report: as received. table: the host's table of certificates, may be empty; certificates out of
 * it serve where the configured ones have none. report_data: what the report must carry, all of it;
 * 64 zero bytes are no expectation and refused. now_s: seconds since 1970. *out borrows nothing.
 */
struct failure snp_authenticate(const struct snp_trust *t, struct span report, struct span table,
	const uint8_t report_data[static SNP_REPORT_DATA_LEN], int64_t now_s,
	struct snp_report *out) MUST_CHECK;

#endif
