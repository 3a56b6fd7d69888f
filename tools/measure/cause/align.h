/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lays two sequences beside each other so that as many members as possible are matched in order
 * (longest common subsequence).
 */
#ifndef TOOLS_MEASURE_CAUSE_ALIGN_H
#define TOOLS_MEASURE_CAUSE_ALIGN_H

#include <stdbool.h>
#include <stddef.h>

#define ALIGN_NONE ((size_t)-1)

typedef bool align_same(const void *context, size_t a, size_t b);

/*
 * match[b] becomes the member of a that member b is matched with, or ALIGN_NONE. Time and memory
 * grow with a_count * b_count, less what is the same at both ends; counts are at most 65535.
 */
void align(size_t a_count, size_t b_count, align_same *same, const void *context, size_t *match);

#endif
