/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initrd's container. What cpio itself makes of an archive is in tests/interop/image.py. */
#include "tests/unit/test.h"
#include "tools/lib/cpio.h"

static struct cpio_entry file(const char *path, const char *text)
{
	return (struct cpio_entry){.path = path,
		.mode = S_IFREG | 0644,
		.data = (const uint8_t *)text,
		.len = strlen(text)};
}

static void test_bytes_of_one_file(void)
{
	static const char want[] = "07070100000001000081a40000000000000000000000010000000000000003"
				   "00000000000000000000000000000000000000020000000061\0\0\0"
				   "abc\0";
	struct cpio_entry entries[] = {file("a", "abc")};
	struct bytes out = {0};

	REQUIRE(cpio_write(entries, 1, &out));
	/* Header and name "a" with its NUL have 112 bytes, a multiple of 4. */
	CHECK(out.len == 112 + 4 + 124);
	CHECK(memcmp(out.data, want, 102) == 0);
	CHECK(memcmp(out.data + 110, "a\0abc\0", 6) == 0);
	CHECK(memcmp(out.data + 116, "070701", 6) == 0);
	CHECK(memcmp(out.data + 116 + 110, "TRAILER!!!", 11) == 0);
	bytes_free(&out);
}

static void test_order_does_not_matter(void)
{
	struct cpio_entry one[] = {file("b", "2"), file("a", "1"), file("a/c", "3")};
	struct cpio_entry two[] = {file("a/c", "3"), file("b", "2"), file("a", "1")};
	struct bytes x = {0}, y = {0};

	REQUIRE(cpio_write(one, 3, &x) && cpio_write(two, 3, &y));
	REQUIRE(x.len == y.len);
	CHECK_BYTES(x.data, y.data, x.len);
	bytes_free(&x);
	bytes_free(&y);
}

static void test_refused_paths(void)
{
	static const char *const bad[] = {"", "/a", "..", "../a", "a/../b", "a/..", "TRAILER!!!"};
	static const char *const good[] = {"a", "..a", "a/..b", "a.."};
	struct bytes out = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cpio_entry entries[] = {file(bad[i], "x")};

		CHECK(!cpio_write(entries, 1, &out));
	}
	CHECK(out.len == 0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct cpio_entry entries[] = {file(good[i], "x")};

		CHECK(cpio_write(entries, 1, &out));
	}
	bytes_free(&out);
}

static void test_twice_is_refused(void)
{
	struct cpio_entry entries[] = {file("a", "1"), file("b", "2"), file("a", "3")};
	struct bytes out = {0};

	CHECK(!cpio_write(entries, 3, &out));
	CHECK(out.len == 0);
}

int main(void)
{
	RUN(test_bytes_of_one_file);
	RUN(test_order_does_not_matter);
	RUN(test_refused_paths);
	RUN(test_twice_is_refused);
	return test_summary();
}
