/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "early/boot.h"
#include "early/console.h"
#include "early/console_open.h"
#include "early/contract/errors.h"

#define PATH_LEN 256u

static const struct {
	const char *type, *path, *options;
	unsigned long flags;
} mounts[] = {
	{"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"devtmpfs", "/dev", "mode=0755", MS_NOSUID},
	{"tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV},
	/* The firmware's event log. */
	{"securityfs", "/sys/kernel/security", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
};

struct status mounts_make(const char *root)
{
	char path[PATH_LEN];

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", root, mounts[i].path);
		if (mkdir(path, 0755) && errno != EEXIST)
			return system_failure(mounts[i].path, errno, E_MOUNT_POINT);
		/* The kernel may have mounted devtmpfs itself; EBUSY means that it is there. */
		if (mount(mounts[i].type, path, mounts[i].type, mounts[i].flags,
			    mounts[i].options) &&
			errno != EBUSY) {
			console_detail(
				"%s on %s: %s", mounts[i].type, mounts[i].path, strerror(errno));
			return fail(E_MOUNT);
		}
	}
	return OK;
}

struct status stage_mounts(struct boot *b)
{
	(void)b;
	TRY(mounts_make(""));
	console_open("/dev/console", "/dev/kmsg", "/dev/null");
	return OK;
}
