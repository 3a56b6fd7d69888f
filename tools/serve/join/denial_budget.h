/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of the audit record strangers may fill. Anybody who can reach the service can be denied
 * as often as he likes, so without a bound he could fill the disk, and a service that cannot record
 * gives no keys. What is left out is counted, and the next line that is recorded says how many.
 *
 * A day and a minute are those of the monotonic clock. Order: denial_budget_take(), and when it is
 * true and the line was written denial_budget_spend().
 */
#ifndef TOOLS_SERVE_JOIN_DENIAL_BUDGET_H
#define TOOLS_SERVE_JOIN_DENIAL_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DENIALS_PER_MINUTE   600u
#define DENIAL_BYTES_PER_DAY (16u << 20)

struct denial_budget {
	uint64_t minute, day; /* the latest in which one was taken */
	unsigned taken;	      /* in that minute */
	size_t bytes;	      /* spent in that day */
	uint64_t left_out;    /* since the last line recorded */
};

/* True when this denial may be recorded, with a line of up to JSON_LINE_MAX bytes. */
bool denial_budget_take(struct denial_budget *b, uint64_t now_ms);
void denial_budget_spend(struct denial_budget *b, size_t bytes);

#endif
