/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/audit/audit_private.h"

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

static struct failure check_empty(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse("%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size)
		return refuse(
			"%s is another file now, and not an empty one: the record goes on in the "
			"old one",
			path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
		return refuse(
			"%s must belong to the service's user, and nobody else may write to it: "
			"the record goes on in the old one. logrotate's nocreate leaves it to the "
			"service",
			path);
	return failure_none();
}

static struct failure open_next(struct audit *next)
{
	next->fd = open(next->path,
		O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (next->fd < 0)
		return refuse(
			"%s: %s: the record goes on in the old file", next->path, strerror(errno));
	return check_empty(next->fd, next->path);
}

struct failure audit_reopen(struct audit *a, bool *out_fresh)
{
	struct audit next = {.fd = -1, .path = a->path, .last = a->last};
	struct failure f;

	*out_fresh = false;
	if (is_where_it_was(a))
		return failure_none();
	/* What the new file's first line names must be on disk before that line is. */
	TRY_FAILURE(audit_file_intact(a));
	TRY_FAILURE(audit_file_sync(a));
	next.last.end = 0;
	f = open_next(&next);
	if (!f.happened)
		f = audit_file_continue(&next, false);
	if (!f.happened) {
		close(a->fd);
		*a = next;
		*out_fresh = true;
		return f;
	}
	/* Where the next start may find a new file's first line the old one must not go on. */
	a->broken = next.broken;
	if (next.fd >= 0)
		close(next.fd);
	return f;
}
