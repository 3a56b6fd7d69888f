/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/cause/align.h"

#include <stdint.h>
#include <stdlib.h>
#include "tools/lib/bytes.h"

/* What is the same at both ends needs no table. */
struct middle {
	size_t head, a_end, b_end;
};

static struct middle trim(
	size_t a_count, size_t b_count, align_same *same, const void *context, size_t *match)
{
	struct middle m = {0, a_count, b_count};

	while (m.head < a_count && m.head < b_count && same(context, m.head, m.head)) {
		match[m.head] = m.head;
		m.head++;
	}
	while (m.a_end > m.head && m.b_end > m.head && same(context, m.a_end - 1, m.b_end - 1)) {
		m.a_end--;
		m.b_end--;
		match[m.b_end] = m.a_end;
	}
	return m;
}

void align(size_t a_count, size_t b_count, align_same *same, const void *context, size_t *match)
{
	struct middle m;
	size_t a_len, b_len, width, i = 0, j = 0;
	uint16_t *best; /* best[i * width + j]: how many of a from i and b from j match */

	for (size_t b = 0; b < b_count; b++)
		match[b] = ALIGN_NONE;
	m = trim(a_count, b_count, same, context, match);
	a_len = m.a_end - m.head;
	b_len = m.b_end - m.head;
	width = b_len + 1;
	best = must_alloc((a_len + 1) * width * sizeof(*best));
	for (size_t a = a_len + 1; a-- > 0;) {
		for (size_t b = b_len + 1; b-- > 0;) {
			uint16_t *cell = &best[a * width + b];

			if (a == a_len || b == b_len)
				*cell = 0;
			else if (same(context, m.head + a, m.head + b))
				*cell = (uint16_t)(best[(a + 1) * width + b + 1] + 1);
			else if (best[(a + 1) * width + b] >= best[a * width + b + 1])
				*cell = best[(a + 1) * width + b];
			else
				*cell = best[a * width + b + 1];
		}
	}
	while (i < a_len && j < b_len) {
		if (same(context, m.head + i, m.head + j))
			match[m.head + j++] = m.head + i++;
		else if (best[(i + 1) * width + j] >= best[i * width + j + 1])
			i++;
		else
			j++;
	}
	free(best);
}
