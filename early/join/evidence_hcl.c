/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence type 4: what Azure's paravisor says of the machine and of its TPM's AK. */
#include "early/join/evidence.h"

#include <string.h>

#include "early/contract/errors.h"
#include "early/tpm/tpm.h"

/*
 * The report has this connection's rd as the guest's data, so it is of now and not of the start.
 * A quote for the TDREPORT of a TDX machine is the platform's to give, not the TPM's: none is sent.
 */
struct status evidence_hcl_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out)
{
	static uint8_t item[4 + HCL_REPORT_MAX + 4];
	uint8_t data[HCL_USER_DATA_LEN] = {0}, report[HCL_REPORT_MAX];
	struct evidence_hcl e = {.report.data = report};
	struct wire_writer w;

	(void)hello;
	memcpy(data, rd, RD_LEN);
	TRY(tpm_hcl_report(b->tpm, data, report, &e.report.len));
	wire_write_start(&w, item, sizeof(item));
	evidence_hcl_put(&w, &e);
	if (w.failed)
		return fail(E_EVIDENCE_HCL);
	*out = (struct span){item, w.len};
	return OK;
}
