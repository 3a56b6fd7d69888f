/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which header of the disk is the one that was committed, and the next one while the key changes
 * (PROTOCOL.md, section 7.2). The disk's own word counts for nothing: the MAC decides.
 *
 * Order of a rotation: state_header_find(); state_header_next(); the service's ACK for the COMMIT
 * that names the new header; luks_header_write() of it at 0. A power cut at any moment leaves a
 * header at 0 that the last COMMIT names, or one in the spare room:
 *
 *   while the spare room is written   the old header at 0, which is all that the service knows
 *   before the COMMIT is stored       the same
 *   before the header at 0 is written the old header at 0, the new one in the spare room
 *   while it is written               the new one in the spare room
 *   afterwards                        the new one, twice
 */
#ifndef EARLY_DISK_STATE_HEADER_H
#define EARLY_DISK_STATE_HEADER_H

#include <stdbool.h>

#include "efi/base/status.h"
#include "early/disk/header_mac.h"

struct luks_profile;

/* What a grant to open says. The keys are the caller's secrets. */
struct state_grant {
	uint64_t generation;
	const uint8_t *disk_key, *header_mac;
	const uint8_t *next_key;	/* NULL: the key stays */
	const uint8_t *next_header_mac; /* with next_key; zeros: no new header was committed */
	bool open_only;			/* either header opens, and no new one is made */
};

/*
 * Reads the header at 0 once, and with next_key the one in the spare room when that is needed.
 * *out_fd is the sealed one whose MAC the grant names, and *out_next whether it is next_key's. A
 * new header that only the spare room holds is written to 0 first. E_HEADER_MAC when none fits:
 * nothing was written and nothing parsed then. The caller closes *out_fd.
 */
struct status state_header_find(const char *device, const uint8_t disk_id[DISK_ID_LEN],
	const struct state_grant *g, int *out_fd, bool *out_next) MUST_CHECK;

/*
 * Makes the header for next_key from the one that disk_key opens, and writes it to the spare room.
 * *out_mac is its MAC under generation + 1. The caller closes *out_fd.
 */
struct status state_header_next(const char *device, const uint8_t disk_id[DISK_ID_LEN],
	const struct state_grant *g, const struct luks_profile *profile, int header, int *out_fd,
	uint8_t out_mac[HEADER_MAC_LEN]) MUST_CHECK;

#endif
