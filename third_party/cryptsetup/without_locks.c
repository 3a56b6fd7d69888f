/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lock files and loop devices. PID 1 is alone, turns locking off (early/disk/state_disk.c) and has
 * block devices and a header in memory: nothing below is reached but the questions, whose answer is
 * no.
 */
#include <errno.h>
#include <stddef.h>
#include "utils_device_locking.h"
#include "utils_loop.h"

/* Locks of devices and of names */

int device_locked(struct crypt_lock_handle *h)
{
	return 0;
}

int device_locked_readonly(struct crypt_lock_handle *h)
{
	return 0;
}

int device_locked_verify(struct crypt_device *cd, int fd, struct crypt_lock_handle *h)
{
	return -ENOTSUP;
}

int device_read_lock_internal(struct crypt_device *cd, struct device *device)
{
	return -ENOTSUP;
}

int device_write_lock_internal(struct crypt_device *cd, struct device *device)
{
	return -ENOTSUP;
}

void device_unlock_internal(struct crypt_device *cd, struct device *device)
{
}

int crypt_write_lock(
	struct crypt_device *cd, const char *name, bool blocking, struct crypt_lock_handle **lock)
{
	return -ENOTSUP;
}

void crypt_unlock_internal(struct crypt_device *cd, struct crypt_lock_handle *h)
{
}

/* Loop devices */

int crypt_loop_device(const char *loop)
{
	return 0;
}

int crypt_loop_attach(
	char **loop, const char *file, int offset, int autoclear, int *readonly, size_t blocksize)
{
	return -ENOTSUP;
}

int crypt_loop_detach(const char *loop)
{
	return -ENOTSUP;
}

int crypt_loop_resize(const char *loop)
{
	return -ENOTSUP;
}
