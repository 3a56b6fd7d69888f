/*
 * How many denials enter the audit record. Anybody who can reach the service can be denied as often
 * as he likes, so without a bound he could fill the disk, and a service that cannot record gives
 * no keys. What is left out is counted, and the next denial that is recorded says how many.
 */
#ifndef TOOLS_SERVE_DENIAL_BUDGET_H
#define TOOLS_SERVE_DENIAL_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define DENIALS_PER_MINUTE 600u

struct denial_budget {
	uint64_t minute; /* of the monotonic clock */
	unsigned taken;	 /* in that minute */
	uint64_t left_out;
};

/*
 * True when this denial is to be recorded; *out_left_out is then how many were not since the last
 * that was.
 */
bool denial_budget_take(struct denial_budget *b, uint64_t now_ms, uint64_t *out_left_out);

#endif
