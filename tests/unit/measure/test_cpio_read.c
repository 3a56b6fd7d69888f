/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initrds as Linux takes them: several archives, plain and compressed, and spoiled ones. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include "tests/mock/initrd_maker.h"
#include "tools/lib/cpio_read.h"

static const struct initrd_maker_file early[] = {
	{"kernel", S_IFDIR | 0755, 0, 5, 1, 2, ""},
	{"kernel/microcode.bin", S_IFREG | 0644, 0, 5, 2, 1, "microcode"},
};
static const struct initrd_maker_file late[] = {
	{"init", S_IFREG | 0755, 7, 1700000000, 9, 1, "#!/bin/sh\n"},
	{"bin/a", S_IFREG | 0755, 0, 0, 10, 2, ""},
	{"bin/b", S_IFREG | 0755, 0, 0, 10, 2, "both"},
	{"lib", S_IFLNK | 0777, 0, 0, 11, 1, "usr/lib"},
};

/* As distributions make them: microcode plain and first, then the rest compressed. */
static struct bytes two_parts(enum compression compression)
{
	struct bytes out = {0}, second = {0};

	initrd_maker_archive(early, 2, &out);
	bytes_align(&out, 512);
	initrd_maker_archive(late, 4, &second);
	initrd_maker_pack(compression, second.data, second.len, &out);
	bytes_free(&second);
	return out;
}

static bool is(const struct cpio_item *item, const char *name, const char *text)
{
	return strcmp(item->name, name) == 0 && item->name_len == strlen(name) &&
	       item->len == strlen(text) && memcmp(item->data, text, item->len) == 0;
}

static void check_two_parts(const struct initrd *initrd, enum compression compression)
{
	REQUIRE(initrd->part_count == 2 && initrd->item_count == 6 && initrd->archives == 2);
	CHECK(initrd->parts[0].compression == COMPRESSION_NONE);
	CHECK(initrd->parts[1].compression == compression && initrd->parts[1].offset % 512 == 0);
	CHECK(is(&initrd->items[1], "kernel/microcode.bin", "microcode"));
	CHECK(is(&initrd->items[2], "init", "#!/bin/sh\n"));
	CHECK(initrd->items[2].uid == 7 && initrd->items[2].mtime == 1700000000 &&
		initrd->items[2].mode == (S_IFREG | 0755) && initrd->items[2].part == 1);
	/* Hard links: the contents stand once. */
	CHECK(is(&initrd->items[3], "bin/a", "both") && is(&initrd->items[4], "bin/b", "both"));
	CHECK(is(&initrd->items[5], "lib", "usr/lib"));
}

static void test_reads_parts(void)
{
	static const enum compression all[] = {COMPRESSION_GZIP, COMPRESSION_XZ, COMPRESSION_LZMA,
		COMPRESSION_ZSTD, COMPRESSION_LZ4};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct bytes bytes = two_parts(all[i]);
		struct initrd_flaw flaw;
		struct initrd initrd;

		CHECK(initrd_read(bytes.data, bytes.len, &initrd, &flaw));
		check_two_parts(&initrd, all[i]);
		initrd_free(&initrd);
		bytes_free(&bytes);
	}
}

/* Two archives in one stream, zeros between; two plain ones; a stream behind a stream. */
static void test_reads_archives_behind_each_other(void)
{
	struct bytes inner = {0}, all = {0};
	struct initrd_flaw flaw;
	struct initrd initrd;

	initrd_maker_archive(early, 2, &inner);
	bytes_zeros(&inner, 1024);
	initrd_maker_archive(late, 4, &inner);
	initrd_maker_pack(COMPRESSION_GZIP, inner.data, inner.len, &all);
	initrd_maker_pack(COMPRESSION_ZSTD, inner.data, inner.len, &all);
	bytes_align(&all, 4);
	bytes_add(&all, inner.data, inner.len);
	CHECK(initrd_read(all.data, all.len, &initrd, &flaw));
	CHECK(initrd.item_count == 18 && initrd.archives == 6 && initrd.part_count == 3);
	CHECK(initrd.items[17].archive == 5 && initrd.items[17].part == 2);
	initrd_free(&initrd);
	bytes_free(&inner);
	bytes_free(&all);
}

static void test_reads_nothing(void)
{
	static const uint8_t zeros[64];
	struct initrd_flaw flaw;
	struct initrd initrd;

	CHECK(initrd_read(NULL, 0, &initrd, &flaw) && initrd.item_count == 0);
	initrd_free(&initrd);
	CHECK(initrd_read(zeros, sizeof(zeros), &initrd, &flaw) && initrd.item_count == 0);
	initrd_free(&initrd);
}

/* Spoils one number of the second entry; returns the reason and checks the place. */
static const char *spoiled(size_t field, const char *digits)
{
	struct bytes bytes = {0};
	struct initrd_flaw flaw;
	struct initrd initrd;
	size_t second;

	initrd_maker_entry(&early[0], &bytes);
	second = bytes.len;
	initrd_maker_entry(&early[1], &bytes);
	memcpy(bytes.data + second + 6 + 8 * field, digits, 8);
	CHECK(!initrd_read(bytes.data, bytes.len, &initrd, &flaw));
	CHECK(initrd.item_count == 1 && flaw.flaw.offset >= second);
	CHECK(!flaw.inside);
	initrd_free(&initrd);
	bytes_free(&bytes);
	return flaw.flaw.reason;
}

static void test_refuses(void)
{
	CHECK(strstr(spoiled(6, "40000000"), "past the end")); /* a claim of 1 GiB */
	CHECK(strstr(spoiled(6, "ffffffff"), "past the end"));
	CHECK(strstr(spoiled(11, "00000000"), "1 to 4096"));
	CHECK(strstr(spoiled(11, "ffffffff"), "1 to 4096"));
	CHECK(strstr(spoiled(11, "00001000"), "within a name"));
	CHECK(strstr(spoiled(11, "00000003"), "does not end"));
	CHECK(strstr(spoiled(2, "0000000g"), "hexadecimal"));
	CHECK(strstr(spoiled(2, "0x000001"), "hexadecimal"));
}

static void refuse(const void *data, size_t len, uint64_t offset, const char *reason)
{
	struct initrd_flaw flaw;
	struct initrd initrd;

	CHECK(!initrd_read(data, len, &initrd, &flaw));
	CHECK(flaw.flaw.offset == offset && strstr(flaw.flaw.reason, reason));
	initrd_free(&initrd);
}

static void test_refuses_other_things(void)
{
	struct bytes bytes = {0};

	refuse("\0\0garbage", 9, 2, "neither");
	refuse("0707070000", 10, 0, "within a header");
	refuse("BZh91AY", 7, 0, "not unpacked");
	bytes_zeros(&bytes, 2);
	initrd_maker_archive(early, 2, &bytes);
	refuse(bytes.data, bytes.len, 2, "multiple of four");
	bytes_free(&bytes);
}

/* A flaw within a stream is told by both places. */
static void test_tells_where_in_a_stream(void)
{
	struct bytes inner = {0}, all = {0};
	struct initrd_flaw flaw;
	struct initrd initrd;
	size_t wrong;

	initrd_maker_archive(early, 2, &all);
	initrd_maker_archive(late, 4, &inner);
	wrong = inner.len;
	bytes_add_text(&inner, "070701 no");
	bytes_align(&all, 16);
	initrd_maker_pack(COMPRESSION_XZ, inner.data, inner.len, &all);
	CHECK(!initrd_read(all.data, all.len, &initrd, &flaw));
	CHECK(flaw.inside && flaw.inside_offset == wrong);
	CHECK(flaw.flaw.offset == initrd.parts[1].offset && flaw.flaw.offset > 0);
	CHECK(initrd.item_count == 6);
	initrd_free(&initrd);
	bytes_free(&inner);
	bytes_free(&all);
}

static void test_cut_or_flipped_anywhere(void)
{
	struct bytes bytes = two_parts(COMPRESSION_GZIP);
	struct initrd_flaw flaw;
	struct initrd initrd;
	unsigned whole = 0;

	for (size_t len = 0; len < bytes.len; len++) {
		uint8_t *exact = must_alloc(len);

		if (len)
			memcpy(exact, bytes.data, len);
		whole += initrd_read(exact, len, &initrd, &flaw);
		initrd_free(&initrd);
		free(exact);
	}
	CHECK(whole > 0 && whole < bytes.len / 2);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!initrd_read(bytes.data, bytes.len, &initrd, &flaw))
			CHECK(flaw.flaw.reason && flaw.flaw.offset <= bytes.len);
		initrd_free(&initrd);
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bytes_free(&bytes);
}

int main(void)
{
	RUN(test_reads_parts);
	RUN(test_reads_archives_behind_each_other);
	RUN(test_reads_nothing);
	RUN(test_refuses);
	RUN(test_refuses_other_things);
	RUN(test_tells_where_in_a_stream);
	RUN(test_cut_or_flipped_anywhere);
	return test_summary();
}
