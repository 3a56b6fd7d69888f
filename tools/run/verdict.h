/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a session went, in words and as an exit code. */
#ifndef TOOLS_RUN_VERDICT_H
#define TOOLS_RUN_VERDICT_H

#include "tools/run/session.h"

/*
 * Says how it went and gives the exit code. What the guest itself said comes first, since the rest
 * follows from it; of a program that failed the end of its log is shown.
 */
int run_verdict(const struct session_result *result, const char *qemu_log, const char *tpm_log);

#endif
