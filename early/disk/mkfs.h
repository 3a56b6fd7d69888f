/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file system of the state disk, made by the verified root file system's own mkfs.ext4: PID 1
 * brings no mkfs along, and what runs was checked by dm-verity.
 */
#ifndef EARLY_DISK_MKFS_H
#define EARLY_DISK_MKFS_H

#include <stdint.h>
#include "efi/base/status.h"

#define MKFS_WAIT_MS 240000u /* below the 300 s that a service waits for COMMIT */

/*
 * Runs mkfs.ext4 below `root` on the device node of `bytes` bytes, in a mount namespace of its own
 * with /dev and /proc, and waits for it. E_MKFS_FORK, E_MKFS_WAIT, E_MKFS_TIME, E_MKFS_FAILED,
 * E_MKFS_MISSING, E_MKFS_ROOT.
 */
struct status mkfs_run(const char *root, const char *device, uint64_t bytes) MUST_CHECK;

/* MiB of the journal for a disk of that size: its cost must not grow with the disk. */
unsigned mkfs_journal_mib(uint64_t bytes);

#endif
