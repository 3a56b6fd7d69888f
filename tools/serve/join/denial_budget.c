/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/denial_budget.h"

#include "tools/serve/log/json_line.h"

#define MINUTE_MS 60000u
#define DAY_MS	  (24u * 60 * MINUTE_MS)

static void move_on(struct denial_budget *b, uint64_t now_ms)
{
	if (now_ms / MINUTE_MS != b->minute) {
		b->minute = now_ms / MINUTE_MS;
		b->taken = 0;
	}
	if (now_ms / DAY_MS != b->day) {
		b->day = now_ms / DAY_MS;
		b->bytes = 0;
	}
}

bool denial_budget_take(struct denial_budget *b, uint64_t now_ms)
{
	move_on(b, now_ms);
	if (b->taken == DENIALS_PER_MINUTE || b->bytes > DENIAL_BYTES_PER_DAY - JSON_LINE_MAX) {
		b->left_out++;
		return false;
	}
	b->taken++;
	return true;
}

void denial_budget_spend(struct denial_budget *b, size_t bytes)
{
	b->bytes += bytes;
}
