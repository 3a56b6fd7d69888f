/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 says, and to whom: one line at a time to /dev/console and /dev/kmsg, prefixed with
 * `protostar: `. Lines are ASCII; everything else becomes '?'. Secrets are never passed here.
 *
 *   protostar: stage <name> <ms>ms                  one per stage, as it ends
 *   protostar: <event words>                        e.g. "joined", "state disk formatted"
 *   protostar: E<code> phase=<stage> <text> (<detail>)   a failure, which ends the boot
 *   protostar: what to do: <text> (...)                  after it, the last line
 *   protostar: retry E<code> phase=<stage> <text> (<detail>) in <ms>ms
 *
 * console_detail() records the cause of the failure about to be returned (a path, an errno, a TPM
 * response code); the interpreter prints it beside the code. Last call wins.
 */
#ifndef EARLY_CONSOLE_H
#define EARLY_CONSOLE_H

#include <string.h>
#include "efi/base/status.h"

#define CONSOLE_DETAIL_MAX 160u

void console_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void console_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *console_detail_text(void);
/* " (DETAIL)", or nothing when there is none; as long-lived as the detail. */
const char *console_detail_note(void);
/* A failure with `what` and the system's text for the errno value `error` as its detail. */
static inline MUST_CHECK struct status system_failure(const char *what, int error, uint16_t code)
{
	console_detail("%s: %s", what, strerror(error));
	return fail(code);
}

#endif
