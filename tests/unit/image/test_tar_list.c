/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in a tar file, hostile ones among them. Files that tar makes: tests/interop/image.py. */
#include <stdlib.h>
#include <sys/stat.h>
#include "tests/unit/test.h"
#include "tools/lib/bytes.h"
#include "tools/lib/tar_list.h"

#define BLOCK 512u

static void sum_up(uint8_t *header)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : header[i];
	(void)snprintf((char *)header + 148, 8, "%06o", sum & 0777777);
}

/* Appends a header and what belongs to it. */
static void add(struct bytes *tar, char type, const char *name, const char *target,
	const void *data, size_t len)
{
	uint8_t header[BLOCK] = {0};

	(void)snprintf((char *)header, 100, "%s", name);
	memcpy(header + 100, "0000755", 7);
	(void)snprintf((char *)header + 124, 12, "%011o", (unsigned)len);
	header[156] = (uint8_t)type;
	(void)snprintf((char *)header + 157, 100, "%s", target);
	memcpy(header + 257,
		"ustar\0"
		"00",
		8);
	sum_up(header);
	bytes_add(tar, header, sizeof(header));
	bytes_add(tar, data, len);
	bytes_align(tar, BLOCK);
}

static bool reads(const struct bytes *tar, struct tar_list *out)
{
	struct flaw flaw = {0};
	/* Of its exact length, so that a sanitizer sees what is read behind the end. */
	uint8_t *copy = must_alloc(tar->len ? tar->len : 1);
	bool fine;

	if (tar->len)
		memcpy(copy, tar->data, tar->len);
	fine = tar_list_read(copy, tar->len, out, &flaw);
	CHECK(fine || flaw.reason);
	free(copy);
	return fine;
}

static bool refuses(const struct bytes *tar)
{
	struct tar_list list;

	if (!reads(tar, &list))
		return true;
	tar_list_free(&list);
	return false;
}

static void test_names(void)
{
	struct bytes tar = {0};
	struct tar_list list;
	const struct tar_entry *e;

	add(&tar, '5', "./", "", NULL, 0);
	add(&tar, '0', "./usr//lib/./x", "", "text", 4);
	add(&tar, '2', "/sbin", "usr/sbin", NULL, 0);
	add(&tar, '1', "usr/y", "./usr/lib/x", NULL, 0);
	add(&tar, '0', "etc/old/", "", NULL, 0);
	CHECK(tar_is(tar.data, tar.len));
	REQUIRE(reads(&tar, &list));
	CHECK(list.count == 5);
	e = tar_list_find(&list, "usr/lib/x");
	CHECK(e && S_ISREG(e->mode) && e->len == 4 && (e->mode & 07777) == 0755);
	e = tar_list_find(&list, "sbin");
	CHECK(e && S_ISLNK(e->mode) && strcmp(e->target, "usr/sbin") == 0);
	e = tar_list_find(&list, "usr/y");
	CHECK(e && e->is_hard_link && strcmp(e->target, "usr/lib/x") == 0);
	e = tar_list_find(&list, "etc/old");
	CHECK(e && S_ISDIR(e->mode));
	CHECK(!tar_list_find(&list, "usr") && tar_list_has_below(&list, "usr"));
	CHECK(tar_list_find(&list, "") && tar_list_has_below(&list, ""));
	CHECK(!tar_list_has_below(&list, "us") && !tar_list_has_below(&list, "usr/y"));
	tar_list_free(&list);
	bytes_free(&tar);
}

/* What comes later counts, as for who unpacks it. */
static void test_twice(void)
{
	struct bytes tar = {0};
	struct tar_list list;
	const struct tar_entry *e;

	add(&tar, '2', "a", "one", NULL, 0);
	add(&tar, '2', "b", "other", NULL, 0);
	add(&tar, '2', "a", "two", NULL, 0);
	REQUIRE(reads(&tar, &list));
	e = tar_list_find(&list, "a");
	CHECK(e && strcmp(e->target, "two") == 0);
	tar_list_free(&list);
	bytes_free(&tar);
}

static void test_long_names(void)
{
	static const char pax[] = "20 path=a/long/name\n18 linkpath=x/y/z\n";
	struct bytes tar = {0};
	struct tar_list list;
	const struct tar_entry *e;
	char name[301];

	memset(name, 'n', 300);
	name[300] = '\0';
	add(&tar, 'L', "././@LongLink", "", name, 301);
	add(&tar, 'K', "././@LongLink", "", "where", 6);
	add(&tar, '2', "cut", "cut", NULL, 0);
	add(&tar, 'g', "pax_global_header", "", "15 comment=abc\n", 15);
	add(&tar, 'x', "PaxHeaders/x", "", pax, sizeof(pax) - 1);
	add(&tar, '2', "cut", "cut", NULL, 0);
	add(&tar, '2', "plain", "there", NULL, 0);
	REQUIRE(reads(&tar, &list));
	CHECK(list.count == 3);
	e = tar_list_find(&list, name);
	CHECK(e && strcmp(e->target, "where") == 0);
	e = tar_list_find(&list, "a/long/name");
	CHECK(e && strcmp(e->target, "x/y/z") == 0);
	e = tar_list_find(&list, "plain");
	CHECK(e && strcmp(e->target, "there") == 0);
	tar_list_free(&list);
	bytes_free(&tar);
}

/* Owners, devices and attributes, which containers' layers need. */
static void test_attributes(void)
{
	static const char pax[] = "15 uid=3000000\n13 gid=77777\n"
				  "29 SCHILY.xattr.user.a=v=\0\nv\n24 SCHILY.xattr.a.b=old\n"
				  "24 SCHILY.xattr.a.b=new\n22 GNU.sparse.major=1\n";
	struct bytes tar = {0};
	struct tar_list list;
	const struct tar_entry *e;
	uint8_t *header;

	add(&tar, '3', "dev", "", NULL, 0);
	header = tar.data;
	memcpy(header + 108, "0000012", 8);
	memcpy(header + 116, "\x80\0\0\0\0\x2d\xc6\xc0", 8);
	memcpy(header + 329, "0007777", 8);
	memcpy(header + 337, "0000003", 8);
	sum_up(header);
	add(&tar, 'x', "pax", "", pax, sizeof(pax) - 1);
	add(&tar, '0', "file", "", NULL, 0);
	add(&tar, '7', "negative", "", NULL, 0);
	header = tar.data + tar.len - BLOCK;
	memset(header + 108, 0xff, 8);
	sum_up(header);
	REQUIRE(reads(&tar, &list));
	e = tar_list_find(&list, "dev");
	REQUIRE(e);
	CHECK(e->type == '3' && e->uid == 10 && e->gid == 3000000 && e->major == 4095 &&
		e->minor == 3 && !e->xattr_count && !e->is_sparse);
	e = tar_list_find(&list, "file");
	REQUIRE(e);
	CHECK(e->uid == 3000000 && e->gid == 77777 && e->is_sparse && e->xattr_count == 2);
	CHECK(strcmp(e->xattrs[0].name, "user.a") == 0 && e->xattrs[0].len == 5);
	CHECK(strcmp(e->xattrs[1].name, "a.b") == 0 && e->xattrs[1].len == 3);
	e = tar_list_find(&list, "negative");
	CHECK(e && e->type == '7' && e->uid > UINT32_MAX && !e->is_sparse);
	tar_list_free(&list);
	bytes_free(&tar);
}

/* To who unpacks the file with C's texts they would be other names. */
static void test_names_with_nul(void)
{
	static const char *const bad[] = {
		"12 path=a\0b\n", "16 linkpath=a\0b\n", "22 SCHILY.xattr.a\0b=c\n"};
	static const size_t len[] = {12, 16, 22};
	struct bytes tar = {0};

	for (size_t i = 0; i < 3; i++) {
		tar.len = 0;
		add(&tar, 'x', "pax", "", bad[i], len[i]);
		add(&tar, '0', "file", "", NULL, 0);
		CHECK(refuses(&tar));
	}
	bytes_free(&tar);
}

static void test_malformed(void)
{
	static const char *const bad_pax[] = {"x path=a\n", "99 path=a\n", "3 a\n", " 9 path=a\n",
		"99999999999999999999999 path=a\n", "9 patha\n\n", "0 path=a\n"};
	struct bytes tar = {0};

	add(&tar, '0', "file", "", "0123456789", 10);
	CHECK(!refuses(&tar));
	for (size_t len = 1; len < tar.len; len += 37) {
		struct bytes cut = {.data = tar.data, .len = len};

		CHECK(len < BLOCK ? !refuses(&cut) : refuses(&cut) == (len < BLOCK + 10));
	}
	for (size_t i = 0; i < BLOCK; i++) {
		tar.data[i] ^= 0x21;
		CHECK(refuses(&tar) || i >= 154);
		tar.data[i] ^= 0x21;
	}
	memcpy(tar.data + 124, "77777777777", 11);
	sum_up(tar.data);
	CHECK(refuses(&tar));
	memcpy(tar.data + 124, "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12);
	sum_up(tar.data);
	CHECK(refuses(&tar));
	for (size_t i = 0; i < sizeof(bad_pax) / sizeof(bad_pax[0]); i++) {
		tar.len = 0;
		add(&tar, 'x', "pax", "", bad_pax[i], strlen(bad_pax[i]));
		add(&tar, '0', "file", "", NULL, 0);
		CHECK(refuses(&tar));
	}
	bytes_free(&tar);
}

static void test_is(void)
{
	uint8_t block[2 * BLOCK] = {0};

	CHECK(tar_is(block, sizeof(block))); /* an empty one */
	CHECK(!tar_is(block, BLOCK) && !tar_is(block, 0));
	block[0] = 'a';
	CHECK(!tar_is(block, sizeof(block)));
}

int main(void)
{
	RUN(test_names);
	RUN(test_twice);
	RUN(test_long_names);
	RUN(test_attributes);
	RUN(test_names_with_nul);
	RUN(test_malformed);
	RUN(test_is);
	return test_summary();
}
