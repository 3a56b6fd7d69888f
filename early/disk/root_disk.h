/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root file system: dm-verity over the devices that the stage before found, mounted read-only
 * on SYSROOT. The root hash is measured. The host can write the superblock on the verity device, so
 * it is accepted only with the parameters that this project always uses (SHA-256, blocks of 4096
 * bytes, format 1). Its salt and size need no check of their own: another salt or size cannot give
 * the measured root hash.
 *
 * The kernel activates a mapping with a wrong hash too. So blocks are read through it, and then the
 * kernel must still call it valid; a block that is corrupted up to then ends the boot with a code.
 * Before the stage ends the table is replaced by one that makes the kernel panic at a block that
 * turns out corrupted later, and where the kernel can, at one that cannot be read. With
 * protostar.verity=eio the table stays.
 */
#ifndef EARLY_DISK_ROOT_DISK_H
#define EARLY_DISK_ROOT_DISK_H

#include <libcryptsetup.h>
#include <stddef.h>
#include "efi/base/status.h"

#define ROOT_MAPPING   "root" /* /dev/mapper/root */
#define VERITY_BLOCK   4096u  /* bytes */
#define ROOT_PROBE_LEN 2048u  /* bytes that root_file_system() looks at */

/* What stands at the end of a table: nothing, and whoever reads a bad block gets an I/O error. */
#define ROOT_PANIC_CORRUPTED " 1 panic_on_corruption"
#define ROOT_PANIC_ALL	     " 2 panic_on_corruption panic_on_error" /* since Linux 6.12 */

/* Whether a superblock says what is accepted. */
bool root_parameters_sound(const struct crypt_params_verity *p);

/*
 * The table that the kernel must show for these parameters: device numbers as "major:minor", root
 * hash as 32 bytes; options: "" or one of ROOT_PANIC_*. False when it does not fit.
 */
bool root_expected_table(const struct crypt_params_verity *p, const char *data, const char *hash,
	const uint8_t root_hash[32], const char *options, char *out, size_t size);

/* The mount type for the first ROOT_PROBE_LEN bytes: erofs, squashfs, ext4; NULL for any other. */
const char *root_file_system(const uint8_t start[ROOT_PROBE_LEN]);

#endif
