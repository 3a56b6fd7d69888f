/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence of processors: genuine, and over this connection's rd. */
#include <string.h>
#include <time.h>

#include "early/contract/errors.h"
#include "tools/evidence/snp/authenticate.h"
#include "tools/evidence/snp/svsm.h"
#include "tools/evidence/tdx/authenticate.h"
#include "tools/serve/join/admission.h"
#include "tools/serve/join/admission_kinds.h"

static struct denial deny_hardware(struct failure f)
{
	if (!f.happened)
		return denial_none();
	return (struct denial){.code = E_DENY_HARDWARE, .kind = DENIAL_FAILURE, .failure = f};
}

/* PROTOCOL.md section 6: rd and 32 zero bytes. */
static void report_data(const struct admission *a, uint8_t out[SNP_REPORT_DATA_LEN])
{
	memset(out, 0, SNP_REPORT_DATA_LEN);
	memcpy(out, a->rd, RD_LEN);
}

struct denial admission_snp(const struct policy *p, const struct evidence_snp *e,
	const struct admission *a, struct snp_report *out)
{
	uint8_t data[SNP_REPORT_DATA_LEN];

	report_data(a, data);
	return deny_hardware(
		snp_authenticate(p->snp, e->report, e->table, data, (int64_t)time(NULL), out));
}

struct denial admission_svsm(const struct policy *p, const struct evidence_svsm *e,
	struct span ek_pub, const struct admission *a, struct snp_report *out)
{
	uint8_t nonce[SNP_REPORT_DATA_LEN];
	struct span ek;

	report_data(a, nonce);
	TRY_DENIAL(deny_hardware(svsm_authenticate(
		p->snp, e->report, e->table, e->manifest, nonce, (int64_t)time(NULL), out, &ek)));
	/* Activation with this key is what ties the quote's key to the report. */
	if (ek.len != ek_pub.len || memcmp(ek.data, ek_pub.data, ek.len) != 0)
		return deny(E_DENY_HARDWARE,
			"the SVSM's manifest is of another endorsement key than the claims'");
	return denial_none();
}

struct denial admission_tdx(const struct policy *p, const struct evidence_tdx *e,
	const struct admission *a, struct tdx_report *out)
{
	uint8_t data[TDX_REPORT_DATA_LEN];

	report_data(a, data);
	return deny_hardware(tdx_authenticate(p->tdx, e->quote, data, (int64_t)time(NULL), out));
}

/* The processor's report about the paravisor's claims. */
static struct failure check_hardware(
	const struct policy *p, const struct evidence_hcl *e, struct proven *out)
{
	const struct hcl_report *r = &out->hcl;
	int64_t now_s = (int64_t)time(NULL);

	if (r->kind == HCL_SNP)
		return p->snp ? snp_authenticate(p->snp, r->hardware, (struct span){NULL, 0},
					r->report_data, now_s, &out->hcl_snp)
			      : refuse("policy has nothing to judge a SEV-SNP report by");
	return p->tdx ? tdx_authenticate(p->tdx, e->td_quote, r->report_data, now_s, &out->hcl_tdx)
		      : refuse("policy has nothing to judge a TDX quote by");
}

struct denial admission_hcl(const struct policy *p, const struct evidence_hcl *e,
	const struct admission *a, struct proven *out)
{
	uint8_t data[HCL_DATA_LEN];

	if (!(out->good & KIND_BIT(EVIDENCE_TPM2)) || a->ak.kind != TPM_KEY_RSA)
		return deny(E_DENY_HARDWARE,
			"a paravisor's report is about a good quote by an RSA key, and there "
			"is none");
	report_data(a, data);
	TRY_DENIAL(deny_hardware(hcl_parse(e->report, &out->hcl)));
	TRY_DENIAL(deny_hardware(
		hcl_authenticate(&out->hcl, (struct span){a->ak.key, a->ak.key_len}, 65537, data)));
	return deny_hardware(check_hardware(p, e, out));
}
