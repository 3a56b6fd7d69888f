/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/backoff.h"

#include <sys/random.h>
#include <sys/types.h>
#include "early/clock.h"

uint32_t backoff_chance(void)
{
	uint32_t v = (uint32_t)clock_ms();

	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != (ssize_t)sizeof(v))
		v *= 2654435761u;
	return v;
}

uint64_t backoff_until(unsigned wait_ms)
{
	return clock_ms() + wait_ms + backoff_chance() % (wait_ms / 2);
}
