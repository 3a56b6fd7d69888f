/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state disk's device-mapper tables, as the kernel runs them, against what was meant: an
 * encrypting target over an integrity target over the state disk, each with exactly these
 * parameters.
 */
#ifndef EARLY_DISK_DM_CHECK_H
#define EARLY_DISK_DM_CHECK_H

#include <sys/types.h>
#include "early/disk/dm_table.h"
#include "early/disk/luks_profile.h"

/* True when the target is what dm-crypt should be, over the device `lower`. */
bool dm_crypt_fits(const struct dm_target *t, const struct luks_profile *p, dev_t lower);
/* True when the target is what dm-integrity should be, over the disk. */
bool dm_integrity_fits(const struct dm_target *t, dev_t disk);

/*
 * Reads back the mapping `name` and the integrity mapping below it, on the disk at `device`, and
 * compares. E_TABLE_CRYPT, E_TABLE_INTEGRITY, E_TABLE_SIZE when they differ; E_TABLE_DEVICE,
 * E_TABLE_CRYPT_READ, E_TABLE_INTEGRITY_READ when they cannot be read.
 */
struct status dm_check(
	const char *name, const struct luks_profile *p, const char *device) MUST_CHECK;

#endif
