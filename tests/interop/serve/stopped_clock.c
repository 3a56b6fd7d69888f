/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into the service: a monotonic clock that stands still until the test moves it on. It
 * reads the milliseconds that the file named by PROTOSTAR_TEST_CLOCK begins with, a uint64_t.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile uint64_t *shown_ms;

__attribute__((constructor)) static void find_clock(void)
{
	const char *path = getenv("PROTOSTAR_TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = fd < 0 ? MAP_FAILED
			   : mmap(NULL, sizeof(*shown_ms), PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		abort();
	close(fd);
	shown_ms = map;
}

int clock_gettime(clockid_t which, struct timespec *out)
{
	uint64_t ms;

	if (which != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, which, out);
	ms = *shown_ms;
	out->tv_sec = (time_t)(ms / 1000);
	out->tv_nsec = (long)(ms % 1000) * 1000000;
	return 0;
}
