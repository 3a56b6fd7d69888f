#include "tools/measure/firmware/profile.h"

#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

static const struct profile profiles[] = {
#define PROFILE(name, bare, why0, why1, why2, why3, why5, why6, why7) \
	{name, bare, {why0, why1, why2, why3, NULL, why5, why6, why7}},
#include "tools/measure/firmware/profiles.def"
#undef PROFILE
};

const struct profile *profile_find(const char *name)
{
	struct bytes names = {0};

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
		bytes_addf(&names, "%s%s", i ? ", " : "", profiles[i].name);
	}
	complain("no platform is named %s; there are: %.*s", name, (int)names.len,
		(const char *)names.data);
	bytes_free(&names);
	return NULL;
}
