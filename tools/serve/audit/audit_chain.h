/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules that hold from line to line of the audit record: numbers and hashes go on, the line
 * that the store knows is met, and what was decided behind it is counted. Constant memory; the
 * caller reads the lines (audit_reader.h).
 *
 * Order: audit_chain_start(); audit_chain_take() for each line.
 */
#ifndef TOOLS_SERVE_AUDIT_AUDIT_CHAIN_H
#define TOOLS_SERVE_AUDIT_AUDIT_CHAIN_H

#include "tools/lib/failure.h"
#include "tools/serve/audit/audit_line.h"

struct audit_chain {
	struct audit_position known; /* hash: 64 zeros when seq is 0 */
	bool known_met;		     /* that line, or the one that goes on from it */
	uint64_t first;		     /* number of the first line taken; 0: none yet */
	struct audit_position last; /* the line taken last; its hash is 64 zeros before the first */
	struct audit_tail tail;
	uint64_t decision;	  /* number of the last decision that a void may take back */
	struct audit_tail before; /* the tail without that one */
};

/* The position before any line. */
struct audit_position audit_position_none(void);

void audit_chain_start(struct audit_chain *c, const struct audit_position *known);
/* From here on another line is the known one. */
void audit_chain_know(struct audit_chain *c, const struct audit_position *known);
/* Takes one line, `text` of len bytes with its newline. False: it is not the one due. */
struct failure audit_chain_take(
	struct audit_chain *c, const char *path, const char *text, size_t len) MUST_CHECK;

#endif
