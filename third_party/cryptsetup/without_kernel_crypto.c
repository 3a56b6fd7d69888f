/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's crypto from user space (AF_ALG), its benchmark and the one of the key derivation.
 * All crypto in the process is the backend's in crypto/luks_backend.c.
 */
#include <errno.h>
#include "internal.h"
#include "luks1/luks.h"

/* Whether dm-crypt knows a cipher shows when the device is activated, not before. */

int crypt_cipher_check_kernel(
	const char *name, const char *mode, const char *integrity, size_t key_length)
{
	return 0;
}

int LUKS_check_cipher(
	struct crypt_device *ctx, size_t keylength, const char *cipher, const char *cipher_mode)
{
	return 0;
}

/* Named iterations are taken as they are; there is no measuring how many a second has. */
int crypt_benchmark_pbkdf_internal(
	struct crypt_device *cd, struct crypt_pbkdf_type *pbkdf, size_t volume_key_size)
{
	bool fixed = pbkdf->flags & CRYPT_PBKDF_NO_BENCHMARK && pbkdf->iterations;

	return fixed ? 0 : -ENOTSUP;
}
