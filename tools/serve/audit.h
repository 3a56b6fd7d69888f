/*
 * The audit record: a file of JSON lines, each bound to the one before it. A line's last member is
 * `hash`, SHA-256 of the line's text before `,"hash"`; its member `prev` is the hash of the line
 * before (64 zeros in the first). Changing, removing or inserting a line anywhere but at the end
 * breaks the chain, which is checked whenever the file is opened.
 *
 * A line is appended with one write. One that a crash cut short, without its newline, is removed
 * at the next start, and that is recorded. Any other damage stops the service from starting. A
 * write that failed (a full disk) leaves the file as it was, and the next append tries again; after
 * an fsync that failed every append fails, because what the disk holds is no longer known.
 *
 * Order: audit_open(); then audit_begin(), members, audit_append(), any number of times;
 * audit_close().
 */
#ifndef TOOLS_SERVE_AUDIT_H
#define TOOLS_SERVE_AUDIT_H

#include "crypto/digest.h"
#include "tools/serve/json_line.h"
#include "tools/serve/why.h"

struct audit;

/* A line of the record. */
struct audit_position {
	uint64_t seq;  /* its number; 0: none */
	char hash[65]; /* its hash in hex */
	uint64_t end;  /* bytes of the file up to and with it */
};

struct audit_tail {
	uint64_t decisions, first;
	bool last_line;
	char event[16], disk[33], action[16];
};

/* Opens or creates the file and checks all of it. *out is released by audit_close(). */
bool audit_open(const char *path, const struct audit_position *known, struct audit **out,
	struct audit_tail *tail, struct why *why);
void audit_close(struct audit *a);
/* The last line. */
void audit_position(const struct audit *a, struct audit_position *out);
/* Lines in the file. */
uint64_t audit_count(const struct audit *a);

/* Starts a record: number, time and the hash of the record before; then the caller's members. */
void audit_begin(const struct audit *a, struct json_line *line, const char *event);
/*
 * Ends the record and appends it. `durable`: it is on disk when this returns true. A record begun
 * before another was appended is refused.
 */
bool audit_append(
	struct audit *a, struct json_line *line, bool durable, struct why *why) MUST_CHECK;

#endif
