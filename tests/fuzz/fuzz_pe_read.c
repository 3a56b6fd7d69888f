/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image from anybody, read as firmware would: whatever is accepted lies within the file. */
#include <stdint.h>
#include "tools/lib/authenticode.h"
#include "tools/lib/pe_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t memory_of(const struct pe_file *pe)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < pe->section_count; i++) {
		struct pe_section s = pe_file_section(pe, i);
		struct pe_contents c = pe_contents_of(pe, &s);

		if (c.offset + c.len > pe->len || (c.len && c.data != pe->base + c.offset))
			__builtin_trap();
		sum += c.len + c.zeros;
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {".linux", ".cmdline", ".dtb", ""};
	struct authenticode a;
	struct pe_file pe;
	struct pe_contents c;
	struct flaw flaw = {.reason = NULL};

	if (!pe_read(data, size, &pe, &flaw)) {
		if (!flaw.reason || flaw.offset > UINT32_MAX)
			__builtin_trap();
		return 0;
	}
	if (memory_of(&pe) > size + PE_ZEROS_MAX)
		__builtin_trap();
	for (unsigned i = 0; i < 4; i++)
		for (unsigned match = PE_FIRST_EXACT; match <= PE_LAST_PREFIX; match++)
			if (pe_lookup(
				    &pe, names[i], (enum pe_match)match, 0, pe.section_count, &c) &&
				c.len + c.zeros == 0)
				__builtin_trap();
	if (!authenticode_spans(data, size, &a, &flaw))
		__builtin_trap();
	for (size_t i = 0; i < a.count; i++)
		if (!a.spans[i].len || a.spans[i].at + a.spans[i].len > size)
			__builtin_trap();
	return 0;
}
