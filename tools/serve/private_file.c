#include "tools/serve/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check_access(int fd, const char *path, size_t max, size_t *out_len, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(why, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(why, "%s is not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return refuse(why, "%s belongs to another user", path);
	if (st.st_mode & 077)
		return refuse(why,
			"%s has mode %04o: others may have read it. Restore or replace it, then "
			"chmod 600",
			path, st.st_mode & 07777);
	if (st.st_size <= 0 || (uint64_t)st.st_size > max)
		return refuse(why, "%s is empty or larger than %zu bytes", path, max);
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

enum private_file private_file_read(
	const char *path, size_t max, struct secret *out, struct why *why)
{
	SECRET_AUTO bytes = {0};
	size_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool good;

	if (fd < 0) {
		refuse(why, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? PRIVATE_FILE_ABSENT : PRIVATE_FILE_REFUSED;
	}
	good = check_access(fd, path, max, &len, why);
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
