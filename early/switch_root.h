/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hand-over: the kernel's file systems and /run move into the verified root file system, which
 * becomes /; secrets are wiped; the
 * root file system's init takes over as PID 1 with nothing of ours but /dev/console on descriptors
 * 0 to 2.
 */
#ifndef EARLY_SWITCH_ROOT_H
#define EARLY_SWITCH_ROOT_H

#include "efi/base/status.h"

/* `init` is an absolute path, which stage root has found to be an executable. Returns on failure
 * only. */
struct status switch_root(const char *init) MUST_CHECK;

#endif
