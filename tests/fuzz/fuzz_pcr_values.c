/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files with PCR values: lines of text, JSON, and what tpm2_quote -o writes. */
#include <stdlib.h>
#include "tools/lib/report.h"
#include "tools/measure/evidence/pcrs_json.h"
#include "tools/measure/evidence/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever was accepted has values, of PCRs that exist. */
static void look(const struct register_values *values)
{
	unsigned banks = 0;

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		banks |= values->known[bank] ? 1u << bank : 0;
		if (values->known[bank] >> BOOT_PCRS)
			abort();
	}
	if (!banks || banks != values->banks)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct register_values values;
	struct evidence evidence = {0};
	struct flaw flaw = {0};

	report_silence();
	if (evidence_pcrs_lines(data, size, &values, &flaw))
		look(&values);
	else if (!flaw.reason || flaw.offset > size)
		abort();
	if (size && (data[0] == '{' || data[0] == '[') &&
		evidence_pcrs_json("file", data, size, &values))
		look(&values);
	flaw = (struct flaw){0};
	evidence.binary[0] = (struct selected_bank){BANK_SHA1, size ? data[0] : 1u};
	evidence.binary[1] = (struct selected_bank){BANK_SHA256, 1u << 23};
	evidence.binary_count = 2;
	if (evidence_pcrs_binary(&evidence, data, size, &flaw))
		look(&evidence.values);
	else if (!flaw.reason || flaw.offset > size)
		abort();
	flaw.reason = NULL;
	if (quote_read_values(&evidence, data, size, &flaw))
		look(&evidence.values);
	else if (!flaw.reason)
		abort();
	return 0;
}
