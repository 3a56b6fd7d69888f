/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machines that an image is for. Which drivers each gets stands in modules_needs.c.
 */
#ifndef TOOLS_BUILD_PLATFORMS_H
#define TOOLS_BUILD_PLATFORMS_H

#include <stdbool.h>

enum platform {
	PLATFORM_ALL, /* the default: one image for all of them */
	PLATFORM_QEMU,
	PLATFORM_AWS,
	PLATFORM_GCP,
	PLATFORM_AZURE,
	PLATFORM_COUNT
};

/* All, in that order, ended by NULL. */
extern const char *const platform_names[PLATFORM_COUNT + 1];

/* "aws"; and back: false, and *out untouched, for a name not in the list. */
const char *platform_name(enum platform platform);
bool platform_by_name(const char *name, enum platform *out);
/* The profile whose firmware such machines have, for measurements.json; PROFILE_DEFAULT for all. */
const char *platform_profile(enum platform platform);

#endif
