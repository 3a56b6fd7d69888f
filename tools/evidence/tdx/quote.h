/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TDX quote, versions 4 and 5 (Intel SGX DCAP ECDSA quote library, appendix A.3 and A.4).
 *
 * Parsing finds the fields and refuses what no quoting enclave of Intel's writes: another version,
 * key or vendor, a body of another kind, certification data that leave a byte over or are of a kind
 * that brings no certificates. Behind the quote only zeros may stand: hosts hand out padded
 * buffers. It says nothing of signatures (authenticate.h) nor of values (judge.h).
 */
#ifndef TOOLS_EVIDENCE_TDX_QUOTE_H
#define TOOLS_EVIDENCE_TDX_QUOTE_H

#include "early/contract/wire.h"
#include "tools/evidence/tdx/report.h"
#include "tools/lib/failure.h"

#define TDX_QUOTE_LONGEST 16384u
#define TDX_POINT_LEN	  64u  /* x || y, and r || s */
#define TDX_QE_REPORT_LEN 384u /* SGX report body */

/* Spans and pointers are into the bytes that were parsed. */
struct tdx_quote {
	uint16_t version;	 /* 4, 5 */
	struct span signed_part; /* header and body, with the body's type and size in version 5 */
	struct tdx_body body;
	const uint8_t *signature;	/* TDX_POINT_LEN */
	const uint8_t *attestation_key; /* TDX_POINT_LEN */
	const uint8_t *qe_report;	/* TDX_QE_REPORT_LEN */
	const uint8_t *qe_signature;	/* TDX_POINT_LEN */
	struct span qe_auth;
	struct span chain; /* of PCK, CA, root: PEM, or DER one after the other */
};

struct failure tdx_quote_parse(struct span bytes, struct tdx_quote *out) MUST_CHECK;

/* Of the quoting enclave's report (SGX report body), what is compared. */
struct tdx_qe_report {
	uint8_t miscselect[4], attributes[16], mrsigner[32];
	uint16_t isvprodid, isvsvn;
	uint8_t report_data[TDX_REPORT_DATA_LEN];
};

void tdx_qe_report_read(const uint8_t bytes[static TDX_QE_REPORT_LEN], struct tdx_qe_report *out);

#endif
