/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a swtpm that was just started. */
#ifndef TESTS_INTEROP_SWTPM_READY_H
#define TESTS_INTEROP_SWTPM_READY_H

#include <stdbool.h>

/*
 * Returns once the swtpm whose data socket is at path, and its control socket at path.ctrl, take
 * connections. A socket is in its folder before that, so seeing it there is not enough. False, with
 * a message, after two minutes: it has not started.
 */
bool swtpm_ready(const char *path);

#endif
