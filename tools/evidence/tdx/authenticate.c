/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/authenticate.h"

#include <openssl/x509.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "tools/evidence/tdx/authenticate_private.h"
#include "tools/evidence/tdx/signature.h"
#include "tools/evidence/tdx/tcb.h"

static const uint8_t zeros[TDX_REPORT_DATA_LEN];

static struct failure check_report_data(
	const struct tdx_quote *q, const uint8_t expected[static TDX_REPORT_DATA_LEN])
{
	if (memcmp(expected, zeros, sizeof(zeros)) == 0)
		return refuse("report data of zeros are no expectation");
	if (!equal_ct(q->body.report_data, expected, TDX_REPORT_DATA_LEN))
		return refuse("the TDX quote is not of this connection: its report data are "
			      "others");
	return failure_none();
}

/* SHA-256(key || authentication data) || 32 zero bytes, in the enclave's report. */
static struct failure check_binding(const struct tdx_quote *q, const struct tdx_qe_report *qe)
{
	uint8_t want[TDX_REPORT_DATA_LEN] = {0};
	struct digest d;

	if (!digest_start(&d, DIGEST_SHA256))
		return refuse("SHA-256 is missing");
	digest_add(&d, q->attestation_key, TDX_POINT_LEN);
	digest_add(&d, q->qe_auth.data, q->qe_auth.len);
	digest_end(&d, want);
	if (!equal_ct(qe->report_data, want, sizeof(want)))
		return refuse("the quoting enclave does not vouch for the key that signed the TDX "
			      "quote");
	return failure_none();
}

static struct failure check_signatures(const struct tdx_quote *q, const struct certs *chain)
{
	struct span report = {q->qe_report, TDX_QE_REPORT_LEN};
	EVP_PKEY *key = tdx_key_from_point(q->attestation_key);
	bool good = tdx_signature_good(key, q->signed_part, q->signature);

	EVP_PKEY_free(key);
	if (!tdx_signature_good(X509_get0_pubkey(tdx_pck_leaf(chain)), report, q->qe_signature))
		return refuse("the quoting enclave's report is not signed by the platform's key");
	return good ? failure_none() : refuse("the TDX quote's signature is wrong");
}

static struct failure check_collateral(
	const struct tdx_trust *t, const struct tdx_tcb_info *info, int64_t now_s)
{
	uint32_t min = t->any_evaluation ? 0 : t->min_evaluation;

	TRY_FAILURE(tdx_signer_verify(t, now_s));
	TRY_FAILURE(tdx_issue_check(&info->issue, now_s, min, "TCB info"));
	return tdx_issue_check(
		&t->qe_identity->issue, now_s, min, "identity of the quoting enclave");
}

/* The collateral of this platform; a failure says which platform has none. */
static struct failure find_collateral(
	const struct tdx_trust *t, const struct tdx_pck *pck, const struct tdx_tcb_info **out)
{
	const uint8_t *f = pck->fmspc;

	*out = tdx_trust_tcb_info(t, f, pck->pceid);
	if (!t->qe_identity)
		return refuse("no identity of Intel's quoting enclave is configured");
	if (!*out)
		return refuse("there is no TCB info for the platform's FMSPC "
			      "%02x%02x%02x%02x%02x%02x: fetch it and name its file",
			f[0], f[1], f[2], f[3], f[4], f[5]);
	return failure_none();
}

struct failure tdx_quote_genuine(const struct tdx_trust *t, const struct tdx_quote *q,
	int64_t now_s, struct tdx_pck *out_pck, struct tdx_qe_report *out_qe)
{
	struct certs chain = {0};
	struct failure f = tdx_pck_chain_read(q->chain, &chain);

	if (!f.happened)
		f = tdx_pck_verify(t, &chain, now_s, out_pck);
	if (!f.happened)
		f = check_signatures(q, &chain);
	certs_free(&chain);
	if (f.happened)
		return f;
	tdx_qe_report_read(q->qe_report, out_qe);
	return check_binding(q, out_qe);
}

/* What Intel's collateral says of the platform and of its quoting enclave. */
static struct failure judge_platform(const struct tdx_trust *t, const struct tdx_quote *q,
	const struct tdx_pck *pck, const struct tdx_qe_report *qe, int64_t now_s,
	struct tdx_tcb *out)
{
	const struct tdx_tcb_info *info;

	TRY_FAILURE(find_collateral(t, pck, &info));
	TRY_FAILURE(check_collateral(t, info, now_s));
	TRY_FAILURE(tdx_qe_check(t->qe_identity, qe));
	return tdx_tcb_evaluate(info, t->qe_identity, pck, &q->body, qe->isvsvn, out);
}

struct failure tdx_authenticate(const struct tdx_trust *t, struct span bytes,
	const uint8_t report_data[static TDX_REPORT_DATA_LEN], int64_t now_s,
	struct tdx_report *out)
{
	struct tdx_report report = {0};
	struct tdx_qe_report qe;
	struct tdx_quote q;
	struct tdx_pck pck;

	TRY_FAILURE(tdx_quote_parse(bytes, &q));
	TRY_FAILURE(check_report_data(&q, report_data));
	TRY_FAILURE(tdx_quote_genuine(t, &q, now_s, &pck, &qe));
	TRY_FAILURE(judge_platform(t, &q, &pck, &qe, now_s, &report.tcb));
	report.quote_version = q.version;
	report.body = q.body;
	memcpy(report.ppid, pck.ppid, sizeof(report.ppid));
	memcpy(report.fmspc, pck.fmspc, sizeof(report.fmspc));
	*out = report;
	return failure_none();
}
