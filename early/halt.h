/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way out of a boot that cannot go on: says the code as the last line, wipes every secret,
 * caps PCR 15 so that this boot can prove nothing any more, and switches the machine off or, where
 * the measured command line says so, resets it. There is no shell and no second try. A crash of
 * PID 1 itself takes the same way, except that it leaves the TPM alone.
 */
#ifndef EARLY_HALT_H
#define EARLY_HALT_H

#include "efi/base/status.h"

struct boot;

/* From now on a crash ends in E302 and power off, never in a kernel panic. b is read then. */
void halt_on_crash(const struct boot *b);

/* Does not return. `phase` is the stage's name. */
void halt_boot(struct boot *b, const char *phase, struct status cause) __attribute__((noreturn));

#endif
