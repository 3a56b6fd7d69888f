/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entropy stage, with calls of the kernel that fail. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>
#include "crypto/random.h"
#include "early/boot.h"
#include "early/contract/errors.h"
#include "tests/unit/test.h"

static unsigned getrandom_refusals;
static int getrandom_errno;

/* Stands before the C library's: the first few calls are refused. */
ssize_t getrandom(void *out, size_t len, unsigned flags)
{
	static ssize_t (*real)(void *, size_t, unsigned);

	if (getrandom_refusals) {
		getrandom_refusals--;
		errno = getrandom_errno;
		return -1;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "getrandom");
	return real(out, len, flags);
}

static void test_kernel_not_there(void)
{
	struct boot b = {0};

	getrandom_refusals = 1;
	getrandom_errno = ENOSYS;
	CHECK(stage_entropy(&b).code == E_ENTROPY_KERNEL);
}

static void test_kernel_late(void)
{
	uint8_t bytes[16];
	struct boot b = {0};

	CHECK(failed(random_bytes(bytes, sizeof(bytes))));
	getrandom_refusals = 3;
	getrandom_errno = EAGAIN;
	CHECK(stage_entropy(&b).code == 0 && getrandom_refusals == 0);
	CHECK(random_bytes(bytes, sizeof(bytes)).code == 0);
}

int main(void)
{
	if (failed(secret_pool_open(1u << 16)))
		return 1;
	RUN(test_kernel_not_there);
	RUN(test_kernel_late);
	secret_pool_close();
	return test_summary();
}
