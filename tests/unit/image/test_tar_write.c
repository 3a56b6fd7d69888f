/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tar_write writes, tar_list reads back. GNU tar's and mksquashfs's view: interop tests. */
#include <stdlib.h>
#include <sys/stat.h>
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/lib/bytes.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"
#include "tools/lib/tar_write.h"

static struct tar_entry file_of(const char *text)
{
	return (struct tar_entry){.mode = S_IFREG | 04751,
		.data = (const uint8_t *)text,
		.len = strlen(text),
		.uid = 7,
		.gid = 8};
}

static bool read_back(struct mapped *file, struct tar_list *out)
{
	struct flaw flaw;

	return file_map(scratch_path("t"), file) && file->len % 512 == 0 &&
	       tar_list_read(file->data, file->len, out, &flaw);
}

static void test_plain(void)
{
	struct tar_entry file = file_of("text"), folder = {.mode = S_IFDIR | 0700};
	struct tar_entry device = {.mode = S_IFCHR | 0600, .major = 4095, .minor = 1048575};
	char target[] = "/a b";
	struct tar_entry link = {.mode = S_IFLNK | 0777, .target = target};
	struct tar_writer w;
	struct tar_list list;
	struct mapped m;
	const struct tar_entry *e;

	REQUIRE(tar_write_open(scratch_path("t"), &w));
	tar_write_entry(&w, "", &folder, NULL);
	tar_write_entry(&w, "f", &file, NULL);
	tar_write_entry(&w, "d/dev", &device, NULL);
	tar_write_entry(&w, "l", &link, NULL);
	tar_write_entry(&w, "g", &file, "f");
	REQUIRE(tar_write_close(&w, "t") && read_back(&m, &list));
	CHECK(list.count == 5 && S_ISDIR(tar_list_find(&list, "")->mode));
	e = tar_list_find(&list, "f");
	REQUIRE(e);
	CHECK(e->mode == (S_IFREG | 04751) && e->uid == 7 && e->gid == 8);
	CHECK(e->len == 4 && memcmp(e->data, "text", 4) == 0 && !e->xattr_count);
	e = tar_list_find(&list, "d/dev");
	CHECK(e && S_ISCHR(e->mode) && e->major == 4095 && e->minor == 1048575);
	e = tar_list_find(&list, "l");
	CHECK(e && S_ISLNK(e->mode) && strcmp(e->target, "/a b") == 0);
	e = tar_list_find(&list, "g");
	CHECK(e && e->is_hard_link && strcmp(e->target, "f") == 0);
	tar_list_free(&list);
	file_unmap(&m);
}

/* Paths around each length at which the record's own length grows by a digit. */
static void test_pax(void)
{
	for (size_t len = 80; len < 1100; len++) {
		char *name = must_alloc(len + 1);
		char key[] = "security.capability";
		struct tar_xattr xattr = {key, (const uint8_t *)"\0\n=", 3};
		struct tar_entry file = file_of("x"), link = {.mode = S_IFLNK, .target = name};
		const struct tar_entry *e;
		struct tar_writer w;
		struct tar_list list;
		struct mapped m;

		memset(name, 'n', len);
		name[len] = '\0';
		file.uid = 4294967294u;
		file.xattrs = &xattr;
		file.xattr_count = 1;
		unlink(scratch_path("t"));
		REQUIRE(tar_write_open(scratch_path("t"), &w));
		tar_write_entry(&w, name, &file, NULL);
		tar_write_entry(&w, "l", &link, NULL);
		REQUIRE(tar_write_close(&w, "t") && read_back(&m, &list));
		e = tar_list_find(&list, name);
		CHECK(list.count == 2 && e && e->uid == 4294967294u && e->gid == 8);
		CHECK(e && e->xattr_count == 1 && e->xattrs[0].len == 3 &&
			memcmp(e->xattrs[0].value, "\0\n=", 3) == 0 &&
			strcmp(e->xattrs[0].name, xattr.name) == 0);
		e = tar_list_find(&list, "l");
		CHECK(e && strcmp(e->target, name) == 0);
		tar_list_free(&list);
		file_unmap(&m);
		free(name);
	}
}

static void test_full_disk(void)
{
	struct tar_entry file = file_of("x");
	struct tar_writer w;

	w.file = fopen("/dev/full", "wb");
	REQUIRE(w.file);
	for (unsigned i = 0; i < 1000; i++)
		tar_write_entry(&w, "f", &file, NULL);
	CHECK(!tar_write_close(&w, "/dev/full"));
	CHECK(!tar_write_open(scratch, &w));
}

int main(void)
{
	report_silence();
	scratch_open();
	RUN(test_plain);
	unlink(scratch_path("t"));
	RUN(test_pax);
	RUN(test_full_disk);
	scratch_close();
	return test_summary();
}
