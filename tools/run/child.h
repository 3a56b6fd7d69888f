/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that end with this one. A child is killed by the kernel when its parent is gone, however
 * that ended; it has a process group of its own, so that a terminal's Ctrl-C reaches only this
 * program, which then ends the others in order.
 *
 * Order: child_start(); child_ended() or child_wait() as often as wanted; child_end(), always.
 */
#ifndef TOOLS_RUN_CHILD_H
#define TOOLS_RUN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include "tools/run/argv.h"

struct child_request {
	const struct argv *argv; /* the program by its path, and its arguments */
	const char *folder;	 /* where it runs; NULL: here */
	int in, out, err;	 /* its standard streams; they stay the caller's */
};

struct child {
	pid_t pid; /* 0: never started */
	bool ended;
	int status; /* of waitpid(), once it has ended */
};

/* Complains and returns false when there is no process to be had. */
bool child_start(const struct child_request *request, struct child *out);

/* Whether it has ended, or never was started; does not wait. */
bool child_ended(struct child *child);
/* Waits at most so many milliseconds for its end; false: it still runs. */
bool child_wait(struct child *child, unsigned milliseconds);
/* Ends it: asks, waits as long, and kills. Harmless when it has ended already. */
void child_end(struct child *child, unsigned milliseconds);

/* Whether it ended by itself and with status 0. */
bool child_succeeded(const struct child *child);

#endif
