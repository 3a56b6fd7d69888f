#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include "crypto/random.h"
#include "early/boot.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/tpm/tpm.h"

#define READY_WAIT_MS  30000u
#define READY_LOOK_MS  50
#define SEED_LEN       64u
#define RDSEED_RETRIES 100u

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

/* Into the kernel's pool, uncredited, and into our own generator. */
static struct status mix_in(const uint8_t *seed, size_t len)
{
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, seed, len);
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)len)
		return system_failure("/dev/urandom", error, E_ENTROPY_FEED);
	random_stir(seed, len);
	return OK;
}

#ifdef __x86_64__
/* CPUID.(EAX=7,ECX=0):EBX bit 18. */
#define CPUID_7_EBX_RDSEED (1u << 18)

static bool rdseed_step(uint64_t *out)
{
	bool good;

	__asm__ volatile("rdseed %0" : "=r"(*out), "=@ccc"(good));
	return good;
}

/* As much as the processor gives within bounded tries: it may only add to the kernel's. */
static size_t rdseed_fill(uint8_t *seed, size_t len)
{
	unsigned a, b = 0, c, d, tries = 0;
	size_t have = 0;
	uint64_t word;

	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & CPUID_7_EBX_RDSEED))
		return 0;
	while (have + sizeof(word) <= len && tries < RDSEED_RETRIES) {
		if (!rdseed_step(&word)) {
			tries++;
			continue;
		}
		memcpy(seed + have, &word, sizeof(word));
		have += sizeof(word);
	}
	return have;
}
#else
static size_t rdseed_fill(uint8_t *seed, size_t len)
{
	(void)seed;
	(void)len;
	return 0;
}
#endif

struct status stage_entropy(struct boot *b)
{
	uint8_t seed[SEED_LEN];
	size_t have;
	struct status s;

	(void)b;
	TRY(wait_for_kernel());
	TRY(random_open());
	have = rdseed_fill(seed, sizeof(seed));
	s = have ? mix_in(seed, have) : OK;
	wipe(seed, sizeof(seed));
	return s;
}

struct status stage_stir(struct boot *b)
{
	uint8_t seed[SEED_LEN];
	struct status s = tpm_random(b->tpm, seed, sizeof(seed));

	if (!failed(s))
		s = mix_in(seed, sizeof(seed));
	wipe(seed, sizeof(seed));
	return s;
}
