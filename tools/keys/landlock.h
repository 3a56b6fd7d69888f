/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Landlock (Linux 5.13), by its system calls: Debian 12 has no library of it. */
#ifndef TOOLS_KEYS_LANDLOCK_H
#define TOOLS_KEYS_LANDLOCK_H

#include <stddef.h>
#include "tools/lib/failure.h"

struct landlock_rules {
	const char *const *folders; /* that may be read, with all below them */
	size_t count;
	bool all_files; /* what is there may be read and written, but not executed */
	bool network;	/* TCP may be used */
};

/*
 * Restricts this thread and all that it makes, for good. *out_done false: the kernel has no
 * landlock, or it is turned off. Needs PR_SET_NO_NEW_PRIVS.
 */
struct failure landlock_enter(const struct landlock_rules *rules, bool *out_done) MUST_CHECK;

#endif
