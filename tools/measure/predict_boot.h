/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Predicts a boot from files alone: no TPM, no root, no guess. What the boot would refuse is
 * refused here too. A register that files do not determine is unknown, with the reason.
 */
#ifndef TOOLS_MEASURE_PREDICT_BOOT_H
#define TOOLS_MEASURE_PREDICT_BOOT_H

#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"
#include "tools/measure/request.h"

/*
 * Appends to an empty boot the events of what request asks for, in time order, and hashes them in
 * the request's banks. Complains and returns false when it cannot boot or cannot be read.
 */
bool predict_boot(const struct measure_request *request, struct boot *boot);

/*
 * The same for images that are at hand already, in the order in which they are started: the last
 * one is the UKI. The request's own stages are not looked at. The images must outlive the boot.
 */
bool predict_images(const struct boot_image *stages, size_t count,
	const struct measure_request *request, struct boot *boot);

/*
 * One UKI in memory, started from a boot option by the platform's firmware, of which no more is
 * known; our own stub's rules. For who makes images. profile is a platform's name, NULL the default
 * one; name is for complaints.
 */
bool predict_own_uki(const char *name, const uint8_t *uki, size_t len, const char *profile,
	enum boot_phase phase, unsigned banks, struct boot *boot);

#endif
