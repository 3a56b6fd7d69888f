/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <sys/random.h>
#include "crypto/random.h"
#include "early/boot.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"

#define READY_WAIT_MS 30000u
#define READY_LOOK_MS 50

/* random_open() would wait for the kernel without end; a boot has a deadline. */
static struct status wait_for_kernel(void)
{
	uint64_t deadline = clock_ms() + READY_WAIT_MS;
	uint8_t probe;

	while (getrandom(&probe, sizeof(probe), GRND_NONBLOCK) != (ssize_t)sizeof(probe)) {
		if ((errno != EAGAIN && errno != EINTR) || !clock_left(deadline, 1))
			return system_failure("getrandom", errno, E_ENTROPY_KERNEL);
		(void)poll(NULL, 0, READY_LOOK_MS);
	}
	return OK;
}

/* The kernel mixes what the processor and the TPM give into all that it gives out. */
struct status stage_entropy(struct boot *b)
{
	(void)b;
	TRY(wait_for_kernel());
	return random_open();
}
