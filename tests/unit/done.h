/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the failure that a call returned, and keeps the last one for its text to be checked. */
#ifndef TESTS_UNIT_DONE_H
#define TESTS_UNIT_DONE_H

#include "tools/lib/failure.h"

static struct failure last_failure;

static inline bool done(struct failure f)
{
	if (f.happened)
		last_failure = f;
	return !f.happened;
}

#endif
