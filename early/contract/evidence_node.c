/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of evidence as a node sends them. One function a kind: an image without it drops it. */
#include "early/contract/messages.h"

/* A report has one length: no length stands before it. */
static void put_report(struct wire_writer *w, struct span report)
{
	if (report.len != SNP_REPORT_LEN)
		w->failed = true;
	else
		wire_put_bytes(w, report.data, report.len);
}

void evidence_tpm2_put(struct wire_writer *w, const struct evidence_tpm2 *m)
{
	wire_put_field(w, m->attest, 1, ATTEST_MAX);
	wire_put_field(w, m->signature, 1, SIGNATURE_MAX);
	wire_put_field(w, m->pcr_values, 1, PCR_VALUES_MAX);
	wire_put_field(w, m->event_log, 0, EVENT_LOG_MAX);
	if (m->certificate_count > CERTIFICATES_MAX) {
		w->failed = true;
		return;
	}
	wire_put_u8(w, (uint8_t)m->certificate_count);
	for (size_t i = 0; i < m->certificate_count; i++)
		wire_put_field(w, m->certificates[i], 1, CERTIFICATE_MAX);
}

void evidence_snp_put(struct wire_writer *w, const struct evidence_snp *m)
{
	put_report(w, m->report);
	wire_put_field(w, m->table, 0, SNP_TABLE_MAX);
}

void evidence_tdx_put(struct wire_writer *w, const struct evidence_tdx *m)
{
	wire_put_field(w, m->quote, 1, TDX_QUOTE_MAX);
}

void evidence_hcl_put(struct wire_writer *w, const struct evidence_hcl *m)
{
	wire_put_field(w, m->report, 1, HCL_REPORT_MAX);
	wire_put_field(w, m->td_quote, 0, TDX_QUOTE_MAX);
}

void evidence_svsm_put(struct wire_writer *w, const struct evidence_svsm *m)
{
	put_report(w, m->report);
	wire_put_field(w, m->table, 0, SNP_TABLE_MAX);
	wire_put_field(w, m->manifest, 1, SVSM_MANIFEST_MAX);
}

bool service_evidence_get(struct span item, struct service_evidence *out)
{
	struct cursor r;
	struct service_evidence m;

	wire_read_start(&r, item.data, item.len);
	m.ak_pub = wire_get_field(&r, 1, TPM_PUB_MAX);
	m.attest = wire_get_field(&r, 1, ATTEST_MAX);
	m.signature = wire_get_field(&r, 1, SIGNATURE_MAX);
	m.pcr_values = wire_get_field(&r, 1, PCR_VALUES_MAX);
	if (!wire_read_done(&r))
		return false;
	*out = m;
	return true;
}
