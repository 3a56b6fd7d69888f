/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same disk under another key: a new header around the old one's volume key. It is made in
 * memory; libcryptsetup is given no device that it could write to. What is on the disk under the
 * volume key stays as it is.
 */
#ifndef EARLY_DISK_LUKS_REKEY_H
#define EARLY_DISK_LUKS_REKEY_H

#include "early/disk/luks_header.h"
#include "early/disk/luks_profile.h"

/*
 * Makes a sealed header of the one form, whose one keyslot is next_key's, from a sealed header that
 * disk_key opens. The new one was opened with next_key once, and holds the same volume key.
 * E_REKEY_...; E_LUKS_PROFILE when either header has another form. The caller closes *out_fd.
 */
struct status luks_rekey(int header, const struct luks_profile *profile,
	const uint8_t disk_key[DISK_KEY_LEN], const uint8_t next_key[DISK_KEY_LEN],
	int *out_fd) MUST_CHECK;

#endif
