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
#include <stdint.h>

struct flaw {
	uint64_t offset;    /* bytes */
	const char *reason; /* a constant text: what is wrong there */
};

/* Notes the flaw; the value is false, so that readers can return it. */
static inline bool flaw_at(struct flaw *flaw, uint64_t offset, const char *reason)
{
	*flaw = (struct flaw){.offset = offset, .reason = reason};
	return false;
}

/* Complains "FILE: at byte 0xOFFSET: REASON"; the value is false. */
bool flaw_complain(const char *file, const struct flaw *flaw);

#endif
