/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The join protocol's decoders: what is accepted encodes to the same bytes again. */
#include <stdlib.h>
#include <string.h>
#include "tests/unit/message_recode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool (*recode)(struct span, struct wire_writer *), struct span in)
{
	static uint8_t out[FRAME_MAX + 4];
	struct wire_writer w;

	wire_write_start(&w, out, sizeof(out));
	if (!recode(in, &w))
		return;
	if (w.failed || w.len != in.len || memcmp(out, in.data, in.len) != 0)
		abort();
}

#define RECODE_ITEM(kind, type)                                            \
	static bool kind##_recode(struct span item, struct wire_writer *w) \
	{                                                                  \
		return evidence_recode(type, item, w);                     \
	}
RECODE_ITEM(tpm2, EVIDENCE_TPM2)
RECODE_ITEM(snp, EVIDENCE_SNP)
RECODE_ITEM(tdx, EVIDENCE_TDX)
RECODE_ITEM(hcl, EVIDENCE_HCL)
RECODE_ITEM(svsm, EVIDENCE_SVSM)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = {data, size};

	check(frame_recode, in);
	check(claims_recode, in);
	check(grant_secrets_recode, in);
	check(service_evidence_recode, in);
	check(tpm2_recode, in);
	check(snp_recode, in);
	check(tdx_recode, in);
	check(hcl_recode, in);
	check(svsm_recode, in);
	return 0;
}
