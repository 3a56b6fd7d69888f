/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel's collateral: what is cut out of a text is in it, and whatever parses can be judged by. */
#include "tests/unit/done.h"
#include "tools/evidence/tdx/tcb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span cut(const uint8_t *data, size_t size, const char *member)
{
	struct span text = {data, size};
	struct tdx_document d;

	if (!tdx_document_is(text, member))
		return tdx_document_object(text);
	if (!done(tdx_document_read(text, member, &d)))
		return text;
	if (d.signed_part.data < data || d.signed_part.len > size ||
		d.signed_part.data > data + size - d.signed_part.len ||
		d.signed_part.data[0] != '{' || d.signed_part.data[d.signed_part.len - 1] != '}')
		__builtin_trap();
	return d.signed_part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tdx_body body = {.is_15 = true, .tee_tcb_svn = {9, 1, 9}};
	struct tdx_svn_level level = {.status = TDX_UP_TO_DATE};
	struct tdx_qe_identity any = {.levels = {.list = &level, .count = 1}}, identity;
	struct tdx_pck pck = {.pcesvn = UINT16_MAX};
	struct tdx_tcb_info info;
	struct tdx_tcb tcb;

	if (done(tdx_tcb_info_parse(cut(data, size, "tcbInfo"), &info))) {
		if (done(tdx_tcb_evaluate(&info, &any, &pck, &body, 1, &tcb)) &&
			(tcb.status == TDX_NO_STATUS || tcb.status >= TDX_STATUSES))
			__builtin_trap();
		tdx_tcb_info_free(&info);
	}
	if (done(tdx_qe_identity_parse(cut(data, size, "enclaveIdentity"), &identity)))
		tdx_qe_identity_free(&identity);
	return 0;
}
