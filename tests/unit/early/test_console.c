/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "crypto/errors.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/console_open.h"
#include "early/contract/errors.h"
#include "early/files.h"
#include "early/stages.h"
#include "tests/unit/test.h"

static char path[] = "/tmp/test_console.XXXXXX";
static char kmsg[40];
static int shared; /* has the console's file offset */

static const char *content(const char *file)
{
	static char text[4096];
	size_t len = 0;

	if (failed(file_read(file, text, sizeof(text) - 1, &len, 1, 2)))
		len = 0;
	text[len] = '\0';
	return text;
}

static void put(const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
	(void)lseek(shared, 0, SEEK_SET);
}

static void test_texts(void)
{
	CHECK(strstr(error_text(E_CONFIG_UNKNOWN), "unknown"));
	CHECK(strstr(error_text(E_SECRET_MAP), "memory"));
	CHECK(strstr(error_text(9999), "without a name"));
	CHECK(strstr(error_advice(E_CONFIG_UNKNOWN), "SETTINGS"));
	CHECK(strstr(error_advice(E_SECRET_LOCK), "LimitMEMLOCK"));
	CHECK(strstr(error_advice(9999), "log"));
}

static void test_lines(void)
{
	char wide[700];

	put("");
	console_say("event %d\n\x1b[2J\xff", 7);
	CHECK(strcmp(content(path), "protostar: event 7??[2J?\n") == 0);
	CHECK(strcmp(content(kmsg), "<31>protostar: event 7??[2J?\n") == 0);
	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	put("");
	console_say("%s", wide);
	CHECK(strlen(content(path)) > 500 && strlen(content(path)) < 540);
	CHECK(content(path)[strlen(content(path)) - 1] == '\n');
	console_detail("%s", wide);
	CHECK(strlen(console_detail_text()) == CONSOLE_DETAIL_MAX - 1);
	CHECK(strlen(console_detail_note()) == CONSOLE_DETAIL_MAX + 2);
	console_detail("%s", "");
	CHECK(strcmp(console_detail_note(), "") == 0);
	console_detail("100%%n");
	CHECK(strcmp(console_detail_note(), " (100%n)") == 0);
	console_detail("a\tb");
	CHECK(strcmp(console_detail_text(), "a?b") == 0);
}

static unsigned ran;

static struct status stage_good(struct boot *b)
{
	ran++;
	CHECK(b == NULL && strcmp(stage_name(), "good") == 0);
	CHECK(console_detail_text()[0] == '\0');
	console_detail("left over");
	return OK;
}

static struct status stage_bad(struct boot *b)
{
	(void)b;
	ran++;
	return fail(E_MOUNT);
}

static void test_stages(void)
{
	static const struct stage table[] = {
		{"good", stage_good}, {"bad", stage_bad}, {"never", stage_good}};

	put("");
	CHECK(strcmp(stage_name(), "start") == 0);
	CHECK(stages_run(table, 3, NULL).code == E_MOUNT && ran == 2);
	CHECK(strcmp(stage_name(), "bad") == 0);
	CHECK(strncmp(content(path), "protostar: stage good ", 22) == 0);
	CHECK(strstr(content(path), "ms\n") && !strstr(content(path), "bad"));
	CHECK(strcmp(console_detail_text(), "") == 0);
	CHECK(stages_run(table, 1, NULL).code == 0);
}

static void test_file_read(void)
{
	char out[8];
	size_t len = 99;

	put("12345678");
	CHECK(file_read(path, out, 8, &len, 1, 2).code == 0 && len == 8);
	len = 99;
	CHECK(file_read(path, out, 7, &len, 1, 2).code == 2 && len == 99);
	CHECK(file_read("/nonexistent", out, 8, &len, 1, 2).code == 1 && len == 99);
	CHECK(strstr(console_detail_text(), "/nonexistent"));
	CHECK(file_read("/tmp", out, 8, &len, 1, 2).code == 1);
	put("");
	CHECK(file_read(path, out, 8, &len, 1, 2).code == 0 && len == 0);
}

static bool number(const char *text, uint64_t *out)
{
	put(text);
	return attribute_number(AT_FDCWD, path, out);
}

static void test_attributes(void)
{
	uint64_t v = 99;
	char out[4];

	CHECK(number("0\n", &v) && v == 0);
	CHECK(number("18446744073709551615", &v) && v == UINT64_MAX);
	CHECK(!number("18446744073709551616", &v) && !number("99999999999999999999\n", &v));
	CHECK(!number("", &v) && !number("\n", &v) && !number("1 \n", &v) && !number("-1", &v));
	CHECK(!number("1\n\n", &v) && !number("000000000000000000000001", &v));
	put("abc");
	CHECK(attribute_read(AT_FDCWD, path, out, 4) && strcmp(out, "abc") == 0);
	CHECK(!attribute_read(AT_FDCWD, path, out, 3));
	CHECK(!attribute_read(AT_FDCWD, "/nonexistent", out, 4));
	CHECK(file_write(path, "xyz") && !file_write("/nonexistent", "x"));
}

static void test_clock(void)
{
	uint64_t now = clock_ms();

	CHECK(clock_left(now, 100) == 0 && clock_left(0, 100) == 0);
	CHECK(clock_left(now + 1000000, 100) == 100);
	CHECK(clock_left(UINT64_MAX, 100) == 100);
	CHECK(clock_left(now + 50, 100) <= 50);
}

int main(void)
{
	int fd = mkstemp(path), screen = dup(STDOUT_FILENO), result;

	(void)snprintf(kmsg, sizeof(kmsg), "%s.kmsg", path);
	close(open(kmsg, O_CREAT | O_WRONLY, 0600));
	if (fd < 0 || screen < 0)
		return 1;
	close(fd);
	console_open(path, kmsg, "/dev/null");
	shared = dup(STDERR_FILENO);
	(void)dup2(screen, STDOUT_FILENO);
	(void)dup2(screen, STDERR_FILENO);
	RUN(test_texts);
	RUN(test_lines);
	RUN(test_stages);
	RUN(test_file_read);
	RUN(test_attributes);
	RUN(test_clock);
	result = test_summary();
	unlink(path);
	unlink(kmsg);
	return result;
}
