/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where and why a file was refused. Every reader of hostile bytes reports one, so that a person
 * learns which file, which byte of it and which rule.
 *
 * A reader takes a struct flaw * (never NULL), writes it when it fails and then only. Offsets count
 * from the start of the bytes that the reader was given; who knows the file's name complains.
 */
#ifndef TOOLS_LIB_FLAW_H
#define TOOLS_LIB_FLAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLAW_PART_MAX 24u

struct flaw {
	uint64_t offset;    /* bytes */
	const char *reason; /* a constant text: what is wrong there */
	/* The part of the file that it is about: a section's name, or what people count in such a
	 * file ("line", "event"); "": none. Bytes of the file: not fit to be printed as they are.
	 */
	char part[FLAW_PART_MAX];
	uint64_t number; /* of that part, from 1; 0: it is a name */
};

/* Notes the flaw; the value is false, so that readers can return it. */
static inline bool flaw_at(struct flaw *flaw, uint64_t offset, const char *reason)
{
	*flaw = (struct flaw){.offset = offset, .reason = reason};
	return false;
}

/* The same of a named part of the file; part has at most len bytes, or ends before with a NUL. */
bool flaw_of(struct flaw *flaw, const char *part, size_t len, uint64_t offset, const char *reason);
/* The same where the reader counts: the line, the event. */
bool flaw_in_part(
	struct flaw *flaw, uint64_t offset, const char *part, uint64_t number, const char *reason);
/* Adds to a flaw of a text in which line it is; the value is false. */
bool flaw_count_lines(struct flaw *flaw, const uint8_t *text, size_t len);

/* Complains "FILE: at byte 0xOFFSET (PART NUMBER): REASON"; the value is false. */
bool flaw_complain(const char *file, const struct flaw *flaw);

#endif
