/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "early/contract/errors.h"
#include "early/console.h"
#include "early/modules.h"
#include "tests/unit/test.h"

static uint16_t next(const char *list, size_t *pos, struct module_line *m)
{
	return modules_next(list, strlen(list), pos, m).code;
}

static void test_lines(void)
{
	static const char list[] = "kernel/a.ko\n-drivers/b-c_d+1.ko\n";
	struct module_line m;
	size_t pos = 0;

	REQUIRE(next(list, &pos, &m) == 0);
	CHECK(strcmp(m.path, "kernel/a.ko") == 0 && !m.optional);
	REQUIRE(next(list, &pos, &m) == 0);
	CHECK(strcmp(m.path, "drivers/b-c_d+1.ko") == 0 && m.optional && m.needs_len == 0);
	CHECK(pos == strlen(list));
}

static void test_needs(void)
{
	static const char list[] = "-c.ko a.ko d/b.ko\n";
	static const char *const wrong[] = {"-c.ko \n", "-c.ko  a.ko\n", "-c.ko a.ko \n",
		"-c.ko ../a\n", "-c.ko /a\n", "- a.ko\n", "c.ko a.ko\n", "-c.ko\ta.ko\n"};
	struct module_line m;
	size_t pos = 0;

	REQUIRE(next(list, &pos, &m) == 0);
	CHECK(strcmp(m.path, "c.ko") == 0 && m.optional && pos == strlen(list));
	CHECK(m.needs_len == 12 && memcmp(m.needs, " a.ko d/b.ko\n", 13) == 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		pos = 0;
		CHECK(next(wrong[i], &pos, &m) == E_MODULES_LINE && pos == 0);
	}
}

static void test_malformed(void)
{
	static const char *const wrong[] = {"\n", "-\n", "/a\n", "a/\n", "a//b\n", "../a\n",
		"a/../b\n", "./a\n", ".a\n", "a b\n", " a\n", "a\r\n", "a/.b\n", "a\xff\n", "#a\n",
		"--a/..\n"};
	char longest[MODULE_PATH_MAX + 2];
	struct module_line m;
	size_t pos;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		pos = 0;
		CHECK(next(wrong[i], &pos, &m) == E_MODULES_LINE && pos == 0);
	}
	memset(longest, 'a', sizeof(longest));
	longest[MODULE_PATH_MAX - 1] = '\n';
	longest[MODULE_PATH_MAX] = '\0';
	pos = 0;
	CHECK(next(longest, &pos, &m) == 0 && strlen(m.path) == MODULE_PATH_MAX - 1);
	longest[MODULE_PATH_MAX - 1] = 'a';
	longest[MODULE_PATH_MAX] = '\n';
	longest[MODULE_PATH_MAX + 1] = '\0';
	pos = 0;
	CHECK(next(longest, &pos, &m) == E_MODULES_LINE);
	pos = 0;
	CHECK(modules_next("a\0b\n", 4, &pos, &m).code == E_MODULES_LINE);
}

static void test_truncation(void)
{
	static const char list[] = "-kernel/a.ko b.ko\n";
	struct module_line m;

	for (size_t len = 1; len < strlen(list); len++) {
		char *cut = malloc(len);
		size_t pos = 0;

		if (!cut)
			abort();
		memcpy(cut, list, len);
		CHECK(modules_next(cut, len, &pos, &m).code == E_MODULES_END && pos == 0);
		free(cut);
	}
}

static char folder[] = "/tmp/test_modules.XXXXXX";
static unsigned calls, refuse_call;
static int refuse_errno;

static int insert(int dir, const char *path, int fd)
{
	struct stat st, named;

	calls++;
	CHECK(fstat(fd, &st) == 0 && fstatat(dir, path, &named, 0) == 0);
	CHECK(st.st_ino == named.st_ino);
	if (calls == refuse_call) {
		errno = refuse_errno;
		return -1;
	}
	return 0;
}

static uint16_t load(const char *list, unsigned nth, int cause)
{
	calls = 0;
	refuse_call = nth;
	refuse_errno = cause;
	return modules_load(folder, list, strlen(list), insert).code;
}

static void test_load(void)
{
	CHECK(load("", 0, 0) == 0 && calls == 0);
	CHECK(load("a.ko\n-b.ko\n", 0, 0) == 0 && calls == 2);
	CHECK(load("a.ko\nb.ko\n", 1, EEXIST) == 0 && calls == 2);
	CHECK(load("a.ko\nb.ko\n", 1, ENOEXEC) == E_MODULE_LOAD && calls == 1);
	CHECK(strstr(console_detail_text(), "a.ko"));
	CHECK(load("a.ko\nb.ko\n", 2, ENODEV) == E_MODULE_LOAD && calls == 2);
	CHECK(load("a.ko\n-b.ko\na.ko\n", 2, ENODEV) == 0 && calls == 3);
	CHECK(load("c.ko\n", 0, 0) == E_MODULE_OPEN && calls == 0);
	CHECK(load("-c.ko\n", 0, 0) == E_MODULE_OPEN);
	CHECK(load("a.ko\n../b.ko\n", 0, 0) == E_MODULES_LINE && calls == 1);
	CHECK(load("a.ko\nb.ko", 0, 0) == E_MODULES_END && calls == 1);
	CHECK(modules_load("/nonexistent", "a.ko\n", 5, insert).code == E_MODULE_OPEN);
}

/* A driver whose bus was refused is not tried, nor is what needs that driver. */
static void test_needs_refused(void)
{
	static const char list[] = "-a.ko\n-b.ko a.ko\nb.ko\n-a.ko b.ko\n-b.ko a.ko b.ko\n";

	CHECK(load(list, 0, 0) == 0 && calls == 5);
	CHECK(load(list, 1, ENODEV) == 0 && calls == 2);
	CHECK(load(list, 1, ENOENT) == 0 && calls == 2);
	CHECK(load(list, 1, EEXIST) == 0 && calls == 5);
	/* What a name begins with is not the name. */
	CHECK(load("-a.ko\n-b.ko aa.ko a.koo b/a.ko\n", 1, ENODEV) == 0 && calls == 2);
	/* One list's refusals are not the next one's. */
	CHECK(load("-b.ko a.ko\n", 0, 0) == 0 && calls == 1);
}

int main(void)
{
	char path[64];

	if (!mkdtemp(folder))
		return 1;
	for (const char *name = "ab"; *name; name++) {
		(void)snprintf(path, sizeof(path), "%s/%c.ko", folder, *name);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	RUN(test_lines);
	RUN(test_needs);
	RUN(test_malformed);
	RUN(test_truncation);
	RUN(test_load);
	RUN(test_needs_refused);
	for (const char *name = "ab"; *name; name++) {
		(void)snprintf(path, sizeof(path), "%s/%c.ko", folder, *name);
		unlink(path);
	}
	rmdir(folder);
	return test_summary();
}
