/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files with secrets, and files that decide: whose they must be, and who may touch them. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/policy/policy.h"
#include "tools/lib/private_file.h"

static bool said(const char *words)
{
	return strstr(last_failure.text, words) != NULL;
}

static void test_who_may_hold_a_secret(void)
{
	static const struct {
		uid_t owner;
		mode_t mode;
		uid_t user;
		bool in_group, good;
	} cases[] = {
		{1000, 0600, 1000, false, true},
		{1000, 0400, 1000, true, true},
		{0, 0600, 0, true, true},
		{0, 0400, 1000, false, true}, /* which the kernel will not let him open */
		{1001, 0600, 1000, false, false},
		{1001, 0640, 1000, true, false},
		/* The service's own file is readable without its group. */
		{1000, 0640, 1000, true, false},
		{0, 0640, 0, true, false},
		{0, 0440, 0, true, false},
		/* root:service 0640, and fsGroup with 0440. */
		{0, 0640, 1000, true, true},
		{0, 0440, 1000, true, true},
		{0, 0640, 1000, false, false},
		{0, 0660, 1000, true, false},
		{0, 0650, 1000, true, false},
		{0, 0644, 1000, true, false},
		{0, 0444, 1000, true, false},
		{0, 0441, 1000, true, false},
		{0, 0604, 1000, true, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = private_file_may_hold(
			cases[i].owner, cases[i].mode, cases[i].user, cases[i].in_group);

		if (good != cases[i].good)
			fprintf(stderr, "owner %u, mode %04o, user %u\n", cases[i].owner,
				cases[i].mode, cases[i].user);
		CHECK(good == cases[i].good);
	}
}

static bool absent; /* as the last read_secret() was told */

static bool read_secret(const char *path)
{
	struct secret bytes = {0};
	bool good = done(private_file_read(path, 64, &bytes, &absent));

	if (good)
		CHECK(bytes.len == 6 && memcmp(bytes.bytes, "secret", 6) == 0);
	secret_free(&bytes);
	return good;
}

static void test_modes_of_a_secret(void)
{
	static const mode_t bad[] = {0640, 0620, 0610, 0604, 0602, 0601, 0660, 0644, 0666, 0440};
	char path[128];

	snprintf(path, sizeof(path), "%s/own", scratch);
	scratch_write(path, "secret", 6, 0600);
	CHECK(read_secret(path));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		REQUIRE(chmod(path, bad[i]) == 0);
		CHECK(!read_secret(path) && !absent && said("others may have read it"));
	}
	REQUIRE(chmod(path, 0400) == 0);
	CHECK(read_secret(path));
	CHECK(!read_secret(scratch) && !absent && said("not a regular file"));
	snprintf(path, sizeof(path), "%s/none", scratch);
	CHECK(!read_secret(path) && absent);
}

/* A volume of Kubernetes: the file is a link through a link to a folder. */
static void test_links(void)
{
	char folder[64], data[64], file[80], link[64];

	snprintf(folder, sizeof(folder), "%s/..2026_11", scratch);
	snprintf(data, sizeof(data), "%s/..data", scratch);
	snprintf(file, sizeof(file), "%s/kek", folder);
	snprintf(link, sizeof(link), "%s/kek", scratch);
	REQUIRE(mkdir(folder, 0700) == 0 && symlink("..2026_11", data) == 0);
	REQUIRE(symlink("..data/kek", link) == 0);
	CHECK(!read_secret(link) && !absent);
	CHECK(said("a symbolic link to a file that is not there"));
	scratch_write(file, "secret", 6, 0600);
	CHECK(read_secret(link));
	/* What counts is the file, not the link, whose mode is always 0777. */
	REQUIRE(chmod(file, 0644) == 0);
	CHECK(!read_secret(link) && !absent && said("others may have read it"));
	REQUIRE(unlink(link) == 0 && symlink("kek", link) == 0);
	CHECK(!read_secret(link) && !absent);
}

static bool read_trusted(const char *path)
{
	char text[16];
	size_t len = 0;
	bool good = done(trusted_file_read(path, text, sizeof(text), &len));

	if (good)
		CHECK(len == 6 && memcmp(text, "policy", 6) == 0);
	return good;
}

static void test_modes_of_a_policy(void)
{
	static const mode_t good[] = {0600, 0644, 0444, 0640, 0400, 0755};
	static const mode_t bad[] = {0664, 0646, 0620, 0602, 0666, 0777};
	char path[128], link[128];

	snprintf(path, sizeof(path), "%s/policy", scratch);
	snprintf(link, sizeof(link), "%s/policy-link", scratch);
	scratch_write(path, "policy", 6, 0600);
	REQUIRE(symlink("policy", link) == 0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		REQUIRE(chmod(path, good[i]) == 0);
		CHECK(read_trusted(path) && read_trusted(link));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		REQUIRE(chmod(path, bad[i]) == 0);
		CHECK(!read_trusted(path) && said("others may have written it"));
		CHECK(!read_trusted(link) && said("policy-link"));
	}
	CHECK(!read_trusted(scratch) && said("not a regular file"));
	scratch_write(path, "more than sixteen", 17, 0600);
	CHECK(!read_trusted(path) && said("larger than 16 bytes"));
	REQUIRE(unlink(path) == 0);
	CHECK(!read_trusted(link) && said("a symbolic link to a file that is not there"));
	CHECK(!read_trusted(path) && said("No such file"));
	REQUIRE(mkfifo(path, 0600) == 0);
	CHECK(!read_trusted(path) && said("not a regular file"));
}

/* The policy itself goes this way. */
static void test_policy(void)
{
	static const char text[] =
		"{\"identity\":{\"first_use\":true},"
		"\"allow_missing\":[2,3,4,11,12,15],\"measurements\":{\"4\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}}";
	struct policy *p = NULL;
	char path[128];

	snprintf(path, sizeof(path), "%s/policy.json", scratch);
	scratch_write(path, text, sizeof(text) - 1, 0644);
	CHECK(done(policy_load(path, &p)));
	policy_free(p);
	REQUIRE(chmod(path, 0664) == 0);
	CHECK(!done(policy_load(path, &p)) && said("others may have written it"));
}

int main(void)
{
	if (failed(secret_pool_open(1u << 16)))
		return 2;
	scratch_open();
	RUN(test_who_may_hold_a_secret);
	RUN(test_modes_of_a_secret);
	RUN(test_links);
	RUN(test_modes_of_a_policy);
	RUN(test_policy);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
