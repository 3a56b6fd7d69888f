/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/audit/audit_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/serve/audit/audit_chain.h"
#include "tools/serve/audit/audit_reader.h"

/* A check in progress. */
struct start {
	struct audit *audit;
	struct audit_reader reader;
	struct audit_chain chain;
	size_t torn; /* bytes of a last line without its newline */
};

/* Takes the next line; *out_more is false when there is none. */
static struct failure take_one(struct start *s, bool *out_more)
{
	const char *path = s->audit->path;
	enum audit_read got = audit_reader_next(&s->reader);

	*out_more = got == AUDIT_READ_LINE;
	switch (got) {
	case AUDIT_READ_LINE:
		return audit_chain_take(&s->chain, path, s->reader.text, s->reader.len);
	case AUDIT_READ_END:
		return failure_none();
	case AUDIT_READ_TORN:
		s->torn = s->reader.len;
		return failure_none();
	case AUDIT_READ_LONG:
		return refuse("%s: the line behind line %" PRIu64 " is too long", path,
			s->chain.last.seq);
	default:
		return refuse("%s: %s", path, strerror(errno));
	}
}

/* The record must not begin behind what the store knows. */
static struct failure check_begin(const struct start *s)
{
	const struct audit_chain *c = &s->chain;

	if (!c->first || c->first <= c->known.seq + 1)
		return failure_none();
	return refuse("%s goes on from line %" PRIu64
		      ", but the store knows no line behind %" PRIu64
		      ": the store is older than the record. Restore both from one backup",
		s->audit->path, c->first - 1, c->known.seq);
}

/* Nor end before it, nor hold another line in its place. A record without a line is begun anew. */
static struct failure check_known(const struct start *s)
{
	const struct audit_chain *c = &s->chain;

	if (c->known_met || !c->first)
		return failure_none();
	if (c->last.seq < c->known.seq)
		return refuse(
			"%s ends at line %" PRIu64 ", but the store knows line %" PRIu64
			": lines were cut off its end, or the store is newer. Restore both from "
			"one backup",
			s->audit->path, c->last.seq, c->known.seq);
	return refuse("%s: line %" PRIu64
		      " is not the one that the store knows: the two are not of one "
		      "service, or not of one time. Restore both from one backup",
		s->audit->path, c->known.seq);
}

/* Whether the known line ends where the store says; then reading goes on behind it. */
static bool jump_to_known(struct start *s)
{
	const struct audit_position *known = &s->chain.known;
	char text[JSON_LINE_MAX + 1];
	size_t len = known->end < sizeof(text) ? (size_t)known->end : sizeof(text);
	off_t from = (off_t)(known->end - len);
	struct audit_line line;
	const char *before;

	if (len < 2 || known->end > INT64_MAX ||
		pread(s->audit->fd, text, len, from) != (ssize_t)len)
		return false;
	before = memrchr(text, '\n', len - 1);
	if (!before || !audit_line_read(before + 1, len - (size_t)(before + 1 - text), &line) ||
		line.seq != known->seq || memcmp(line.hash, known->hash, AUDIT_HASH_HEX) != 0 ||
		lseek(s->audit->fd, (off_t)known->end, SEEK_SET) < 0)
		return false;
	s->chain.last = *known;
	s->chain.known_met = true;
	audit_reader_start(&s->reader, s->audit->fd);
	return true;
}

static struct failure check_lines(struct start *s, uint64_t size)
{
	bool more;

	audit_reader_start(&s->reader, s->audit->fd);
	TRY_FAILURE(take_one(s, &more));
	TRY_FAILURE(check_begin(s));
	/* When the jump fails the whole file tells what is wrong with it. */
	if (more && size > AUDIT_WHOLE_MAX && s->chain.known.seq > s->chain.first)
		(void)jump_to_known(s);
	while (more)
		TRY_FAILURE(take_one(s, &more));
	return check_known(s);
}

static struct failure record_repair(struct audit *a, size_t torn)
{
	struct json_line line;

	audit_begin(a, &line, "repair");
	json_line_text(&line, "what", "a last line cut short by a crash was removed");
	json_line_number(&line, "bytes", torn);
	return audit_append(a, &line, true);
}

/* Nothing is written before everything was checked. */
static struct failure finish(struct start *s)
{
	struct audit *a = s->audit;
	const struct audit_chain *c = &s->chain;

	a->last = c->last;
	if (s->torn && ftruncate(a->fd, (off_t)a->last.end))
		return refuse("%s: cannot remove a torn line: %s", a->path, strerror(errno));
	if (!c->first) {
		a->last = c->known;
		a->last.end = 0;
		s->chain.tail.missing = c->known.seq > 0;
		TRY_FAILURE(
			c->known.seq ? audit_file_continue(a, true) : audit_file_sync_folder(a));
	}
	return s->torn ? record_repair(a, s->torn) : failure_none();
}

static struct failure open_file(struct audit *a, const char *path, uint64_t *out_size)
{
	struct stat st;

	a->path = strdup(path);
	if (!a->path)
		return refuse("out of memory");
	a->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (a->fd < 0)
		return refuse("%s: %s", path, strerror(errno));
	if (fstat(a->fd, &st) || !S_ISREG(st.st_mode))
		return refuse("%s is not a regular file", path);
	*out_size = (uint64_t)st.st_size;
	return failure_none();
}

static struct failure check_file(struct start *s, const char *path)
{
	uint64_t size = 0;

	TRY_FAILURE(open_file(s->audit, path, &size));
	TRY_FAILURE(check_lines(s, size));
	return finish(s);
}

struct failure audit_open(const char *path, const struct audit_position *known, struct audit **out,
	struct audit_tail *tail)
{
	struct audit *a = calloc(1, sizeof(*a));
	struct start s = {.audit = a};
	struct failure f;

	if (!a)
		return refuse("out of memory");
	a->fd = -1;
	audit_chain_start(&s.chain, known);
	f = check_file(&s, path);
	if (f.happened) {
		audit_close(a);
		return f;
	}
	*tail = s.chain.tail;
	*out = a;
	return failure_none();
}
