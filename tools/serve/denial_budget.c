#include "tools/serve/denial_budget.h"

bool denial_budget_take(struct denial_budget *b, uint64_t now_ms, uint64_t *out_left_out)
{
	uint64_t minute = now_ms / 60000;

	if (minute != b->minute) {
		b->minute = minute;
		b->taken = 0;
	}
	if (b->taken == DENIALS_PER_MINUTE) {
		b->left_out++;
		return false;
	}
	b->taken++;
	*out_left_out = b->left_out;
	b->left_out = 0;
	return true;
}
