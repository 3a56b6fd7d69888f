/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/lib/access_list.h"

bool private_file_may_hold(uid_t owner, mode_t mode, uid_t user, bool user_in_group)
{
	bool by_group = owner == 0 && user != 0 && user_in_group;

	if (owner != 0 && owner != user)
		return false;
	return !(mode & (by_group ? 037 : 077));
}

/* A regular file of this user or root. */
static struct failure check_owner(int fd, const char *path, struct stat *st)
{
	if (fstat(fd, st))
		return refuse("%s: %s", path, strerror(errno));
	if (!S_ISREG(st->st_mode))
		return refuse("%s is not a regular file", path);
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return refuse("%s belongs to another user: chown it to this one, or to root", path);
	return failure_none();
}

static struct failure check_secret(int fd, const char *path, size_t max, size_t *out_len)
{
	struct stat st;

	TRY_FAILURE(check_owner(fd, path, &st));
	if (!private_file_may_hold(st.st_uid, st.st_mode, geteuid(),
		    st.st_gid == getegid() || group_member(st.st_gid) ||
			    access_list_of_file_is_for(fd, geteuid())))
		return refuse(
			"%s has mode %04o: others may have read it. Restore or replace it, then "
			"chmod 600 (its group may read root's file when the service is in that "
			"group and does not run as root)",
			path, st.st_mode & 07777);
	if (st.st_size <= 0 || (uint64_t)st.st_size > max)
		return refuse("%s is empty or larger than %zu bytes", path, max);
	*out_len = (size_t)st.st_size;
	return failure_none();
}

static struct failure check_trusted(int fd, const char *path, size_t max, size_t *out_len)
{
	struct stat st;

	TRY_FAILURE(check_owner(fd, path, &st));
	if (st.st_mode & 022)
		return refuse(
			"%s has mode %04o: others may have written it. Check what it says, then "
			"chmod go-w",
			path, st.st_mode & 07777);
	if ((uint64_t)st.st_size > max)
		return refuse("%s is larger than %zu bytes", path, max);
	*out_len = (size_t)st.st_size;
	return failure_none();
}

static bool read_all(int fd, uint8_t *out, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, out + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* *out_absent: there is no file, and no link to one. */
static struct failure open_file(const char *path, int *out_fd, bool *out_absent)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error = errno;
	struct stat link;

	*out_absent = false;
	if (fd >= 0) {
		*out_fd = fd;
		return failure_none();
	}
	if (error == ENOENT && lstat(path, &link) == 0)
		return refuse("%s is a symbolic link to a file that is not there", path);
	*out_absent = error == ENOENT;
	return refuse("%s: %s", path, strerror(error));
}

static struct failure read_secret(int fd, const char *path, size_t max, struct secret *out)
{
	SECRET_AUTO bytes = {0};
	size_t len = 0;

	TRY_FAILURE(check_secret(fd, path, max, &len));
	if (failed(secret_new(len, &bytes)))
		return refuse("no locked memory left for %s", path);
	if (!read_all(fd, bytes.bytes, len))
		return refuse("%s: cannot read all of it", path);
	*out = bytes;
	bytes = (struct secret){0};
	return failure_none();
}

struct failure private_file_read(const char *path, size_t max, struct secret *out, bool *out_absent)
{
	struct failure f;
	bool absent;
	int fd = -1;

	f = open_file(path, &fd, &absent);
	if (out_absent)
		*out_absent = absent;
	if (f.happened)
		return f;
	f = read_secret(fd, path, max, out);
	close(fd);
	return f;
}

static struct failure read_trusted(int fd, const char *path, char *out, size_t cap, size_t *out_len)
{
	TRY_FAILURE(check_trusted(fd, path, cap, out_len));
	if (!read_all(fd, (uint8_t *)out, *out_len))
		return refuse("%s: cannot read all of it", path);
	return failure_none();
}

struct failure trusted_file_read(const char *path, char *out, size_t cap, size_t *out_len)
{
	struct failure f;
	bool absent;
	int fd = -1;

	TRY_FAILURE(open_file(path, &fd, &absent));
	f = read_trusted(fd, path, out, cap, out_len);
	close(fd);
	return f;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return fsync(fd) == 0;
}

static bool sync_folder_of(const char *path)
{
	char copy[PATH_MAX];
	int fd;
	bool good;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = fsync(fd) == 0;
	close(fd);
	return good;
}

/* A draft beside the file, whole and durable; what a crash left there was never in use. */
static struct failure write_draft(
	const char *path, const uint8_t *bytes, size_t len, char draft[PATH_MAX])
{
	bool written;
	int fd;

	if ((size_t)snprintf(draft, PATH_MAX, "%s.new", path) >= PATH_MAX)
		return refuse("%s: the path is too long", path);
	unlink(draft);
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return refuse("%s: %s", draft, strerror(errno));
	written = write_all(fd, bytes, len);
	close(fd);
	if (written)
		return failure_none();
	unlink(draft);
	return refuse("%s cannot be written: %s", draft, strerror(errno));
}

/* Only this puts a file to use. */
static struct failure use_draft(const char *draft, const char *path, unsigned flags)
{
	if (renameat2(AT_FDCWD, draft, AT_FDCWD, path, flags)) {
		struct failure f = refuse("%s: cannot be created: %s", path, strerror(errno));

		unlink(draft);
		return f;
	}
	if (!sync_folder_of(path))
		return refuse("%s: its folder cannot be made durable", path);
	return failure_none();
}

struct failure private_file_create(const char *path, const uint8_t *bytes, size_t len)
{
	char draft[PATH_MAX];

	TRY_FAILURE(write_draft(path, bytes, len, draft));
	return use_draft(draft, path, RENAME_NOREPLACE);
}

struct failure private_file_replace(const char *path, const uint8_t *bytes, size_t len)
{
	char draft[PATH_MAX];
	struct stat st;

	if (lstat(path, &st))
		return refuse("%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse("%s is not a regular file: change the one that it stands for", path);
	TRY_FAILURE(write_draft(path, bytes, len, draft));
	if (lchown(draft, st.st_uid, st.st_gid) || chmod(draft, st.st_mode & 07777)) {
		struct failure f = refuse("%s: %s", draft, strerror(errno));

		unlink(draft);
		return f;
	}
	return use_draft(draft, path, 0);
}
