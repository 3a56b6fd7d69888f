/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arena of secrets and the random generator that lives in it. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "crypto/random.h"
#include "crypto/secret.h"

/* AddressSanitizer turns mlock() off; gcc and clang have each their own way of telling. */
#ifdef __SANITIZE_ADDRESS__
#define NO_MLOCK
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NO_MLOCK
#endif
#endif

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i])
			return false;
	}
	return true;
}

static void test_closed_room(void)
{
	struct secret s = {NULL, 0};
	uint8_t buf[4];

	secret_pool_close();
	CHECK(secret_pool_generation() == 0);
	CHECK(secret_new(32, &s).code == E_SECRET_CLOSED);
	CHECK(s.bytes == NULL);
	secret_free(&s);
	CHECK(random_bytes(buf, sizeof(buf)).code == E_RANDOM_CLOSED);
	CHECK(random_open().code == E_SECRET_CLOSED);
	CHECK(random_prng() == NULL);
	CHECK(secret_pool_open(0).code == E_SECRET_SIZE);
	CHECK(secret_pool_open(SECRET_POOL_MAX + 1u).code == E_SECRET_SIZE);
}

static void test_lengths(void)
{
	struct secret s;

	REQUIRE(!failed(secret_pool_open(1 << 17)));
	CHECK(secret_pool_open(1 << 17).code == E_SECRET_SIZE);
	CHECK(secret_new(0, &s).code == E_SECRET_LENGTH);
	CHECK(secret_new(SECRET_MAX + 1, &s).code == E_SECRET_LENGTH);
	REQUIRE(!failed(secret_new(SECRET_MAX, &s)));
	CHECK(s.len == SECRET_MAX && all_zero(s.bytes, s.len));
	secret_free(&s);
	CHECK(s.bytes == NULL && s.len == 0);
	secret_pool_close();
	secret_pool_close();
}

/* Fills the room, frees every other secret, fills the holes: no two secrets ever overlap. */
static void test_first_fit(void)
{
	enum { COUNT = 4096 / SECRET_BLOCK };
	struct secret s[COUNT], more;

	REQUIRE(!failed(secret_pool_open(4096)));
	for (size_t i = 0; i < COUNT; i++) {
		REQUIRE(!failed(secret_new(SECRET_BLOCK, &s[i])));
		memset(s[i].bytes, (int)i + 1, s[i].len);
	}
	CHECK(secret_new(1, &more).code == E_SECRET_FULL);
	for (size_t i = 0; i < COUNT; i += 2)
		secret_free(&s[i]);
	CHECK(secret_new(SECRET_BLOCK + 1, &more).code == E_SECRET_FULL);
	for (size_t i = 0; i < COUNT; i += 2) {
		REQUIRE(!failed(secret_new(SECRET_BLOCK, &s[i])));
		CHECK(all_zero(s[i].bytes, s[i].len));
	}
	for (size_t i = 1; i < COUNT; i += 2)
		CHECK(s[i].bytes[0] == i + 1 && s[i].bytes[SECRET_BLOCK - 1] == i + 1);
	secret_free(&s[10]);
	secret_free(&s[11]);
	REQUIRE(!failed(secret_new(SECRET_BLOCK + 1, &more)));
	CHECK(all_zero(more.bytes, 2 * SECRET_BLOCK));
	secret_pool_close();
}

static void test_freed_is_wiped(void)
{
	struct secret s, neighbour;
	uint8_t *was;

	REQUIRE(!failed(secret_pool_open(4096)));
	REQUIRE(!failed(secret_new(200, &s)));
	REQUIRE(!failed(secret_new(10, &neighbour)));
	memset(s.bytes, 0xaa, 4 * SECRET_BLOCK);
	memset(neighbour.bytes, 0xbb, neighbour.len);
	was = s.bytes;
	s.len = 1; /* the whole run is wiped whatever the owner did to its handle */
	secret_free(&s);
	CHECK(all_zero(was, 4 * SECRET_BLOCK));
	CHECK(neighbour.bytes[0] == 0xbb && neighbour.bytes[9] == 0xbb);
	{
		SECRET_AUTO scoped = {NULL, 0};

		REQUIRE(!failed(secret_new(32, &scoped)));
		CHECK(scoped.bytes == was);
		memset(scoped.bytes, 0xcc, 32);
	}
	CHECK(all_zero(was, 32));
	secret_pool_close();
}

static void test_foreign_handle(void)
{
	uint8_t here[64] = {7};
	struct secret foreign = {here, sizeof(here)}, stale, s;

	REQUIRE(!failed(secret_pool_open(4096)));
	secret_free(&foreign);
	CHECK(here[0] == 7);
	REQUIRE(!failed(secret_new(2 * SECRET_BLOCK, &s)));
	memset(s.bytes, 0x11, s.len);
	stale = (struct secret){s.bytes + SECRET_BLOCK, SECRET_BLOCK};
	secret_free(&stale);
	CHECK(s.bytes[SECRET_BLOCK] == 0x11);
	secret_pool_close();
	secret_free(&s);
	CHECK(s.bytes == NULL);
}

/* Runs fn in a child and gives how it ended. */
static int in_child(void (*fn)(struct secret *), struct secret *s)
{
	int how = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		fn(s);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, &how, 0);
	return how;
}

static void child_sees_zeros(struct secret *s)
{
	uint8_t buf[16];

	if (!all_zero(s->bytes, s->len))
		_exit(1);
	if (random_bytes(buf, sizeof(buf)).code != E_RANDOM_CLOSED)
		_exit(2);
	secret_pool_close();
	if (failed(secret_pool_open(4096)) || failed(random_open()))
		_exit(3);
	if (failed(random_bytes(buf, sizeof(buf))))
		_exit(4);
}

static void child_writes_before(struct secret *s)
{
	((volatile uint8_t *)s->bytes)[-1] = 1;
}

static void child_writes_after(struct secret *s)
{
	((volatile uint8_t *)s->bytes)[4096] = 1;
}

static void test_children_and_guards(void)
{
	struct secret rng_slot, s;
	int how;

	REQUIRE(!failed(secret_pool_open(4096)));
	REQUIRE(!failed(secret_new(32, &s)));
	memset(s.bytes, 0x55, s.len);
	REQUIRE(!failed(random_open()));
	how = in_child(child_sees_zeros, &s);
	CHECK(WIFEXITED(how) && WEXITSTATUS(how) == 0);
	CHECK(s.bytes[0] == 0x55);
	/* The first secret of a one-page room lies between both guard pages. */
	how = in_child(child_writes_before, &s);
	CHECK(!(WIFEXITED(how) && WEXITSTATUS(how) == 0));
	how = in_child(child_writes_after, &s);
	CHECK(!(WIFEXITED(how) && WEXITSTATUS(how) == 0));
	REQUIRE(!failed(secret_new(1, &rng_slot)));
	secret_pool_close();
}

/* What the kernel says of the mapping: locked, not dumped, wiped on fork. */
static void test_mapping_flags(void)
{
	char line[512], flags[512] = "";
	unsigned long lo, hi, at;
	bool inside = false;
	struct secret s;
	FILE *f;

	REQUIRE(!failed(secret_pool_open(4096)));
	REQUIRE(!failed(secret_new(32, &s)));
	at = (unsigned long)s.bytes;
	f = fopen("/proc/self/smaps", "r");
	REQUIRE(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &lo, &hi) == 2)
			inside = at >= lo && at < hi;
		else if (inside && !strncmp(line, "VmFlags:", 8))
			memcpy(flags, line, sizeof(flags));
	}
	fclose(f);
	CHECK(strstr(flags, " dd") != NULL);
	CHECK(strstr(flags, " wf") != NULL);
#ifndef NO_MLOCK
	CHECK(strstr(flags, " lo") != NULL);
#endif
	secret_pool_close();
}

/* Without a limit to hit (a privileged process has none) the room opens all the same. */
static void test_lock_limit(void)
{
	struct rlimit old, none;
	bool lockable;
	struct status s;

	REQUIRE(getrlimit(RLIMIT_MEMLOCK, &old) == 0);
	none = (struct rlimit){0, old.rlim_max};
	REQUIRE(setrlimit(RLIMIT_MEMLOCK, &none) == 0);
	lockable = mlock(&none, sizeof(none)) == 0;
	s = secret_pool_open(4096);
	CHECK(lockable ? !failed(s) : s.code == E_SECRET_LOCK);
	CHECK((secret_pool_generation() != 0) == lockable);
	secret_pool_close();
	CHECK(setrlimit(RLIMIT_MEMLOCK, &old) == 0);
}

static void test_random(void)
{
	uint8_t a[100000], b[64], c[64];
	unsigned ones = 0;

	REQUIRE(!failed(secret_pool_open(1 << 14)));
	REQUIRE(!failed(random_open()));
	memset(a, 0, sizeof(a));
	REQUIRE(!failed(random_bytes(a, sizeof(a))));
	for (size_t i = 0; i < sizeof(a); i++)
		ones += (unsigned)__builtin_popcount(a[i]);
	/* 400000 expected, standard deviation 447. */
	CHECK(ones > 396000 && ones < 404000);
	CHECK(!all_zero(a + sizeof(a) - 32, 32));
	REQUIRE(!failed(random_bytes(b, sizeof(b))));
	REQUIRE(!failed(random_open()));
	REQUIRE(!failed(random_bytes(c, sizeof(c))));
	CHECK(memcmp(b, c, sizeof(b)) != 0);
	CHECK(random_prng() != NULL);
	secret_pool_close();
	CHECK(random_prng() == NULL);
	/* A new room is not the room that the old state lay in. */
	REQUIRE(!failed(secret_pool_open(1 << 14)));
	CHECK(random_bytes(b, sizeof(b)).code == E_RANDOM_CLOSED);
	secret_pool_close();
}

static void test_compare_and_wipe(void)
{
	uint8_t a[33], b[33];

	memset(a, 3, sizeof(a));
	memcpy(b, a, sizeof(a));
	CHECK(equal_ct(a, b, sizeof(a)));
	CHECK(equal_ct(a, b, 0));
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] ^= 0x80;
		CHECK(!equal_ct(a, b, sizeof(a)));
		b[i] ^= 0x80;
	}
	wipe(a, 32);
	CHECK(all_zero(a, 32) && a[32] == 3);
	wipe(a, 0);
}

int main(void)
{
	RUN(test_closed_room);
	RUN(test_lengths);
	RUN(test_first_fit);
	RUN(test_freed_is_wiped);
	RUN(test_foreign_handle);
	RUN(test_children_and_guards);
	RUN(test_mapping_flags);
	RUN(test_lock_limit);
	RUN(test_random);
	RUN(test_compare_and_wipe);
	return test_summary();
}
