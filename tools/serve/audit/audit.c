/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/audit/audit_private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/serve/audit/audit_line.h"

static const char sync_failed[] =
	"the audit record failed earlier, and what the disk holds of it is not known: restart the "
	"service";
static const char size_changed[] =
	"another has truncated the audit record or written to it: restart the service, which "
	"checks it. Rotate by rename and SIGHUP, not by copytruncate";

void audit_close(struct audit *a)
{
	if (!a)
		return;
	if (a->fd >= 0)
		close(a->fd);
	free(a->path);
	free(a);
}

struct failure audit_file_intact(struct audit *a)
{
	struct stat st;

	if (a->broken)
		return refuse("%s", a->broken);
	if (fstat(a->fd, &st))
		return refuse("the audit record: %s", strerror(errno));
	if ((uint64_t)st.st_size == a->last.end)
		return failure_none();
	a->broken = size_changed;
	return refuse("%s", a->broken);
}

struct failure audit_file_sync(struct audit *a)
{
	if (!a->unsynced)
		return failure_none();
	if (fdatasync(a->fd)) {
		a->broken = sync_failed;
		return refuse("the audit record cannot be written: %s", strerror(errno));
	}
	a->unsynced = false;
	return failure_none();
}

struct failure audit_file_sync_folder(struct audit *a)
{
	struct failure f = failure_none();
	char copy[PATH_MAX];
	int fd;

	snprintf(copy, sizeof(copy), "%s", a->path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd)) {
		a->broken = sync_failed;
		f = refuse("%s: its folder cannot be made durable: %s", a->path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return f;
}

struct failure audit_file_continue(struct audit *a, bool missing)
{
	struct json_line line;

	audit_begin(a, &line, "continued");
	if (missing)
		json_line_bool(&line, "missing", true);
	TRY_FAILURE(audit_append(a, &line, true));
	return audit_file_sync_folder(a);
}

struct failure audit_position(struct audit *a, struct audit_position *out)
{
	TRY_FAILURE(audit_file_intact(a));
	TRY_FAILURE(audit_file_sync(a));
	*out = a->last;
	return failure_none();
}

void audit_begin(const struct audit *a, struct json_line *line, const char *event)
{
	time_t now = time(NULL);
	struct tm tm = {0};
	char text[32] = "";

	/* Four digits of year always, so that a line's form is fixed up to the event. */
	if (gmtime_r(&now, &tm) && tm.tm_year >= -900 && tm.tm_year < 8100)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	else
		memcpy(text, "0000-00-00T00:00:00Z", 21);
	json_line_start(line);
	json_line_number(line, "seq", a->last.seq + 1);
	json_line_text(line, "time", text);
	json_line_text(line, "prev", a->last.hash);
	json_line_text(line, "event", event);
}

/* Ends the line; false when it is not the next one, or could not be read at the next start. */
static bool finish_line(const struct audit *a, struct json_line *line, struct audit_line *out)
{
	char hash[AUDIT_HASH_HEX + 1];

	if (line->overflow)
		return false;
	audit_line_hash(line->text, line->len, hash);
	json_line_text(line, "hash", hash);
	return json_line_end(line) && audit_line_read(line->text, line->len, out) &&
	       out->seq == a->last.seq + 1 && memcmp(out->prev, a->last.hash, AUDIT_HASH_HEX) == 0;
}

/* One write, so that a crash tears the last line at most. */
static struct failure write_line(struct audit *a, const struct json_line *line)
{
	ssize_t n = write(a->fd, line->text, line->len);
	struct failure f;

	if (n == (ssize_t)line->len)
		return failure_none();
	f = refuse("the audit record cannot be written: %s",
		n < 0 ? strerror(errno) : "the disk is full");
	/* A half line would break the chain for good; without it the file ends as it did before. */
	if (ftruncate(a->fd, (off_t)a->last.end))
		a->broken = sync_failed;
	return f;
}

/* Lines in a file that has no name any more are lost with the process. */
static struct failure has_name(const struct audit *a)
{
	struct stat st;

	if (fstat(a->fd, &st) == 0 && st.st_nlink > 0)
		return failure_none();
	return refuse(
		"%s was deleted: send SIGHUP, or restart the service, for a new file", a->path);
}

struct failure audit_append(struct audit *a, struct json_line *line, bool durable)
{
	struct failure f = failure_none();
	struct audit_line sealed;

	TRY_FAILURE(audit_file_intact(a));
	TRY_FAILURE(has_name(a));
	if (!finish_line(a, line, &sealed))
		return refuse("an audit record is too long, out of turn or malformed");
	TRY_FAILURE(write_line(a, line));
	a->unsynced = true;
	if (durable)
		f = audit_file_sync(a);
	if (f.happened) {
		/* It was not given to anybody; whether it stays is up to the disk. */
		(void)!ftruncate(a->fd, (off_t)a->last.end);
		return f;
	}
	a->last.seq = sealed.seq;
	a->last.end += sealed.len;
	memcpy(a->last.hash, sealed.hash, sizeof(a->last.hash));
	return failure_none();
}
