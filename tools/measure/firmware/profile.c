/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/firmware/profile.h"

#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

#define FROM_FILES                        \
	{                                 \
		REGISTER_FROM_FILES, NULL \
	}
#define BARE(remark)                  \
	{                             \
		REGISTER_BARE, remark \
	}
#define UNKNOWN(reason)                  \
	{                                \
		REGISTER_UNKNOWN, reason \
	}

static const struct profile profiles[] = {
#define PROFILE(name, form, pcr0, pcr1, pcr2, pcr3, pcr5, pcr6) \
	{name, form, {pcr0, pcr1, pcr2, pcr3, FROM_FILES, pcr5, pcr6, FROM_FILES}},
#include "tools/measure/firmware/profiles.def"
#undef PROFILE
};

const char *const profile_names[] = {
#define PROFILE(name, ...) name,
#include "tools/measure/firmware/profiles.def"
#undef PROFILE
	NULL,
};

const struct profile *profile_find(const char *name)
{
	struct bytes names = {0};

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profiles[i].name, name) == 0) {
			bytes_free(&names);
			return &profiles[i];
		}
		bytes_addf(&names, "%s%s", i ? ", " : "", profiles[i].name);
	}
	complain("no platform is named %s; there are: %.*s", name, (int)names.len,
		(const char *)names.data);
	bytes_free(&names);
	return NULL;
}
