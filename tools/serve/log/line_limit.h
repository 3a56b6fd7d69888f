/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many lines of one kind may enter the log in a minute. What anybody can cause must not fill a
 * disk; what is left out is counted, and said when the minute is over.
 */
#ifndef TOOLS_SERVE_LOG_LINE_LIMIT_H
#define TOOLS_SERVE_LOG_LINE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_LIMIT_MS 60000u

/* All zero is a good start. */
struct line_limit {
	uint64_t began_ms; /* the minute, with its first line */
	unsigned said;	   /* in it */
	uint64_t left_out; /* since its first line */
	uint64_t total;	   /* since the service started */
};

/* Counts one more; true when a line about it may be written. */
bool line_limit_take(struct line_limit *l, unsigned most, uint64_t now);
/* When the number left out is to be said; UINT64_MAX when there is none. */
uint64_t line_limit_due(const struct line_limit *l);
/* That number, if it is to be said now, else 0; the next line begins another minute. */
uint64_t line_limit_end(struct line_limit *l, uint64_t now);

#endif
