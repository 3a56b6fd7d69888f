/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into the service: the time of day stands still at PROTOSTAR_TEST_TIME, seconds since
 * 1970. Deadlines go by the monotonic clock, which is the machine's.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t shown(void)
{
	const char *text = getenv("PROTOSTAR_TEST_TIME");

	if (!text)
		abort();
	return (time_t)strtoll(text, NULL, 10);
}

time_t time(time_t *out)
{
	time_t now = shown();

	if (out)
		*out = now;
	return now;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	(void)zone;
	*out = (struct timeval){.tv_sec = shown()};
	return 0;
}

int clock_gettime(clockid_t which, struct timespec *out)
{
	if (which != CLOCK_REALTIME)
		return (int)syscall(SYS_clock_gettime, which, out);
	*out = (struct timespec){.tv_sec = shown()};
	return 0;
}
