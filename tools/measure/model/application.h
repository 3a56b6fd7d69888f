/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event of an EFI image that firmware starts: its Authenticode hash, as pieces of its file.
 * Firmware makes one for each image that it loads; stubs that let it load the kernel one more.
 */
#ifndef TOOLS_MEASURE_MODEL_APPLICATION_H
#define TOOLS_MEASURE_MODEL_APPLICATION_H

#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"

/*
 * All bytes that an image is loaded from, its zeros too: the image's own, or a copy, which the
 * caller frees. Complains and returns false when memory runs out.
 */
struct boot_image_bytes {
	const uint8_t *data;
	size_t len;
	uint8_t *copy; /* NULL: none was needed */
};
bool boot_image_bytes(const struct boot_image *image, struct boot_image_bytes *out);

/*
 * Appends EV_EFI_BOOT_SERVICES_APPLICATION of PCR 4. base is the offset of the image's first byte
 * in its source: 0 but for an image inside another. What a log shows beside the digest (addresses
 * in memory) is not known and left out. Complains and returns NULL when firmware could not load it.
 */
struct boot_event *boot_add_application(struct boot *boot, enum boot_rule rule,
	const struct boot_image *image, uint64_t base, const char *subject, const char *what);

#endif
