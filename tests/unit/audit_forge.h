/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of an audit record made by hand, for tests: any number, any hash of the line before, any
 * members; the line's own hash is right. Also whole records of such lines.
 */
#ifndef TESTS_UNIT_AUDIT_FORGE_H
#define TESTS_UNIT_AUDIT_FORGE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/serve/audit/audit_line.h"

#define FORGE_TIME "2026-01-02T03:04:05Z"

struct forged {
	char *text; /* cap bytes of the caller's */
	size_t cap;
	struct audit_position at; /* the last line */
};

static inline void forge_start(struct forged *f, char *text, size_t cap)
{
	*f = (struct forged){.text = text, .cap = cap};
	memset(f->at.hash, '0', AUDIT_HASH_HEX);
}

/* Appends a line with the next number; `rest` is its text from `"event"` up to the hash. */
static inline void forge(struct forged *f, const char *rest, size_t len)
{
	char *line = f->text + f->at.end;
	size_t room = f->cap - f->at.end, head;

	if (room < len + 256)
		abort();
	head = (size_t)snprintf(line, room,
		"{\"seq\":%" PRIu64 ",\"time\":\"" FORGE_TIME "\",\"prev\":\"%s\",", f->at.seq + 1,
		f->at.hash);
	memcpy(line + head, rest, len);
	head += len;
	audit_line_hash(line, head, f->at.hash);
	head += (size_t)snprintf(line + head, room - head, ",\"hash\":\"%s\"}\n", f->at.hash);
	f->at.seq++;
	f->at.end += head;
}

static inline struct audit_position forge_text(struct forged *f, const char *rest)
{
	forge(f, rest, strlen(rest));
	return f->at;
}

#endif
