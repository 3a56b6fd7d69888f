/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCR values as tpm2_pcrread -o writes them: digests one behind the other, and nothing else. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/printable.h"
#include "tools/lib/report.h"
#include "tools/measure/evidence/evidence.h"
#include "tools/measure/evidence/quote.h"
#include "tools/measure/output/format.h"

#define OPTION "--pcr-selection"

static bool refuse(const char *text)
{
	char *shown = printable(text, strlen(text), PRINTABLE_MAX);

	complain(OPTION " %s: it takes what tpm2_pcrread was given, such as "
			"sha256:0,4,7+sha384:all",
		shown);
	free(shown);
	return false;
}

/* "sha256:0,4,7" or "sha256:all". */
static bool read_bank(char *text, enum bank *bank, uint32_t *pcrs)
{
	char *list = strchr(text, ':');

	if (!list)
		return refuse(text);
	*list++ = 0;
	if (!bank_by_name(text, bank))
		return refuse(text);
	*pcrs = (1u << BOOT_PCRS) - 1;
	return strcmp(list, "all") == 0 || output_pcrs_by_name(list, pcrs) || refuse(list);
}

bool evidence_selection(const char *text, struct evidence *evidence)
{
	char *copy = must_dup(text), *next = copy, *part;
	bool good = true;

	evidence->binary_count = 0;
	while (good && (part = strsep(&next, "+"))) {
		struct selected_bank *s = &evidence->binary[evidence->binary_count];

		good = evidence->binary_count < BANK_COUNT ? read_bank(part, &s->bank, &s->pcrs)
							   : refuse(text);
		evidence->binary_count++;
	}
	free(copy);
	return good;
}

bool evidence_pcrs_binary(
	struct evidence *evidence, const uint8_t *bytes, size_t len, struct flaw *flaw)
{
	size_t at = 0;

	evidence->values = (struct register_values){0};
	if (quote_values_are(bytes, len))
		return flaw_at(
			flaw, 0, "the file says itself of which PCRs it is: leave " OPTION " away");
	for (size_t i = 0; i < evidence->binary_count; i++) {
		const struct selected_bank *s = &evidence->binary[i];

		for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
			if (!(s->pcrs & 1u << pcr))
				continue;
			if (len - at < bank_len(s->bank))
				return flaw_at(
					flaw, len, "it has fewer digests than " OPTION " selects");
			if (!evidence_value(&evidence->values, s->bank, pcr, bytes + at))
				return flaw_at(flaw, at, "a PCR has two values");
			at += bank_len(s->bank);
		}
	}
	return at == len || flaw_at(flaw, at, "it has more digests than " OPTION " selects");
}

bool evidence_pcrs_binary_open(struct evidence *evidence, const char *path)
{
	struct mapped file;
	struct flaw flaw;

	if (!file_map(path, &file))
		return false;
	evidence->has_values = evidence_pcrs_binary(evidence, file.data, file.len, &flaw) ||
			       flaw_complain(path, &flaw);
	file_unmap(&file);
	return evidence->has_values;
}
