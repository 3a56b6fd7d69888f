#include "tools/serve/audit_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_where_it_was(const struct audit *a)
{
	struct stat named, open;

	return lstat(a->path, &named) == 0 && fstat(a->fd, &open) == 0 &&
	       named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

static bool check_empty(int fd, const char *path, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(why, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size)
		return refuse(why,
			"%s is another file now, and not an empty one: the record goes on in the "
			"old one",
			path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
		return refuse(why,
			"%s must belong to the service's user, and nobody else may write to it: "
			"the record goes on in the old one. logrotate's nocreate leaves it to the "
			"service",
			path);
	return true;
}

static bool open_next(struct audit *next, struct why *why)
{
	next->fd = open(next->path,
		O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (next->fd < 0)
		return refuse(why, "%s: %s: the record goes on in the old file", next->path,
			strerror(errno));
	return check_empty(next->fd, next->path, why);
}

bool audit_reopen(struct audit *a, bool *out_fresh, struct why *why)
{
	struct audit next = {.fd = -1, .path = a->path, .last = a->last};

	*out_fresh = false;
	if (is_where_it_was(a))
		return true;
	/* What the new file's first line names must be on disk before that line is. */
	if (!audit_file_intact(a, why) || !audit_file_sync(a, why))
		return false;
	next.last.end = 0;
	if (open_next(&next, why) && audit_file_continue(&next, false, why)) {
		close(a->fd);
		*a = next;
		*out_fresh = true;
		return true;
	}
	/* Where the next start may find a new file's first line the old one must not go on. */
	a->broken = next.broken;
	if (next.fd >= 0)
		close(next.fd);
	return false;
}
