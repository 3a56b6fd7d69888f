#include "tools/lib/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool private_file_may_hold(uid_t owner, mode_t mode, uid_t user, bool user_in_group)
{
	bool by_group = owner == 0 && user != 0 && user_in_group;

	if (owner != 0 && owner != user)
		return false;
	return !(mode & (by_group ? 037 : 077));
}

/* A regular file of this user or root. */
static bool check_owner(int fd, const char *path, struct stat *st, struct why *why)
{
	if (fstat(fd, st))
		return refuse(why, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st->st_mode))
		return refuse(why, "%s is not a regular file", path);
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return refuse(
			why, "%s belongs to another user: chown it to this one, or to root", path);
	return true;
}

static bool check_secret(int fd, const char *path, size_t max, size_t *out_len, struct why *why)
{
	struct stat st;

	if (!check_owner(fd, path, &st, why))
		return false;
	if (!private_file_may_hold(st.st_uid, st.st_mode, geteuid(),
		    st.st_gid == getegid() || group_member(st.st_gid)))
		return refuse(why,
			"%s has mode %04o: others may have read it. Restore or replace it, then "
			"chmod 600 (its group may read root's file when the service is in that "
			"group and does not run as root)",
			path, st.st_mode & 07777);
	if (st.st_size <= 0 || (uint64_t)st.st_size > max)
		return refuse(why, "%s is empty or larger than %zu bytes", path, max);
	*out_len = (size_t)st.st_size;
	return true;
}

static bool check_trusted(int fd, const char *path, size_t max, size_t *out_len, struct why *why)
{
	struct stat st;

	if (!check_owner(fd, path, &st, why))
		return false;
	if (st.st_mode & 022)
		return refuse(why,
			"%s has mode %04o: others may have written it. Check what it says, then "
			"chmod go-w",
			path, st.st_mode & 07777);
	if ((uint64_t)st.st_size > max)
		return refuse(why, "%s is larger than %zu bytes", path, max);
	*out_len = (size_t)st.st_size;
	return true;
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

/* -1 with *why; ABSENT is for no file and no link to one. */
static int open_file(const char *path, enum private_file *out_failure, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat link;

	if (fd >= 0)
		return fd;
	*out_failure = errno == ENOENT ? PRIVATE_FILE_ABSENT : PRIVATE_FILE_REFUSED;
	refuse(why, "%s: %s", path, strerror(errno));
	if (errno == ENOENT && lstat(path, &link) == 0) {
		*out_failure = PRIVATE_FILE_REFUSED;
		refuse(why, "%s is a symbolic link to a file that is not there", path);
	}
	return -1;
}

enum private_file private_file_read(
	const char *path, size_t max, struct secret *out, struct why *why)
{
	SECRET_AUTO bytes = {0};
	enum private_file failure = PRIVATE_FILE_REFUSED;
	size_t len;
	int fd = open_file(path, &failure, why);
	bool good;

	if (fd < 0)
		return failure;
	good = check_secret(fd, path, max, &len, why);
	if (good && failed(secret_new(len, &bytes)))
		good = refuse(why, "no locked memory left for %s", path);
	if (good && !read_all(fd, bytes.bytes, len))
		good = refuse(why, "%s: cannot read all of it", path);
	close(fd);
	if (!good)
		return PRIVATE_FILE_REFUSED;
	*out = bytes;
	bytes = (struct secret){0};
	return PRIVATE_FILE_READ;
}

bool trusted_file_read(const char *path, char *out, size_t cap, size_t *out_len, struct why *why)
{
	enum private_file failure;
	int fd = open_file(path, &failure, why);
	bool good;

	if (fd < 0)
		return false;
	good = check_trusted(fd, path, cap, out_len, why);
	if (good && !read_all(fd, (uint8_t *)out, *out_len))
		good = refuse(why, "%s: cannot read all of it", path);
	close(fd);
	return good;
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

bool private_file_create(const char *path, const uint8_t *bytes, size_t len, struct why *why)
{
	char draft[PATH_MAX];
	int fd;
	bool written;

	if ((size_t)snprintf(draft, sizeof(draft), "%s.new", path) >= sizeof(draft))
		return refuse(why, "%s: the path is too long", path);
	/* A draft left by a crash was never in use: only the rename below puts a file to use. */
	unlink(draft);
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return refuse(why, "%s: %s", draft, strerror(errno));
	written = write_all(fd, bytes, len);
	close(fd);
	if (!written || renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_NOREPLACE)) {
		refuse(why, "%s: cannot be created: %s", path, strerror(errno));
		unlink(draft);
		return false;
	}
	if (!sync_folder_of(path))
		return refuse(why, "%s: its folder cannot be made durable", path);
	return true;
}
