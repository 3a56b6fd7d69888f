/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence type 5: a report of SEV-SNP that an SVSM asked for, about the EK of its TPM. */
#include "early/join/evidence.h"

#include "early/contract/errors.h"
#include "early/tee/tee.h"

struct status evidence_svsm_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out)
{
	static uint8_t item[SNP_REPORT_LEN + 4 + SNP_TABLE_MAX + 4 + SVSM_MANIFEST_MAX];
	const struct tee_request request = {
		.provider = PROVIDER_SNP,
		.svsm_vtpm = true,
		.privlevel = b->config.tee_privlevel,
		.report_len = SNP_REPORT_LEN,
	};
	const struct tee_report *r;
	struct evidence_svsm e;
	struct wire_writer w;

	(void)hello;
	TRY(tee_report(&request, rd, &r));
	e.report = (struct span){r->report, r->report_len};
	e.table = (struct span){r->table, r->table_len};
	e.manifest = (struct span){r->manifest, r->manifest_len};
	wire_write_start(&w, item, sizeof(item));
	evidence_svsm_put(&w, &e);
	if (w.failed)
		return fail(E_EVIDENCE_SVSM);
	*out = (struct span){item, w.len};
	return OK;
}
