#include "tools/measure/stub/stub.h"

#include "tools/lib/report.h"
#include "tools/measure/stub/parts.h"

bool stub_events(struct boot *boot, const struct boot_image *image, const struct stub_inputs *in)
{
	if (dialect_release(in->dialect))
		return systemd_events(boot, image, in);
	if (in->dialect == STUB_PROTOSTAR)
		return protostar_events(boot, image);
	return complain("%s: what %s measures cannot be predicted yet", image->source,
		stub_dialect_name(in->dialect));
}
