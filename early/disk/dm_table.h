/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's device mapper really runs under a name. A table that was asked for is read
 * back and compared, because what asked (libcryptsetup) reads metadata that the host can write.
 */
#ifndef EARLY_DISK_DM_TABLE_H
#define EARLY_DISK_DM_TABLE_H

#include <stddef.h>
#include "efi/base/status.h"

#define DM_PARAMETERS_MAX 1024u
#define DM_TYPE_MAX	  16u

struct dm_target {
	uint64_t start, sectors; /* of 512 bytes */
	char type[DM_TYPE_MAX];
	char parameters[DM_PARAMETERS_MAX];
};

/*
 * The only target of the mapped device `name`; `code` when there is none, more than one, or one
 * that does not fit. dm_table() reads the live table, dm_status() the target's state.
 */
struct status dm_table(const char *name, uint16_t code, struct dm_target *out) MUST_CHECK;
struct status dm_status(const char *name, uint16_t code, struct dm_target *out) MUST_CHECK;

/* Whether the kernel's target of this type is of that version at least. */
bool dm_target_at_least(const char *type, uint32_t major, uint32_t minor);
/*
 * Puts another table of one target, read-only, into the mapped device `name`, which stays in use
 * meanwhile. False, and the old table stays, when the kernel does not take it.
 */
bool dm_replace(const char *name, const struct dm_target *target) MUST_CHECK;

#endif
