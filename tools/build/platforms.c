/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/platforms.h"

#include <string.h>
#include "tools/measure/firmware/profile.h"

const char *const platform_names[PLATFORM_COUNT + 1] = {
	[PLATFORM_ALL] = "all",
	[PLATFORM_QEMU] = "qemu",
	[PLATFORM_AWS] = "aws",
	[PLATFORM_GCP] = "gcp",
	[PLATFORM_AZURE] = "azure",
};

static const char *const profiles[PLATFORM_COUNT] = {
	[PLATFORM_ALL] = PROFILE_DEFAULT,
	[PLATFORM_QEMU] = PROFILE_DEFAULT,
	[PLATFORM_AWS] = "aws",
	[PLATFORM_GCP] = "gcp",
	[PLATFORM_AZURE] = "azure",
};

const char *platform_name(enum platform platform)
{
	return platform_names[platform];
}

bool platform_by_name(const char *name, enum platform *out)
{
	for (unsigned i = 0; i < PLATFORM_COUNT; i++) {
		if (strcmp(platform_names[i], name) == 0) {
			*out = (enum platform)i;
			return true;
		}
	}
	return false;
}

const char *platform_profile(enum platform platform)
{
	return profiles[platform];
}
