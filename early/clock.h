/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times are milliseconds of CLOCK_BOOTTIME. A deadline is such a time.
 */
#ifndef EARLY_CLOCK_H
#define EARLY_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ms(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* Milliseconds until the deadline, at most `limit`, as poll(2) takes them; 0 when it has passed. */
static inline int clock_left(uint64_t deadline, int limit)
{
	uint64_t now = clock_ms();

	if (now >= deadline)
		return 0;
	return deadline - now < (uint64_t)limit ? (int)(deadline - now) : limit;
}

#endif
