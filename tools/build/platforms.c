#include "tools/build/platforms.h"

#include <string.h>
#include "tools/measure/firmware/profile.h"

static const struct {
	const char *name, *profile;
} platforms[PLATFORM_COUNT] = {
	[PLATFORM_ALL] = {"all", PROFILE_DEFAULT},
	[PLATFORM_QEMU] = {"qemu", PROFILE_DEFAULT},
	[PLATFORM_AWS] = {"aws", "aws"},
	[PLATFORM_GCP] = {"gcp", "gcp"},
	[PLATFORM_AZURE] = {"azure", "azure"},
};

const char *platform_name(enum platform platform)
{
	return platforms[platform].name;
}

bool platform_by_name(const char *name, enum platform *out)
{
	for (unsigned i = 0; i < PLATFORM_COUNT; i++) {
		if (strcmp(platforms[i].name, name) == 0) {
			*out = (enum platform)i;
			return true;
		}
	}
	return false;
}

const char *platform_profile(enum platform platform)
{
	return platforms[platform].profile;
}
