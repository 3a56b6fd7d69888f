#include "early/switch_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "crypto/secret.h"
#include "early/boot.h"
#include "early/console.h"
#include "early/contract/errors.h"

/* Far deeper than an initrd is. */
#define DEPTH_MAX 32u

/* Only what lives in memory is ever deleted. */
static struct status open_old_root(int *out_fd)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs)) {
		struct status s = system_failure("/", errno, E_HANDOVER_OLD_ROOT);

		if (fd >= 0)
			close(fd);
		return s;
	}
	if (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC) {
		console_detail("/ is of type %lx", (unsigned long)fs.f_type);
		close(fd);
		return fail(E_HANDOVER_NOT_MEMORY);
	}
	*out_fd = fd;
	return OK;
}

static struct status move_mounts(void)
{
	static const char *const moved[] = {"/dev", "/proc", "/sys", "/run"};
	char target[64];

	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		(void)snprintf(target, sizeof(target), SYSROOT "%s", moved[i]);
		if (mount(moved[i], target, NULL, MS_MOVE, NULL))
			return system_failure(target, errno, E_HANDOVER_MOVE);
	}
	return OK;
}

static struct status enter_new_root(void)
{
	if (chdir(SYSROOT) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		return system_failure(SYSROOT, errno, E_HANDOVER_ENTER);
	return OK;
}

static struct status check_init(const char *init)
{
	struct stat st;

	if (stat(init, &st) || access(init, X_OK))
		return system_failure(init, errno, E_HANDOVER_INIT);
	if (!S_ISREG(st.st_mode)) {
		console_detail("%s: not a file", init);
		return fail(E_HANDOVER_INIT_KIND);
	}
	return OK;
}

/* Empties the folder fd, which is closed, of all that lies on the file system `device`. */
static bool delete_below(int fd, dev_t device, unsigned depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool good = true;

	if (!dir) {
		close(fd);
		return false;
	}
	while (good && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		struct stat st;
		int child;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW)) {
			good = false;
		} else if (!S_ISDIR(st.st_mode)) {
			good = unlinkat(dirfd(dir), name, 0) == 0;
		} else if (st.st_dev == device && depth < DEPTH_MAX) {
			child = openat(
				dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			good = child >= 0 && delete_below(child, device, depth + 1) &&
			       unlinkat(dirfd(dir), name, AT_REMOVEDIR) == 0;
		}
	}
	(void)closedir(dir);
	return good;
}

/* Closes fd. */
static struct status delete_old_root(int fd)
{
	struct stat st;

	/* A descriptor that is open has a status: fstat() cannot fail. */
	(void)fstat(fd, &st);
	return delete_below(fd, st.st_dev, 0) ? OK
					      : system_failure("initrd", errno, E_HANDOVER_DELETE);
}

static struct status enter_and_check(const char *init)
{
	TRY(move_mounts());
	TRY(enter_new_root());
	return check_init(init);
}

struct status switch_root(const char *init)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char terminal[] = "TERM=linux";
	char *const environment[] = {path, terminal, NULL};
	char name[CONFIG_TEXT_MAX];
	char *const arguments[] = {name, NULL};
	struct status s;
	int old_root;

	TRY(open_old_root(&old_root));
	s = enter_and_check(init);
	if (failed(s)) {
		close(old_root);
		return s;
	}
	TRY(delete_old_root(old_root));
	(void)snprintf(name, sizeof(name), "%s", init);
	secret_room_close();
	console_say("starting %s", init);
	(void)execve(init, arguments, environment);
	return system_failure(init, errno, E_HANDOVER_EXEC);
}

struct status stage_init(struct boot *b)
{
	return switch_root(b->config.init);
}
