/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/flaw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"

bool flaw_of(struct flaw *flaw, const char *part, size_t len, uint64_t offset, const char *reason)
{
	*flaw = (struct flaw){.offset = offset, .reason = reason};
	len = strnlen(part, len < FLAW_PART_MAX ? len : FLAW_PART_MAX - 1);
	memcpy(flaw->part, part, len);
	return false;
}

bool flaw_in_part(
	struct flaw *flaw, uint64_t offset, const char *part, uint64_t number, const char *reason)
{
	(void)flaw_of(flaw, part, FLAW_PART_MAX, offset, reason);
	flaw->number = number;
	return false;
}

bool flaw_count_lines(struct flaw *flaw, const uint8_t *text, size_t len)
{
	uint64_t number = 1;

	for (size_t at = 0; at < len && at < flaw->offset; at++)
		number += text[at] == '\n';
	return flaw_in_part(flaw, flaw->offset, "line", number, flaw->reason);
}

bool flaw_complain(const char *file, const struct flaw *flaw)
{
	char *part = printable(flaw->part, strlen(flaw->part), PRINTABLE_MAX);
	char number[24] = "";

	if (flaw->number)
		snprintf(number, sizeof(number), " %" PRIu64, flaw->number);
	complain("%s: at byte 0x%" PRIx64 "%s%s%s%s: %s", file, flaw->offset, *part ? " (" : "",
		part, number, *part ? ")" : "", flaw->reason);
	free(part);
	return false;
}
