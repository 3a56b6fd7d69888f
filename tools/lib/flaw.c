#include "tools/lib/flaw.h"

#include <inttypes.h>
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

bool flaw_complain(const char *file, const struct flaw *flaw)
{
	char *part = printable(flaw->part, strlen(flaw->part), PRINTABLE_MAX);

	complain("%s: at byte 0x%" PRIx64 "%s%s%s: %s", file, flaw->offset, *part ? " (" : "", part,
		*part ? ")" : "", flaw->reason);
	free(part);
	return false;
}
