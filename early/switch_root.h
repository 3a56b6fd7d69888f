/*
 * The hand-over: the kernel's file systems and /run move into the verified root file system, which
 * becomes /; the initrd's files are deleted, since they are only memory now; secrets are wiped; the
 * root file system's init takes over as PID 1 with nothing of ours but /dev/console on descriptors
 * 0 to 2.
 */
#ifndef EARLY_SWITCH_ROOT_H
#define EARLY_SWITCH_ROOT_H

#include "efi/base/status.h"

/*
 * Returns on failure only. Nothing is deleted before `init`, an absolute path, is known to be an
 * executable file of the new root.
 */
struct status switch_root(const char *init) MUST_CHECK;

#endif
