/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash of a folder: what changes it, and what does not. */
#include <fcntl.h>
#include <sys/xattr.h>
#include <time.h>
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/lib/report.h"
#include "tools/lib/tree_hash.h"

/* One step that changes the folder, and whether its hash shall then be another. */
struct step {
	void (*change)(void);
	bool counts;
};

static void make_tree(const char *const names[], size_t count)
{
	mkdir(scratch_path("tree"), 0755);
	mkdir(scratch_path("tree/etc"), 0755);
	for (size_t i = 0; i < count; i++)
		scratch_write(scratch_path(names[i]), names[i], strlen(names[i]), 0644);
	if (symlink("etc", scratch_path("tree/link")))
		perror("symlink");
}

static void hash(bool owners, struct tree_hash *out)
{
	CHECK(tree_hash(scratch_path("tree"), owners, out));
}

static void change_contents(void)
{
	scratch_write(scratch_path("tree/b"), "other", 5, 0644);
}

static void change_mode(void)
{
	CHECK(chmod(scratch_path("tree/b"), 0600) == 0);
}

static void change_folder_mode(void)
{
	CHECK(chmod(scratch_path("tree"), 0700) == 0);
}

static void change_link(void)
{
	CHECK(unlink(scratch_path("tree/link")) == 0);
	CHECK(symlink("etd", scratch_path("tree/link")) == 0);
}

static void change_name(void)
{
	CHECK(rename(scratch_path("tree/b"), scratch_path("tree/c")) == 0);
}

static void add_empty_folder(void)
{
	CHECK(mkdir(scratch_path("tree/empty"), 0755) == 0);
}

/* The same bytes twice are another image than one file with two names. */
static void copy_then_link(void)
{
	CHECK(link(scratch_path("tree/c"), scratch_path("tree/d")) == 0);
}

static void unlink_then_copy(void)
{
	CHECK(unlink(scratch_path("tree/d")) == 0);
	scratch_write(scratch_path("tree/d"), "other", 5, 0600);
}

static void change_time(void)
{
	const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	CHECK(utimensat(AT_FDCWD, scratch_path("tree/c"), times, 0) == 0);
}

static void rename_to_and_fro(void)
{
	CHECK(rename(scratch_path("tree/c"), scratch_path("tree/z")) == 0);
	CHECK(rename(scratch_path("tree/z"), scratch_path("tree/c")) == 0);
}

static void test_what_counts(void)
{
	static const struct step steps[] = {{change_contents, true}, {change_mode, true},
		{change_folder_mode, true}, {change_link, true}, {change_name, true},
		{add_empty_folder, true}, {copy_then_link, true}, {unlink_then_copy, true},
		{change_time, false}, {rename_to_and_fro, false}};
	static const char *const names[] = {"tree/a", "tree/b", "tree/etc/x"};
	struct tree_hash before, after;

	make_tree(names, 3);
	hash(false, &before);
	CHECK(before.entries == 6 && before.bytes == 6 + 6 + 10);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		steps[i].change();
		hash(false, &after);
		CHECK((memcmp(before.sha256, after.sha256, 32) != 0) == steps[i].counts);
		before = after;
	}
}

static void test_owners_count_when_asked(void)
{
	struct tree_hash with, without, other;

	if (geteuid() != 0) {
		hash(true, &with);
		hash(false, &without);
		CHECK(memcmp(with.sha256, without.sha256, 32) != 0);
		return;
	}
	hash(true, &with);
	hash(false, &without);
	CHECK(memcmp(with.sha256, without.sha256, 32) == 0);
	CHECK(lchown(scratch_path("tree/a"), 7, 8) == 0);
	hash(true, &other);
	CHECK(memcmp(with.sha256, other.sha256, 32) != 0);
	hash(false, &other);
	CHECK(memcmp(without.sha256, other.sha256, 32) == 0);
}

static void test_attributes_count(void)
{
	struct tree_hash before, after;

	hash(false, &before);
	if (setxattr(scratch_path("tree/a"), "user.x", "1", 1, 0)) {
		puts("this file system has no user attributes: not tested");
		return;
	}
	hash(false, &after);
	CHECK(memcmp(before.sha256, after.sha256, 32) != 0);
	CHECK(setxattr(scratch_path("tree/a"), "user.x", "2", 1, 0) == 0);
	hash(false, &before);
	CHECK(memcmp(before.sha256, after.sha256, 32) != 0);
}

static void test_refused(void)
{
	struct tree_hash out;

	CHECK(!tree_hash(scratch_path("nothing"), false, &out));
	CHECK(!tree_hash(scratch_path("tree/a"), false, &out));
	/* A link to a folder names that folder; a link inside is never followed. */
	CHECK(symlink(".", scratch_path("tree/etc/loop")) == 0);
	CHECK(tree_hash(scratch_path("tree"), false, &out));
}

int main(void)
{
	scratch_open();
	report_silence();
	RUN(test_what_counts);
	RUN(test_owners_count_when_asked);
	RUN(test_attributes_count);
	RUN(test_refused);
	scratch_close();
	return test_summary();
}
