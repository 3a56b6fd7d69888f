#include "tools/lib/flaw.h"

#include <inttypes.h>
#include "tools/lib/report.h"

bool flaw_complain(const char *file, const struct flaw *flaw)
{
	return complain("%s: at byte 0x%" PRIx64 ": %s", file, flaw->offset, flaw->reason);
}
