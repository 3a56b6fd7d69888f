/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a command line with NULs between. Whatever they are: no crash, an exit code or -1, and
 * with -1 all that is required, every value within its bounds, every path printable and not empty.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/bytes.h"
#include "tools/lib/command.h"
#include "tools/lib/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 32

enum colour { RED = 3, GREEN, BLUE };

struct asked {
	uint64_t before; /* what stands around the places must stay */
	bool loud;
	const char *text, *file, *kind, *first, *list[4];
	size_t count;
	const char *const *rest;
	size_t rest_count;
	unsigned narrow;
	uint64_t wide;
	enum colour colour;
	uint64_t behind;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct option_row rows[] = {
	{"loud", .kind = OPTION_FLAG, OPTION_INTO(struct asked, loud), .help = "x"},
	{"text", "TEXT", OPTION_TEXT, OPTION_INTO(struct asked, text), .help = "x", .once = true},
	{"file", "FILE", OPTION_FILE, OPTION_INTO(struct asked, file), .help = "x",
		.required = true},
	{"list", "DIR", OPTION_FOLDER, OPTION_LIST(struct asked, list, count), .help = "x"},
	{"narrow", "N", OPTION_NUMBER, OPTION_INTO(struct asked, narrow), .min = 1, .max = 99,
		.help = "x"},
	{"wide", "HEX", OPTION_HEX, OPTION_INTO(struct asked, wide), .max = UINT64_MAX,
		.help = "x"},
	{"colour", "NAME", OPTION_CHOICE, OPTION_INTO(struct asked, colour), .min = RED,
		.choices = colours, .help = "x"},
	{"kind", "NAME", OPTION_NAME, OPTION_INTO(struct asked, kind), .choices = colours,
		.help = "x"},
	{0},
};

static int run(int argc, char **argv);

static const struct command leaf = {
	.name = "top leaf",
	.summary = "x",
	.about = "x",
	.groups = {{.rows = rows}},
	.operands = {{"FIRST", OPTION_FILE, OPTION_INTO(struct asked, first)},
		{"REST", OPTION_TEXT, OPTION_INTO(struct asked, rest), .optional = true,
			.many = true, .count_offset = offsetof(struct asked, rest_count)}},
	.run = run,
};
static const struct command *const commands[] = {&leaf, NULL};
static const struct command top = {
	.name = "top", .about = "x", .commands = commands, .options_first = true};

static void require(bool fine)
{
	if (!fine)
		__builtin_trap();
}

static bool is_path(const char *path)
{
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return *path && strlen(path) < COMMAND_PATH_MAX;
}

static int run(int argc, char **argv)
{
	struct asked a = {.before = 1, .narrow = 1, .colour = RED, .behind = 2};
	int code = command_read(&leaf, argc, argv, &a);

	require(a.before == 1 && a.behind == 2 && a.count <= 4);
	if (code >= 0)
		return code;
	require(a.file && is_path(a.file) && a.first && is_path(a.first));
	require(a.narrow >= 1 && a.narrow <= 99 && a.colour >= RED && a.colour <= BLUE);
	require(!a.kind || a.kind == colours[0] || a.kind == colours[1] || a.kind == colours[2]);
	for (size_t i = 0; i < a.count; i++)
		require(is_path(a.list[i]));
	for (size_t i = 0; i < a.rest_count; i++)
		require(is_path(a.rest[i]));
	return EXIT_DONE;
}

/* --help is for nobody here. */
static void close_stdout(void)
{
	static bool done;
	int null = done ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	done = true;
	report_silence();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = must_alloc(size + 1), *argv[WORDS_MAX + 2] = {(char[]){"top"}};
	int argc = 1, code;

	close_stdout();
	memcpy(text, data, size);
	text[size] = 0;
	for (size_t at = 0; at < size && argc <= WORDS_MAX; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	if (argc < 2)
		argv[argc++] = text;
	code = command_run(&top, argc, argv);
	require(code == EXIT_DONE || code == EXIT_MISUSE);
	free(text);
	return 0;
}
