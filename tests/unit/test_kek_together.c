/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operators who rotate at the same time: one of them makes the new version, and the file keeps that
 * key. Disks are sealed under what the winner was told.
 */
#include "crypto/random.h"
#include "crypto/secret.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/keys/derive.h"
#include "tools/keys/engine.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#define ROUNDS	  20
#define OPERATORS 8

static const char first[] = "protostar-kek 1\n"
			    "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static bool open_process(void)
{
	return !failed(secret_pool_open(1u << 17)) && !failed(random_open());
}

/* Waits for the others, adds version 2, and says which key that is: nothing when it was refused. */
static void rotate(const char *path, int start, int say)
{
	uint8_t check[KEK_CHECK_LEN];
	struct kek_engine *e = NULL;
	char byte;

	if (!open_process() || !done(kek_engine_open(path, NULL, false, &e)))
		_exit(1);
	if (read(start, &byte, 1) != 0 || !done(e->ops->add(e, 2)))
		_exit(0);
	if (kek_check_value(e, 2, check) != KEK_DONE ||
		write(say, check, sizeof(check)) != (ssize_t)sizeof(check))
		_exit(1);
	_exit(0);
}

static void start_all(const char *path, int say)
{
	int start[2];

	REQUIRE(pipe(start) == 0);
	for (int i = 0; i < OPERATORS; i++) {
		pid_t child = fork();

		REQUIRE(child >= 0);
		if (!child) {
			close(start[1]);
			rotate(path, start[0], say);
		}
	}
	close(start[0]);
	close(start[1]);
}

static void check_file(const char *path, const uint8_t told[KEK_CHECK_LEN])
{
	uint8_t check[KEK_CHECK_LEN];
	struct kek_engine *e = NULL;

	REQUIRE(open_process() && done(kek_engine_open(path, NULL, false, &e)));
	CHECK(kek_check_value(e, 2, check) == KEK_DONE);
	CHECK_BYTES(check, told, sizeof(check));
	kek_engine_close(e);
	secret_pool_close();
}

static void test_together(void)
{
	const char *path = scratch_path("together");

	for (int round = 0; round < ROUNDS; round++) {
		uint8_t told[OPERATORS][KEK_CHECK_LEN];
		int say[2], status;
		ssize_t len;

		scratch_write(path, first, sizeof(first) - 1, 0600);
		REQUIRE(pipe(say) == 0);
		start_all(path, say[1]);
		close(say[1]);
		for (int i = 0; i < OPERATORS; i++)
			CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
		len = read(say[0], told, sizeof(told));
		close(say[0]);
		CHECK(len == (ssize_t)sizeof(told[0]));
		check_file(path, told[0]);
	}
}

/* While another process adds a key, nothing is added and nothing is changed. */
static void test_busy(void)
{
	struct kek_engine *e = NULL;
	int folder = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint8_t check[KEK_CHECK_LEN];

	REQUIRE(open_process() && folder >= 0);
	scratch_write(scratch_path("busy"), first, sizeof(first) - 1, 0600);
	REQUIRE(done(kek_engine_open(scratch_path("busy"), NULL, false, &e)));
	REQUIRE(flock(folder, LOCK_EX) == 0);
	CHECK(!done(e->ops->add(e, 2)) && strstr(last_failure.text, "another process"));
	CHECK(kek_check_value(e, 2, check) == KEK_NO_VERSION);
	close(folder);
	CHECK(done(e->ops->add(e, 2)) && kek_check_value(e, 2, check) == KEK_DONE);
	kek_engine_close(e);
	secret_pool_close();
}

int main(void)
{
	scratch_open();
	RUN(test_together);
	RUN(test_busy);
	scratch_close();
	return test_summary();
}
