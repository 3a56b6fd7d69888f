/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence type 3: a quote of TDX. */
#include "early/join/evidence.h"

#include "early/contract/errors.h"
#include "early/tee/tee.h"

/* Not without RTMR 3: what runs later could ask for the same quote and join again with it. */
struct status evidence_tdx_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out)
{
	static uint8_t item[4 + TDX_QUOTE_MAX];
	const struct tee_request request = {.provider = PROVIDER_TDX};
	const struct tee_report *r;
	struct evidence_tdx e;
	struct wire_writer w;

	(void)hello;
	TRY(tee_report(&request, rd, &r));
	if (!b->rtmr)
		return fail(E_RTMR_NONE);
	e.quote = (struct span){r->report, r->report_len};
	wire_write_start(&w, item, sizeof(item));
	evidence_tdx_put(&w, &e);
	if (w.failed)
		return fail(E_EVIDENCE_TDX);
	*out = (struct span){item, w.len};
	return OK;
}
