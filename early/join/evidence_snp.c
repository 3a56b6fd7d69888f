/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence type 2: a report of SEV-SNP, and the certificates that the host has for it. */
#include "early/join/evidence.h"

#include "early/contract/errors.h"
#include "early/tee/tee.h"

struct status evidence_snp_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out)
{
	static uint8_t item[SNP_REPORT_LEN + 4 + SNP_TABLE_MAX];
	const struct tee_request request = {
		.provider = PROVIDER_SNP,
		.privlevel = b->config.tee_privlevel,
		.report_len = SNP_REPORT_LEN,
	};
	const struct tee_report *r;
	struct evidence_snp e;
	struct wire_writer w;

	(void)hello;
	TRY(tee_report(&request, rd, &r));
	e.report = (struct span){r->report, r->report_len};
	e.table = (struct span){r->table, r->table_len};
	wire_write_start(&w, item, sizeof(item));
	evidence_snp_put(&w, &e);
	if (w.failed)
		return fail(E_EVIDENCE_SNP);
	*out = (struct span){item, w.len};
	return OK;
}
