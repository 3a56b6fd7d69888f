/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images that start others: shim, systemd-boot, GRUB. What they measure and pass on in addition to
 * firmware/'s events, and the complaint when somebody names one in place of a UKI.
 */
#ifndef TOOLS_MEASURE_PREDICT_LOADER_H
#define TOOLS_MEASURE_PREDICT_LOADER_H

#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"
#include "tools/measure/stub/stub.h"

/* Whether the image has a kernel in it. A damaged one counts as a UKI: who reads it complains. */
bool loader_is_uki(const struct boot_image *image);

/*
 * Complains that the image is no UKI, with what it is instead and how to name the UKI that it
 * starts, as far as that is known. The value is false.
 */
bool loader_complain(const struct boot_image *image);

/* Of shim and systemd-boot it is known what they measure; of others, which PCRs that makes unknown.
 */
void loader_say_what_it_measures(const struct boot_image *loader, struct boot *boot);

/* What the loader passes to the UKI that it starts, into in, and measures of it. Complains. */
bool loader_passes(const struct boot_image *loader, const struct boot_image *uki,
	struct stub_inputs *in, struct boot *boot);

/* Under which conditions that is so: after the stub's own remarks. */
void loader_say_conditions(
	const struct boot_image *loader, const struct boot_image *uki, struct boot *boot);

#endif
