/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something could not be done, in a sentence for an operator: which file, what of it, and what
 * to do. What can fail for reasons outside of the program (a file, a disk, memory, a text that
 * somebody wrote) and whose caller decides where the sentence goes (stderr, a log, a record)
 * returns one; the caller looks at it after the call:
 *
 *   struct failure f = store_begin(store);
 *
 *   if (f.happened)
 *           complain("%s", f.text);
 *
 * It owns its text, so it may be kept, copied and passed on. Outputs (out_...) are written on
 * success only, unless a function says otherwise.
 */
#ifndef TOOLS_LIB_FAILURE_H
#define TOOLS_LIB_FAILURE_H

#include <stdbool.h>
#include "efi/base/status.h"

#define FAILURE_TEXT_MAX 512u /* a longer sentence is cut */

struct failure {
	bool happened;
	char text[FAILURE_TEXT_MAX]; /* when it happened */
};

static inline MUST_CHECK struct failure failure_none(void)
{
	return (struct failure){0};
}

/* A failure with this sentence. */
struct failure refuse(const char *format, ...) __attribute__((format(printf, 1, 2))) MUST_CHECK;

/* Leaves the calling function with the same failure when `call` fails. */
#define TRY_FAILURE(call)                             \
	do {                                          \
		struct failure try_failure_ = (call); \
		if (try_failure_.happened)            \
			return try_failure_;          \
	} while (0)

#endif
