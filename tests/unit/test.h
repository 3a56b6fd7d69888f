/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unit tests' whole framework.
 *
 * A test program is a list of `static void test_x(void)` functions and a main() that calls
 * RUN(test_x) for each and returns test_summary(). CHECK() counts; a failed check prints file, line
 * and expression and lets the rest of the function run; REQUIRE() leaves the function, for when
 * going on makes no sense. A program that checked nothing fails.
 */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <stdio.h>
#include <string.h>

static unsigned test_checks, test_failures;

#define CHECK(cond)                                                                        \
	do {                                                                               \
		test_checks++;                                                             \
		if (!(cond)) {                                                             \
			test_failures++;                                                   \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond); \
		}                                                                          \
	} while (0)

#define REQUIRE(cond)                                                                      \
	do {                                                                               \
		test_checks++;                                                             \
		if (!(cond)) {                                                             \
			test_failures++;                                                   \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond); \
			return;                                                            \
		}                                                                          \
	} while (0)

#define CHECK_BYTES(got, want, len) CHECK(memcmp((got), (want), (len)) == 0)

#define RUN(test)                      \
	do {                           \
		printf("%s\n", #test); \
		test();                \
	} while (0)

static inline int test_summary(void)
{
	printf("%u checks, %u failed\n", test_checks, test_failures);
	return test_failures || !test_checks ? 1 : 0;
}

#endif
