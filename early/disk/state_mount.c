/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The opened state disk at its place in the file tree. */
#include "early/disk/state_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "early/console.h"
#include "early/contract/errors.h"

#define RUN "/run/"

/* Makes each folder of an absolute path below /run, which is empty at boot. */
static struct status make_folders(const char *path)
{
	char part[CONFIG_TEXT_MAX];

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *end = part + strlen(RUN); end; *end++ = '/') {
		end = strchr(end, '/');
		if (end)
			*end = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return system_failure(part, errno, E_STATE_MOUNT_FOLDER);
		if (!end)
			break;
	}
	return OK;
}

/*
 * Opens the folder to mount on. No symbolic link is followed: one in the root file system would
 * lead through the initrd's tree.
 */
static struct status open_folder(const char *tree, const char *path, int *out_fd)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS};
	int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	long fd;

	if (root < 0)
		return system_failure(tree, errno, E_STATE_MOUNT_TREE);
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	close(root);
	if (fd < 0)
		return system_failure(path, errno, E_STATE_MOUNT_POINT);
	*out_fd = (int)fd;
	return OK;
}

struct status state_disk_mount(const struct boot *b)
{
	const char *path = b->config.state_mount;
	bool in_run = strncmp(path, RUN, strlen(RUN)) == 0;
	char target[32];
	struct status s = OK;
	int folder;

	if (in_run)
		TRY(make_folders(path));
	TRY(open_folder(in_run ? "/" : SYSROOT, path, &folder));
	(void)snprintf(target, sizeof(target), "/proc/self/fd/%d", folder);
	if (mount(STATE_NODE, target, "ext4", MS_NOSUID | MS_NODEV, "errors=remount-ro"))
		s = system_failure(path, errno, E_STATE_MOUNT);
	close(folder);
	return s;
}
