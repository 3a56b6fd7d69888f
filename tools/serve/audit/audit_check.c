/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "tools/serve/audit/audit.h"
#include "tools/serve/audit/audit_chain.h"
#include "tools/serve/audit/audit_reader.h"

/* A file, and how far it was read. */
struct part {
	const char *path;
	enum audit_read got; /* by the last read */
	int failure;	     /* errno of it */
	struct audit_reader reader;
};

struct check {
	struct part parts[2]; /* the one being checked, and the one after it */
	struct audit_chain chain;
	struct audit_checked *seen;
};

static void read_on(struct part *p)
{
	p->got = audit_reader_next(&p->reader);
	p->failure = errno;
}

/* Opens a file and reads its first line. */
static void begin_part(struct part *p, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	p->path = path;
	p->got = AUDIT_READ_FAILED;
	p->failure = errno;
	audit_reader_start(&p->reader, fd);
	if (fd >= 0)
		read_on(p);
}

static void end_part(struct part *p)
{
	if (p->reader.fd >= 0)
		close(p->reader.fd);
	p->reader.fd = -1;
}

/* The first line of a file from which nothing was read but that. */
static bool first_line(const struct part *p, struct audit_line *out)
{
	return p && p->got == AUDIT_READ_LINE &&
	       audit_line_read(p->reader.text, p->reader.len, out);
}

/* The line that the next file goes on from. */
static struct audit_position demanded(const struct part *next)
{
	struct audit_position p = audit_position_none();
	struct audit_line line;

	if (first_line(next, &line)) {
		p.seq = line.seq - 1;
		memcpy(p.hash, line.prev, AUDIT_HASH_HEX);
	}
	return p;
}

static struct failure take_lines(struct check *c, struct part *p, const struct part *next)
{
	for (; p->got == AUDIT_READ_LINE; read_on(p)) {
		TRY_FAILURE(audit_chain_take(&c->chain, p->path, p->reader.text, p->reader.len));
		c->seen->lines++;
		c->seen->first = c->chain.first;
		c->seen->last = c->chain.last.seq;
	}
	if (p->got == AUDIT_READ_FAILED) {
		c->seen->unreadable = true;
		return refuse("%s: %s", p->path, strerror(p->failure));
	}
	if (p->got == AUDIT_READ_END)
		return failure_none();
	if (p->got == AUDIT_READ_TORN && !next) {
		c->seen->torn = p->reader.len;
		return failure_none();
	}
	return refuse("%s: the line behind line %" PRIu64 " is %s", p->path, c->chain.last.seq,
		p->got == AUDIT_READ_LONG ? "too long" : "cut short, and another file follows");
}

static bool begun_by_a_start(const struct part *next)
{
	static const char missing[] = ",\"missing\":true";
	struct audit_line line;

	return first_line(next, &line) && strcmp(line.event, "continued") == 0 &&
	       line.members_len == strlen(missing) &&
	       memcmp(line.members, missing, line.members_len) == 0;
}

/*
 * A start that missed its file began a new one, from the line that the store knew. What the old
 * file has behind that line stays aside. It must not be a decision.
 */
static struct failure step_back(struct check *c, const struct part *p, const struct part *next)
{
	const struct audit_position *known = &c->chain.known;

	if (!c->chain.known_met || known->seq >= c->chain.last.seq || !begun_by_a_start(next))
		return failure_none();
	if (c->chain.tail.decisions)
		return refuse("%s goes on from line %" PRIu64
			      ", but behind that %s has line %" PRIu64 ", a decision",
			next->path, known->seq, p->path, c->chain.tail.first);
	c->seen->aside += c->chain.last.seq - known->seq;
	c->chain.last = *known;
	return failure_none();
}

static struct failure check_part(struct check *c, struct part *p, const struct part *next)
{
	struct audit_position known = demanded(next);

	audit_chain_know(&c->chain, &known);
	TRY_FAILURE(take_lines(c, p, next));
	return step_back(c, p, next);
}

struct failure audit_check(const char *const *paths, size_t count, struct audit_checked *out)
{
	struct check c = {.seen = out};
	struct audit_position none = audit_position_none();
	struct failure f = failure_none();

	*out = (struct audit_checked){0};
	audit_chain_start(&c.chain, &none);
	c.parts[0].reader.fd = c.parts[1].reader.fd = -1;
	for (size_t i = 0; i < count && !f.happened; i++) {
		struct part *p = &c.parts[i % 2], *next = NULL;

		if (i == 0)
			begin_part(p, paths[0]);
		if (i + 1 < count) {
			next = &c.parts[(i + 1) % 2];
			begin_part(next, paths[i + 1]);
		}
		f = check_part(&c, p, next);
		end_part(p);
	}
	end_part(&c.parts[0]);
	end_part(&c.parts[1]);
	return f;
}
