/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit record: a file of JSON lines, each bound to the one before it. A line's last member is
 * `hash`, SHA-256 of the line's text before `,"hash"`; its member `prev` is the hash of the line
 * before (64 zeros in the first). Changing, removing or inserting a line breaks the chain. What is
 * cut off the end is noticed because the store knows a line: its number and its hash.
 *
 * A line is appended with one write. One that a crash cut short, without its newline, is removed
 * at the next start, and that is recorded. Any other damage stops the service from starting. A
 * write that failed (a full disk) leaves the file as it was, and the next append tries again. After
 * an fsync that failed, or when another has changed the file's size, every append fails, because
 * what the disk holds is no longer known.
 *
 * The record goes on over several files: audit_reopen() begins the next one once somebody has moved
 * this one away, and its first line, an event `continued`, carries the hash of the old one's last.
 *
 * Order: audit_open(); then audit_begin(), members, audit_append(), and audit_reopen(), any number
 * of times; audit_close().
 */
#ifndef TOOLS_SERVE_AUDIT_AUDIT_H
#define TOOLS_SERVE_AUDIT_AUDIT_H

#include "tools/serve/audit/audit_data.h"
#include "tools/serve/log/json_line.h"
#include "tools/lib/failure.h"

#define AUDIT_WHOLE_MAX (64u << 20) /* bytes of a file that is read whole at a start */

struct audit;

/*
 * Opens or creates the file and checks it. `known` is the last line that the store knows; seq 0
 * when it knows none. Its line must be in the record with its hash, or the record must go on right
 * behind it. A file of up to AUDIT_WHOLE_MAX bytes is read whole, a larger one from the known line
 * on, which known->end finds; the rest is for audit_check(). Where the store knows a line but the
 * file is missing or empty a new one goes on from that line, and tail->missing says so.
 *
 * After a failure nothing in the file was changed, unless the disk failed. *out is released by
 * audit_close().
 */
struct failure audit_open(const char *path, const struct audit_position *known, struct audit **out,
	struct audit_tail *tail) MUST_CHECK;
void audit_close(struct audit *a);

/*
 * The last line, which is on disk when this returns true, so that the store may know it. Right
 * after an append that was durable this costs nothing.
 */
struct failure audit_position(struct audit *a, struct audit_position *out) MUST_CHECK;

/*
 * To be called when somebody may have moved the file away. When it is still where it was nothing
 * happens. When nothing or an empty file is there now (*out_fresh), the record goes on in a new
 * file, whose first line is on disk before the old file is let go. Anything else there is refused,
 * and the record goes on in the old file.
 *
 * A crash at any moment leaves what audit_open() accepts, if the store has been told the last line
 * before; it should be told the new one after.
 */
struct failure audit_reopen(struct audit *a, bool *out_fresh) MUST_CHECK;

/* Starts a record: number, time and the hash of the record before; then the caller's members. */
void audit_begin(const struct audit *a, struct json_line *line, const char *event);
/*
 * Ends the record and appends it. `durable`: it is on disk when this returns true. A record begun
 * before another was appended is refused, and so is one that could not be read again.
 */
struct failure audit_append(struct audit *a, struct json_line *line, bool durable) MUST_CHECK;

/* What audit_check() has seen, as far as it came. */
struct audit_checked {
	uint64_t lines;
	uint64_t first, last; /* numbers of the first line and the last; 0: there is none */
	uint64_t aside; /* lines of a file that was moved away and that its successor does not know:
			 * it was begun by a start, from the last line that the store knew */
	bool unreadable;
	size_t torn; /* bytes of a last line that is not whole: a crash, or just being written */
};

/*
 * Checks every line of the files of a rotation, oldest first. The files are only read, once and in
 * order, so that each may be a pipe. *out is written whatever comes of it; a failure with
 * out->unreadable says that a file cannot be read, one without it that the record is damaged.
 */
struct failure audit_check(
	const char *const *paths, size_t count, struct audit_checked *out) MUST_CHECK;

#endif
