/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TDX quotes: whatever parses lies within the bytes, and its certificates can be looked at. */
#include "tests/unit/done.h"
#include "tools/evidence/tdx/pck.h"
#include "tools/evidence/tdx/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const uint8_t *data, size_t size, const uint8_t *part, size_t len)
{
	if (part < data || len > size || part > data + size - len)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tdx_qe_report qe;
	struct certs chain = {0};
	struct tdx_quote q;
	struct tdx_pck pck;

	if (!done(tdx_quote_parse((struct span){data, size}, &q)))
		return 0;
	inside(data, size, q.signed_part.data, q.signed_part.len);
	inside(data, size, q.signature, TDX_POINT_LEN);
	inside(data, size, q.attestation_key, TDX_POINT_LEN);
	inside(data, size, q.qe_report, TDX_QE_REPORT_LEN);
	inside(data, size, q.qe_signature, TDX_POINT_LEN);
	inside(data, size, q.qe_auth.data, q.qe_auth.len);
	inside(data, size, q.chain.data, q.chain.len);
	tdx_qe_report_read(q.qe_report, &qe);
	if (done(tdx_pck_chain_read(q.chain, &chain)) && tdx_pck_leaf(&chain)) {
		struct span value;

		if (done(cert_extension(tdx_pck_leaf(&chain), "1.2.840.113741.1.13.1", &value)))
			(void)done(tdx_pck_extension_parse(value, &pck));
	}
	certs_free(&chain);
	return 0;
}
