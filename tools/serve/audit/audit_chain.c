/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/audit/audit_chain.h"

#include <inttypes.h>
#include <string.h>

static bool same_hash(const char *one, const char *other)
{
	return memcmp(one, other, AUDIT_HASH_HEX) == 0;
}

static bool event_is(const struct audit_line *line, const char *event)
{
	return strcmp(line->event, event) == 0;
}

struct audit_position audit_position_none(void)
{
	struct audit_position none = {0};

	memset(none.hash, '0', AUDIT_HASH_HEX);
	return none;
}

void audit_chain_know(struct audit_chain *c, const struct audit_position *known)
{
	c->known = known->seq ? *known : audit_position_none();
	c->known.hash[AUDIT_HASH_HEX] = 0;
	c->known_met = !known->seq;
	c->tail = (struct audit_tail){0};
	c->decision = 0;
}

void audit_chain_start(struct audit_chain *c, const struct audit_position *known)
{
	*c = (struct audit_chain){.last = audit_position_none()};
	audit_chain_know(c, known);
}

static struct failure refuse_changed(const struct audit_chain *c, const char *path)
{
	if (!c->first)
		return refuse(
			"%s: the first line does not fit the chain: the record was changed", path);
	return refuse("%s: line %" PRIu64 " does not fit the chain: the record was changed", path,
		c->last.seq + 1);
}

static struct failure check_hash(
	const struct audit_chain *c, const struct audit_line *line, const char *path)
{
	return same_hash(line->prev, c->last.hash) ? failure_none() : refuse_changed(c, path);
}

static struct failure check_first(
	const struct audit_chain *c, const struct audit_line *line, const char *path)
{
	if (line->seq == 1)
		return check_hash(c, line, path);
	if (event_is(line, "continued"))
		return failure_none();
	return refuse(
		"%s begins at line %" PRIu64 ": its start was moved away. Put it back in front, or "
		"move this file away too: a new one goes on from the line that the store knows. "
		"Rotate by rename and SIGHUP, not by copytruncate",
		path, line->seq);
}

static struct failure check_next(
	const struct audit_chain *c, const struct audit_line *line, const char *path)
{
	if (line->seq != c->last.seq + 1)
		return refuse("%s: line %" PRIu64
			      " does not fit the chain: it comes behind line %" PRIu64
			      ": lines were removed or moved",
			path, line->seq, c->last.seq);
	return check_hash(c, line, path);
}

static void meet_known(struct audit_chain *c, const struct audit_line *line)
{
	if (line->seq == c->known.seq)
		c->known_met = same_hash(line->hash, c->known.hash);
	else if (line->seq == c->known.seq + 1)
		c->known_met = same_hash(line->prev, c->known.hash);
}

static void take_decision(struct audit_chain *c, const struct audit_line *line)
{
	struct audit_tail *t = &c->tail;

	c->before = *t;
	c->decision = line->seq;
	t->decisions++;
	if (!t->first)
		t->first = line->seq;
	t->last_line = t->decisions == 1;
	memcpy(t->event, line->event, sizeof(line->event));
	audit_line_text(line, "disk", t->disk, sizeof(t->disk));
	audit_line_text(line, "action", t->action, sizeof(t->action));
}

/* A void that names any other line takes nothing back: what was decided then stays counted. */
static void take_void(struct audit_chain *c, const struct audit_line *line)
{
	if (c->decision && audit_line_number(line, "of") == c->decision) {
		c->tail = c->before;
		c->decision = 0;
	}
	c->tail.last_line = false;
}

static void count_tail(struct audit_chain *c, const struct audit_line *line)
{
	if (event_is(line, "grant") || event_is(line, "commit"))
		take_decision(c, line);
	else if (event_is(line, "void"))
		take_void(c, line);
	else if (!event_is(line, "repair")) /* a start writes that before it comes to the store */
		c->tail.last_line = false;
}

struct failure audit_chain_take(
	struct audit_chain *c, const char *path, const char *text, size_t len)
{
	struct audit_line line;

	if (!audit_line_read(text, len, &line))
		return refuse_changed(c, path);
	TRY_FAILURE(c->first ? check_next(c, &line, path) : check_first(c, &line, path));
	if (!c->first)
		c->first = line.seq;
	c->last.seq = line.seq;
	memcpy(c->last.hash, line.hash, sizeof(c->last.hash));
	c->last.end += line.len;
	meet_known(c, &line);
	if (line.seq > c->known.seq)
		count_tail(c, &line);
	return failure_none();
}
