/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of evidence as a service reads them. */
#include "early/contract/messages.h"

static struct span get_report(struct cursor *r)
{
	const uint8_t *at = cursor_take(r, SNP_REPORT_LEN);

	return (struct span){at, at ? SNP_REPORT_LEN : 0};
}

bool evidence_tpm2_get(struct span item, struct evidence_tpm2 *out)
{
	struct cursor r;
	struct evidence_tpm2 m = {.certificate_count = 0};

	wire_read_start(&r, item.data, item.len);
	m.attest = wire_get_field(&r, 1, ATTEST_MAX);
	m.signature = wire_get_field(&r, 1, SIGNATURE_MAX);
	m.pcr_values = wire_get_field(&r, 1, PCR_VALUES_MAX);
	m.event_log = wire_get_field(&r, 0, EVENT_LOG_MAX);
	m.certificate_count = wire_get_u8(&r);
	if (m.certificate_count > CERTIFICATES_MAX)
		return false;
	for (size_t i = 0; i < m.certificate_count; i++)
		m.certificates[i] = wire_get_field(&r, 1, CERTIFICATE_MAX);
	if (!wire_read_done(&r))
		return false;
	*out = m;
	return true;
}

bool evidence_snp_get(struct span item, struct evidence_snp *out)
{
	struct cursor r;
	struct evidence_snp m;

	wire_read_start(&r, item.data, item.len);
	m.report = get_report(&r);
	m.table = wire_get_field(&r, 0, SNP_TABLE_MAX);
	if (!wire_read_done(&r))
		return false;
	*out = m;
	return true;
}

bool evidence_tdx_get(struct span item, struct evidence_tdx *out)
{
	struct cursor r;
	struct evidence_tdx m;

	wire_read_start(&r, item.data, item.len);
	m.quote = wire_get_field(&r, 1, TDX_QUOTE_MAX);
	if (!wire_read_done(&r))
		return false;
	*out = m;
	return true;
}

bool evidence_hcl_get(struct span item, struct evidence_hcl *out)
{
	struct cursor r;
	struct evidence_hcl m;

	wire_read_start(&r, item.data, item.len);
	m.report = wire_get_field(&r, 1, HCL_REPORT_MAX);
	m.td_quote = wire_get_field(&r, 0, TDX_QUOTE_MAX);
	if (!wire_read_done(&r))
		return false;
	*out = m;
	return true;
}

bool evidence_svsm_get(struct span item, struct evidence_svsm *out)
{
	struct cursor r;
	struct evidence_svsm m;

	wire_read_start(&r, item.data, item.len);
	m.report = get_report(&r);
	m.table = wire_get_field(&r, 0, SNP_TABLE_MAX);
	m.manifest = wire_get_field(&r, 1, SVSM_MANIFEST_MAX);
	if (!wire_read_done(&r))
		return false;
	*out = m;
	return true;
}

void service_evidence_put(struct wire_writer *w, const struct service_evidence *m)
{
	wire_put_field(w, m->ak_pub, 1, TPM_PUB_MAX);
	wire_put_field(w, m->attest, 1, ATTEST_MAX);
	wire_put_field(w, m->signature, 1, SIGNATURE_MAX);
	wire_put_field(w, m->pcr_values, 1, PCR_VALUES_MAX);
}
