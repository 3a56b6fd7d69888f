/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What command_read() makes of argv: each kind of value, where it goes, and what is refused. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <unistd.h>
#include "tools/lib/command.h"
#include "tools/lib/report.h"

#define WORDS_MAX 16

enum colour { RED, GREEN, BLUE };

struct inner {
	const char *path;
	const char *many[3];
	size_t count;
};

struct asked {
	bool loud;
	const char *text, *file, *kind, *first, *second, *only;
	unsigned narrow;
	uint64_t wide;
	enum colour colour;
	unsigned taken;
	struct inner inner;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static bool take_even(void *into, const struct option_use *use)
{
	struct asked *asked = into;

	asked->taken += (unsigned)use->number;
	return use->number % 2 == 0 || option_refuse(use, "it takes even numbers");
}

static const struct option_row rows[] = {
	{"loud", .help = "x", .kind = OPTION_FLAG, OPTION_INTO(struct asked, loud)},
	{"text", "TEXT", OPTION_TEXT, OPTION_INTO(struct asked, text), .help = "x"},
	{"file", "FILE", OPTION_FILE, OPTION_INTO(struct asked, file), .help = "x",
		.required = true},
	{"narrow", "N", OPTION_NUMBER, OPTION_INTO(struct asked, narrow), .help = "x", .min = 1,
		.max = 99},
	{"wide", "HEX", OPTION_HEX, OPTION_INTO(struct asked, wide), .help = "x",
		.max = UINT64_MAX},
	{"colour", "NAME", OPTION_CHOICE, OPTION_INTO(struct asked, colour), .help = "x",
		.choices = colours},
	{"kind", "NAME", OPTION_NAME, OPTION_INTO(struct asked, kind), .help = "x",
		.choices = colours},
	{"even", "N", OPTION_NUMBER, .help = "x", .max = 8, .take = take_even, .repeat = true},
	{"last", .help = "x", .kind = OPTION_FLAG, OPTION_INTO(struct asked, loud)},
	{"raw", "TEXT", OPTION_TEXT, OPTION_INTO(struct asked, only), .help = "x", .raw = true},
	{"only", "TEXT", OPTION_TEXT, OPTION_INTO(struct asked, only), .help = "x", .once = true},
	{0},
};

static const struct option_row inner_rows[] = {
	{"path", "PATH", OPTION_PATH, OPTION_INTO(struct inner, path), .help = "x"},
	{"many", "DIR", OPTION_FOLDER, OPTION_LIST(struct inner, many, count), .help = "x"},
	{0},
};

static const struct command two = {
	.name = "test two",
	.summary = "x",
	.about = "x",
	.groups = {{.rows = rows}, {"Inner", inner_rows, offsetof(struct asked, inner)}},
	.operands = {{"FIRST", OPTION_FILE, OPTION_INTO(struct asked, first)},
		{"SECOND", OPTION_TEXT, OPTION_INTO(struct asked, second), .optional = true}},
};

/* Copies of the words that were read: what was read borrows them, until the end of the tests. */
static char *kept[256];
static size_t kept_count;

static char *keep(const char *word)
{
	char *copy = strdup(word);

	if (!copy || kept_count == sizeof(kept) / sizeof(kept[0]))
		abort();
	kept[kept_count++] = copy;
	return copy;
}

/* Reads the words behind argv[0], which end with NULL; the complaint goes to said. */
static char said[4096];

static int read_words(struct asked *asked, const char *const *words)
{
	char *argv[WORDS_MAX + 2] = {(char[]){"two"}};
	int argc = 1, code, pipes[2], saved = dup(STDERR_FILENO);
	ssize_t len;

	while (words[argc - 1] && argc <= WORDS_MAX) {
		argv[argc] = keep(words[argc - 1]);
		argc++;
	}
	if (saved < 0 || pipe(pipes) < 0)
		abort();
	dup2(pipes[1], STDERR_FILENO);
	*asked = (struct asked){.wide = 5};
	code = command_read(&two, argc, argv, asked);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[1]);
	len = read(pipes[0], said, sizeof(said) - 1);
	said[len > 0 ? len : 0] = 0;
	close(pipes[0]);
	return code;
}

#define READ(asked, ...) read_words((asked), (const char *const[]){__VA_ARGS__, NULL})
/* The words are misuse, and the one line that says so is this. */
#define REFUSED(want, ...)                                                   \
	do {                                                                 \
		struct asked asked_;                                         \
		CHECK(READ(&asked_, __VA_ARGS__) == EXIT_MISUSE);            \
		if (strcmp(said, "protostar: test two: " want "\n") != 0)    \
			fprintf(stderr, "said: %s", said);                   \
		CHECK(strcmp(said, "protostar: test two: " want "\n") == 0); \
	} while (0)
#define HINT " (protostar test two --help)"

static void test_kinds(void)
{
	struct asked a;

	CHECK(READ(&a, "--file", "f", "--loud", "one", "--text", "", "--narrow", "99") == -1);
	CHECK(a.loud && !strcmp(a.file, "f") && !strcmp(a.first, "one") && !a.second);
	CHECK(a.text && !*a.text && a.narrow == 99 && a.wide == 5);
	CHECK(READ(&a, "--file=f=g", "--wide=ffffffffffffffff", "--colour", "blue", "--kind=green",
		      "1", "2") == -1);
	CHECK(!a.loud && !strcmp(a.file, "f=g") && a.wide == UINT64_MAX && a.colour == BLUE);
	CHECK(!strcmp(a.kind, "green") && !strcmp(a.first, "1") && !strcmp(a.second, "2"));
	CHECK(READ(&a, "--even", "2", "--file", "f", "--even=4", "1") == -1 && a.taken == 6);
	CHECK(READ(&a, "--file", "f", "1", "--path", "p", "--many", "a", "--many", "b") == -1);
	CHECK(!strcmp(a.inner.path, "p") && a.inner.count == 2 && !strcmp(a.inner.many[1], "b"));
	CHECK(*said == 0);
}

static void test_words(void)
{
	struct asked a;

	/* A lone dash is a word; behind "--" everything is; the last one counts. */
	CHECK(READ(&a, "-", "--file", "--loud", "--file", "g") == -1);
	CHECK(!strcmp(a.first, "-") && !strcmp(a.file, "g") && !a.loud);
	CHECK(READ(&a, "--file", "f", "--", "--loud", "--") == -1 && !a.loud);
	CHECK(!strcmp(a.first, "--loud") && !strcmp(a.second, "--"));
	/* A name may be cut where no other begins so. */
	CHECK(READ(&a, "--fi", "f", "--lou", "1") == -1 && a.loud && !strcmp(a.file, "f"));
}

static void test_names_refused(void)
{
	REFUSED("there is no option --bogus" HINT, "--bogus");
	REFUSED("there is no option --bogus" HINT, "--file", "f", "1", "--bogus=1");
	REFUSED("there is no option -f" HINT, "-f", "f");
	REFUSED("there is no option --" HINT, "--=");
	REFUSED("there is no option --f\\x0aile" HINT, "--f\nile");
	REFUSED("--l is the beginning of --loud or --last: write it out" HINT, "--l");
	REFUSED("--file takes FILE, and there is none" HINT, "1", "--file");
	REFUSED("--loud 1: it takes no value", "--loud=1");
	REFUSED("--help 1: it takes no value", "--help=1");
	REFUSED("--only b: it is given twice", "--only", "a", "--only", "b");
}

static void test_words_refused(void)
{
	REFUSED("FIRST is missing" HINT, "--file", "f");
	REFUSED("--file is missing" HINT, "1");
	REFUSED("3: there is one word too many" HINT, "--file", "f", "1", "2", "3", "4");
	REFUSED("\"\": it is empty" HINT, "--file", "f", "");
	REFUSED("a\\x1b[0m: it has a control character, such as the end of a line" HINT, "--file",
		"f", "a\33[0m");
}

#define PATH_OF(what) ": it takes the path of a " what

static void test_values_refused(void)
{
	struct asked a;

	REFUSED("--file \"\": it is empty" PATH_OF("file"), "--file", "");
	REFUSED("--many \"\": it is empty" PATH_OF("folder"), "--many", "");
	REFUSED("--path a\\x0ab: it has a control character, such as the end of a line" PATH_OF(
			"file or folder"),
		"--path=a\nb");
	REFUSED("--text a\\x0ab: it has a control character, such as the end of a line", "--text",
		"a\nb");
	CHECK(READ(&a, "--raw", "a\nb", "--file", "f", "1") == -1 && !strcmp(a.only, "a\nb"));
	REFUSED("--narrow 0: it takes a number from 1 to 99", "--narrow", "0");
	REFUSED("--narrow 4294967297: it takes a number from 1 to 99", "--narrow", "4294967297");
	REFUSED("--narrow \"\": it takes a number from 1 to 99", "--narrow=");
	REFUSED("--wide 0g: it takes a hexadecimal number from 0 to 18446744073709551615", "--wide",
		"0g");
	REFUSED("--colour re: it takes red, green or blue", "--colour", "re");
	REFUSED("--kind \"\": it takes red, green or blue", "--kind", "");
	REFUSED("--even 3: it takes even numbers", "--even", "3");
	REFUSED("--many d: it can be given 3 times at most", "--many", "a", "--many", "b", "--many",
		"c", "--many", "d");
	CHECK(READ(&a, "--many", "a", "--many", "b", "--many", "c", "--file", "f", "1") == -1);
}

/* Whatever is typed, a complaint is one line of a bounded length. */
static void test_long_words(void)
{
	static char word[200000];
	const char *const where[][4] = {{word, NULL}, {"--file", word, NULL},
		{"--colour", word, NULL}, {"--narrow", word, NULL}, {"--file", "f", word, NULL}};

	for (size_t dashes = 0; dashes < 3; dashes++) {
		memset(word, 'a', sizeof(word) - 1);
		memset(word, '-', dashes);
		for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
			struct asked a;

			CHECK(read_words(&a, where[i]) == EXIT_MISUSE);
			CHECK(strlen(said) < 500 && strchr(said, '\n') == said + strlen(said) - 1);
		}
	}
}

/* As --help has it: columns aligned, lines broken at spaces and never wide. */
static void test_help(void)
{
	const struct option_row long_rows[] = {
		{"a", .help = "one two"},
		{"an-option-that-is-long", "VALUE", OPTION_TEXT, .help = "three", .required = true},
		{"b", "N", OPTION_NUMBER,
			.help = "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbb ccccccccccccccccccc "
				"dddddddddddddddddddddd"},
		{0},
	};
	const struct command c = {.name = "c",
		.about = "What it does.\n\nAnd more.",
		.groups = {{.rows = long_rows}, {"Others", inner_rows, 0}},
		.operands = {{"FILE", .many = true}},
		.notes = "Last."};
	static const char want[] =
		"usage: protostar c FILE... --an-option-that-is-long VALUE [OPTION...]\n"
		"\n"
		"What it does.\n"
		"\n"
		"And more.\n"
		"\n"
		"  --a          one two\n"
		"  --an-option-that-is-long VALUE\n"
		"               three\n"
		"  --b N        aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbb ccccccccccccccccccc\n"
		"               dddddddddddddddddddddd\n"
		"\n"
		"Others:\n"
		"  --path PATH  x\n"
		"  --many DIR   x\n"
		"\n"
		"  --help       this text\n"
		"\n"
		"Last.\n";
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	REQUIRE(to);
	command_help(&c, to);
	fclose(to);
	CHECK(strcmp(text, want) == 0);
	if (strcmp(text, want) != 0)
		fputs(text, stderr);
	free(text);
}

static int run_words;

static int run(int argc, char **argv)
{
	run_words = argc;
	return strcmp(argv[0], "leaf") == 0 ? 7 : 8;
}

static const struct command leaf = {.name = "top leaf", .summary = "x", .about = "x", .run = run};
static const struct command early = {
	.name = "early at", .summary = "x", .about = "x", .groups = {{.rows = rows}}, .run = run};
static const struct command *const below[] = {&leaf, NULL};
static const struct command *const below_early[] = {&early, NULL};
static const struct command top = {.name = "top", .about = "x", .commands = below};
static const struct command free_top = {
	.name = "early", .about = "x", .commands = below_early, .options_first = true};

/* Options before the command's name, where that is allowed: the name comes to the front. */
static void test_options_first(void)
{
	char *argv[] = {(char[]){"early"}, (char[]){"--file"}, (char[]){"at"}, (char[]){"--loud"},
		(char[]){"--text=x"}, (char[]){"at"}, (char[]){"word"}, NULL};
	char *none[] = {(char[]){"early"}, (char[]){"--bogus"}, (char[]){"at"}, NULL};
	char *open[] = {(char[]){"early"}, (char[]){"--loud"}, (char[]){"--file"}, NULL};

	CHECK(command_run(&free_top, 7, argv) == 8 && run_words == 6);
	CHECK(!strcmp(argv[1], "at") && !strcmp(argv[2], "--file") && !strcmp(argv[3], "at"));
	CHECK(!strcmp(argv[4], "--loud") && !strcmp(argv[5], "--text=x"));
	CHECK(!strcmp(argv[6], "word"));
	CHECK(command_run(&free_top, 3, none) == EXIT_MISUSE);
	CHECK(command_run(&free_top, 3, open) == EXIT_MISUSE);
}

static void test_tables(void)
{
	char *argv[] = {(char[]){"top"}, (char[]){"leaf"}, (char[]){"word"}, NULL};

	CHECK(command_run(&top, 3, argv) == 7 && run_words == 2);
	argv[1] = (char[]){"lea"};
	CHECK(command_run(&top, 3, argv) == EXIT_MISUSE);
	argv[1] = (char[]){"--bogus"};
	CHECK(command_run(&top, 3, argv) == EXIT_MISUSE);
	CHECK(command_run(&top, 1, argv) == EXIT_MISUSE && run_words == 2);
	argv[1] = (char[]){"--"};
	CHECK(command_run(&top, 3, argv) == EXIT_MISUSE);
	argv[1] = (char[]){"--help"};
	CHECK(command_run(&top, 3, argv) == EXIT_DONE && run_words == 2);
}

int main(void)
{
	RUN(test_kinds);
	RUN(test_words);
	RUN(test_names_refused);
	RUN(test_words_refused);
	RUN(test_values_refused);
	RUN(test_long_words);
	RUN(test_help);
	RUN(test_tables);
	RUN(test_options_first);
	while (kept_count)
		free(kept[--kept_count]);
	return test_summary();
}
