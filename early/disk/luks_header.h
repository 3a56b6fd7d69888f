/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of the state disk in memory of our own: an anonymous file (memfd) of HEADER_LEN bytes.
 * Once it is sealed nobody can change it, not even this program; libcryptsetup reads it by its path
 * in /proc. The caller closes the descriptor.
 */
#ifndef EARLY_DISK_LUKS_HEADER_H
#define EARLY_DISK_LUKS_HEADER_H

#include <stdbool.h>
#include <sys/types.h>

#include "efi/base/status.h"
#include "early/disk/header_mac.h"

#define HEADER_PATH_MAX 32u

/* An empty one, to be filled by a format. E_HEADER_MEMORY. */
struct status luks_header_new(int *out_fd) MUST_CHECK;
/* Whether the first HEADER_LEN bytes of the device are all zero. E_BLANK_OPEN, E_BLANK_READ. */
struct status luks_header_blank(const char *device, bool *out_blank) MUST_CHECK;
/* A copy of a header in memory that can be changed. E_HEADER_MEMORY, E_REKEY_READ, E_REKEY_COPY. */
struct status luks_header_copy(int fd, int *out_fd) MUST_CHECK;
/*
 * Read once from the device, `at` is 0 or SPARE_AT, and sealed. E_HEADER_OPEN, E_HEADER_READ,
 * E_HEADER_COPY.
 */
struct status luks_header_read(const char *device, off_t at, int *out_fd) MUST_CHECK;
/* E_HEADER_SEAL. */
struct status luks_header_seal(int fd) MUST_CHECK;
/*
 * Writes a sealed header to the device, `at` is 0 or SPARE_AT, through to the medium.
 * E_HEADER_WRITE, E_HEADER_SYNC: any part of it may be written then.
 */
struct status luks_header_write(int fd, const char *device, off_t at) MUST_CHECK;

/* The MAC of a sealed header. E_HEADER_NOT_SEALED, E_HEADER_MAP. */
struct status luks_header_mac(int fd, const uint8_t disk_key[DISK_KEY_LEN],
	const uint8_t disk_id[DISK_ID_LEN], uint64_t generation,
	uint8_t out[HEADER_MAC_LEN]) MUST_CHECK;

/* A path that opens the same memory. */
void luks_header_path(int fd, char out[HEADER_PATH_MAX]);

#endif
