/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one form that a state disk's LUKS2 header has: one keyslot, one segment, one digest, no
 * token, no flag. Formatting makes it, opening checks it. The check is a second line of defence: a
 * header with a right MAC was made by this code, and is refused all the same when it does not have
 * this form.
 */
#ifndef EARLY_DISK_LUKS_PROFILE_H
#define EARLY_DISK_LUKS_PROFILE_H

#include <libcryptsetup.h>
#include "early/contract/config.h"

#define LUKS_SECTOR    4096u
#define LUKS_TAG_BYTES 32u /* of dm-integrity, a sector: tag, and the nonce where it is random */

struct luks_profile {
	const char *cipher, *mode; /* as libcryptsetup takes them */
	const char *integrity;
	const char *kernel_cipher; /* as the kernel's table shows it */
	unsigned key_bytes;
	unsigned area_bytes; /* of the keyslot's material */
};

const struct luks_profile *luks_profile(enum state_cipher cipher);

/*
 * Makes a header of this form in cd's metadata device, with a random volume key and the passphrase,
 * and an integrity superblock on its data device. E_LUKS_FORMAT_... names the step that failed.
 */
struct status luks_format(struct crypt_device *cd, const struct luks_profile *profile,
	const uint8_t *passphrase, size_t len) MUST_CHECK;

/* Has cd make its next keyslot of this form. Negative when the library refuses. */
int luks_set_pbkdf(struct crypt_device *cd);

/* Compares a loaded header with the form. E_LUKS_PROFILE. */
struct status luks_profile_check(
	struct crypt_device *cd, const struct luks_profile *profile) MUST_CHECK;
/* The same for the text of its JSON area; for luks_profile_check() and its tests. */
bool luks_json_matches(const char *json, const struct luks_profile *profile);

#endif
