/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UEFI device paths as text (UEFI specification 2.10, 10.3), from logs that may be hostile. */
#ifndef TOOLS_MEASURE_OUTPUT_DEVICE_PATH_H
#define TOOLS_MEASURE_OUTPUT_DEVICE_PATH_H

#include "tools/lib/printable.h"

/*
 * Adds the path's nodes, parted by slashes, up to its end or the first broken node; "no path" when
 * there is none. Nodes of kinds that seldom start an image are numbers. No node begins beyond
 * form->max characters.
 */
void device_path_add(
	struct bytes *out, const uint8_t *data, size_t len, const struct printable_form *form);

#endif
