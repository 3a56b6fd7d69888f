/*
 * Platforms by name, and what is known of their firmware: profiles.def.
 */
#ifndef TOOLS_MEASURE_FIRMWARE_PROFILE_H
#define TOOLS_MEASURE_FIRMWARE_PROFILE_H

#include <stdbool.h>

struct profile {
	const char *name;
	bool bare; /* PCRs 2, 3 and 6 hold the separator alone when no device has an option ROM */
	const char *unknown[8]; /* why a PCR cannot be known on this platform; NULL: it can */
};

/* NULL after a complaint that lists the names. */
const struct profile *profile_find(const char *name);

#endif
