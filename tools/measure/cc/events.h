/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside tools/measure/cc: the firmware image as it lies in memory, and a TDX guest's events.
 */
#ifndef TOOLS_MEASURE_CC_EVENTS_H
#define TOOLS_MEASURE_CC_EVENTS_H

#include "tools/measure/cc/cc.h"

/* The image that was given; all of it lives as long as the boot. */
struct cc_image {
	const uint8_t *data; /* NULL: no image was given */
	size_t len;
	const char *source;
	struct ovmf_metadata metadata;
	struct boot_piece cfv; /* the configuration firmware volume; len 0: there is none */
};

/*
 * Puts what only a TDX guest's firmware measures where it measures it, and takes from the registers
 * what it does not. Complains and returns false when a file cannot be read.
 */
bool cc_tdx_events(
	const struct cc_request *request, const struct cc_image *image, struct boot *boot);

/*
 * Takes the kernel's events from the registers when it does not measure into them. The value is a
 * remark on RTMR 2; NULL: none is needed.
 */
const char *cc_kernel_events(const struct cc_request *request, struct boot *boot);

#endif
