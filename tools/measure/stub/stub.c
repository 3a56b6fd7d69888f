/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/stub/stub.h"

#include "tools/measure/stub/stub_private.h"

bool stub_events(struct boot *boot, const struct boot_image *image, const struct stub_inputs *in)
{
	switch (in->dialect) {
	case STUB_PROTOSTAR:
		return protostar_events(boot, image);
	case STUB_LANZABOOTE:
		return lanzaboote_events(boot, image, in);
	default:
		return systemd_events(boot, image, in);
	}
}
