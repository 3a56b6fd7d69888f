/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why connections end that did not come to a commit, in the log: who, for which reason, how often
 * that has happened, and what an operator can do about it. Anybody can cause these lines, so each
 * reason has a few a minute, and one that says how many were left out.
 */
#ifndef TOOLS_SERVE_LOG_REFUSAL_H
#define TOOLS_SERVE_LOG_REFUSAL_H

#include "tools/serve/log/line_limit.h"
#include "tools/serve/log/log.h"

enum refusal {
	/* There is no place, or there was none any more. */
	REFUSAL_SOURCE_FULL,
	REFUSAL_PLACES_FULL,
	REFUSAL_NO_FILES,
	REFUSAL_NO_MEMORY,
	REFUSAL_GAVE_WAY_SOURCE,
	REFUSAL_GAVE_WAY,
	/* The time is up. */
	REFUSAL_SILENT,
	REFUSAL_HANDSHAKE_LATE,
	REFUSAL_EVIDENCE_LATE,
	REFUSAL_PROOF_LATE,
	REFUSAL_COMMIT_LATE,
	REFUSAL_UNREAD,
	/* The peer ended it. */
	REFUSAL_CUT,
	REFUSAL_BY_PEER,
	/* TLS cannot be agreed on, or was broken. */
	REFUSAL_NOT_TLS,
	REFUSAL_TLS13_ONLY,
	REFUSAL_TLS_TOO_OLD,
	REFUSAL_NOTHING_COMMON,
	REFUSAL_NO_ALPN,
	REFUSAL_OTHER_ALPN,
	REFUSAL_NO_CERTIFICATE,
	REFUSAL_BAD_CERTIFICATE,
	REFUSAL_BROKEN_TLS,
	/* These three have lines of their own (record.c), which count here. */
	REFUSAL_DENIED,
	REFUSAL_ALARM,
	REFUSAL_ABORTED,
	REFUSALS
};

/* All zero is a good start. */
struct refusals {
	struct line_limit limits[REFUSALS];
};

/* Counts a refusal; true when a line about it may be written. */
bool refusal_count(struct refusals *r, enum refusal reason);
/* How many there were since the service started. */
uint64_t refusal_total(const struct refusals *r, enum refusal reason);
/* Counts it and writes the line, if it may. `detail` adds to the reason's own words; or NULL. */
void refusal_log(struct refusals *r, struct log *log, enum refusal reason, const char *peer,
	const char *detail);
/* Writes for each reason how many were left out, when that is due. */
void refusals_sum_up(struct refusals *r, struct log *log);
/* When that is next due, in now_ms() time; UINT64_MAX when nothing was left out. */
uint64_t refusals_due(const struct refusals *r);

#endif
