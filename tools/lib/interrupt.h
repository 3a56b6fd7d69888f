/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl-C and its kind end a build at the next program that would be run, so that the ordinary way
 * out removes what was half done. A program that runs at that time gets the signal too and fails.
 */
#ifndef TOOLS_LIB_INTERRUPT_H
#define TOOLS_LIB_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP only set a mark. Programs that are run do not inherit it.
 */
void interrupt_watch(void);

bool interrupted(void);

#endif
