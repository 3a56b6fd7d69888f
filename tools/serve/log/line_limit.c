/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/log/line_limit.h"

bool line_limit_take(struct line_limit *l, unsigned most, uint64_t now)
{
	l->total++;
	/* What was left out of a minute is said before another one begins. */
	if (!l->left_out && (!l->said || now - l->began_ms >= LINE_LIMIT_MS)) {
		l->began_ms = now;
		l->said = 0;
	}
	if (l->said == most) {
		l->left_out++;
		return false;
	}
	l->said++;
	return true;
}

uint64_t line_limit_due(const struct line_limit *l)
{
	return l->left_out ? l->began_ms + LINE_LIMIT_MS : UINT64_MAX;
}

uint64_t line_limit_end(struct line_limit *l, uint64_t now)
{
	uint64_t left_out = l->left_out;

	if (now < line_limit_due(l))
		return 0;
	l->said = 0;
	l->left_out = 0;
	return left_out;
}
