/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The measurements file: whatever is taken can be written, and what was written is taken again. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"
#include "tools/measure/output/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read_again(const struct boot *boot, const struct register_values *values)
{
	struct register_values again;
	struct bytes text = {0};
	struct boot copy;

	output_table(boot, UINT32_MAX, false, &text);
	output_events_table(boot, true, &text);
	text.len = 0;
	output_full(boot, UINT32_MAX, &text);
	boot_init(&copy);
	if (!measurements_parse("again", text.data, text.len, &copy, &again) ||
		memcmp(values->known, again.known, sizeof(again.known)) != 0 ||
		memcmp(values->pcr, again.pcr, sizeof(again.pcr)) != 0)
		__builtin_trap();
	boot_free(&copy);
	bytes_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct register_values values;
	struct boot boot;

	report_silence();
	boot_init(&boot);
	/* Without events our own shape would not lead to the values. */
	if (measurements_parse("fuzz", data, size, &boot, &values) && boot.count)
		write_and_read_again(&boot, &values);
	boot_free(&boot);
	return 0;
}
