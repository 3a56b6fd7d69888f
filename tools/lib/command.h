/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `protostar`. What a command is called, what it takes and what is said of it
 * stand in one struct command. All else comes from that: how argv is read, --help, the complaints,
 * and the list from which shells complete and the manual pages are checked.
 *
 * A command's file has a struct for what was asked, rows that say where in it each value goes, and
 * a struct command, which stands in the table of the one above it (tools/command/, for a start):
 *
 *	struct job { const char *image, *recipe; };
 *
 *	static const struct option_row rows[] = {
 *		{"recipe", "FILE", OPTION_FILE, OPTION_INTO(struct job, recipe),
 *			.help = "the recipe that protostar build wrote"},
 *		{0},
 *	};
 *
 *	static int run(int argc, char **argv)
 *	{
 *		struct job job = {0};
 *		int code = command_read(&sbom_command, argc, argv, &job);
 *
 *		if (code >= 0)
 *			return code;
 *		...
 *	}
 *
 *	const struct command sbom_command = {
 *		.name = "sbom",
 *		.summary = "list what is inside a UKI, as SPDX",
 *		.about = "Prints what is inside a UKI.",
 *		.groups = {{.rows = rows}},
 *		.operands = {{"IMAGE", OPTION_FILE, OPTION_INTO(struct job, image)}},
 *		.run = run,
 *	};
 *
 * Options stand before, behind or between the other words, as --name VALUE or --name=VALUE; a name
 * may be cut as long as it is no other's beginning. "--" ends them. Every command has --help. Words
 * are borrowed from argv, which outlives everything. No secret has an option: whoever looks at the
 * process list reads argv.
 *
 * A complaint has one form, "COMMAND: --option VALUE: what is wrong, or what it takes", with what
 * was typed made printable and cut. It is made once, and the exit code is EXIT_MISUSE.
 */
#ifndef TOOLS_LIB_COMMAND_H
#define TOOLS_LIB_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define COMMAND_GROUPS_MAX   6u
#define COMMAND_OPERANDS_MAX 3u
#define COMMAND_ROWS_MAX     96u  /* of all groups */
#define COMMAND_PATH_MAX     8192 /* bytes of a path, with its NUL: DISK:PATH is two */

/* What a value is, and what it is kept as. */
enum option_kind {
	OPTION_FLAG,   /* there is none; bool, set to true */
	OPTION_TEXT,   /* a text without control characters, which may be empty; const char * */
	OPTION_FILE,   /* path of a file: not empty, no control characters; const char * */
	OPTION_FOLDER, /* the same of a folder */
	OPTION_PATH,   /* the same of either */
	OPTION_NUMBER, /* whole, decimal, from min to max; unsigned of 32 or 64 bits */
	OPTION_HEX,    /* the same in hexadecimal */
	OPTION_CHOICE, /* one of choices; an enum: min for the first, and so on */
	OPTION_NAME,   /* one of choices; const char *: that text of choices */
};

struct command;
struct option_row;

/* An option as it was given, checked for its kind. */
struct option_use {
	const struct command *command;
	const struct option_row *row;
	const char *value; /* NULL: a flag */
	uint64_t number;   /* of a number or a choice */
};

struct option_row {
	const char *name;     /* without dashes */
	const char *argument; /* what --help calls the value: "FILE"; NULL: a flag */
	enum option_kind kind;
	bool required;
	bool once;	     /* a second one is refused; without it the last one counts */
	bool repeat;	     /* take wants more than one */
	bool raw;	     /* a text with control characters, too */
	size_t offset, size; /* where the value is kept: OPTION_INTO() */
	/* A sentence's piece: no capital, no full stop; wrapped where it is shown. */
	const char *help;
	uint64_t min, max; /* of numbers */
	/* Ended by NULL; of other kinds, with take, for completion only. */
	const char *const *choices;
	/* More than 0: a list of texts, an array of so many; count_offset: its size_t counter. */
	size_t list_max, count_offset;
	/* In place of keeping it; into is the struct. False after option_refuse(). */
	bool (*take)(void *into, const struct option_use *use);
};

/* Where a value is kept: offset and size of a row or an operand. */
#define OPTION_INTO(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
/* The same for a list, an array of texts with its counter. */
#define OPTION_LIST(type, member, count)                                          \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member[0]), \
	.list_max = sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]), \
	.count_offset = offsetof(type, count)

/* Rows that several commands can share. */
struct option_group {
	const char *heading;	       /* in --help; NULL: none */
	const struct option_row *rows; /* ended by a row without a name */
	size_t offset;		       /* of their struct in the command's */
};

/* --verbose, of a command that reports its progress (report.h). */
extern const struct option_row verbose_rows[];

/* A word that is no option: a path or a name, checked as paths are, whatever its kind. */
struct operand {
	const char *name; /* "IMAGE" */
	enum option_kind kind;
	size_t offset,
		size; /* const char *, NULL when it may be missing; many: const char *const * */
	bool optional;
	bool many;	     /* the last one: as many as there are, at least one */
	size_t count_offset; /* their number, size_t */
};

struct command {
	const char *name;    /* all words behind protostar: "measure predict"; "": the program */
	const char *summary; /* one line in the table above */
	/*
	 * What stands behind "protostar NAME" in --help, one line each; NULL: made from the rows.
	 * Lines are broken at spaces, not at tabs.
	 */
	const char *usage;
	const char *about, *notes; /* in --help before and behind the options; either may be NULL */
	struct option_group groups[COMMAND_GROUPS_MAX];
	struct operand operands[COMMAND_OPERANDS_MAX];
	/*
	 * One of: those below, ended by NULL; what does the work and returns the exit code. Rows of
	 * a command with others below have take, which then does all that is to do.
	 */
	const struct command *const *commands;
	int (*run)(int argc, char **argv);
	bool options_first; /* options of those below may stand before their name, too */
};

/*
 * Runs the command, or that below it which argv[1] names; argv[0] is never looked at. Returns the
 * exit code.
 */
int command_run(const struct command *command, int argc, char **argv);

/*
 * Reads the words behind argv[0] into a struct that the caller has filled with defaults. Returns -1
 * to go on, otherwise the exit code: after --help, or after a complaint.
 */
int command_read(const struct command *command, int argc, char **argv, void *into);

/* "COMMAND: --option VALUE: ...", and "COMMAND: ... (protostar COMMAND --help)": both false. */
bool option_refuse(const struct option_use *use, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool command_refuse(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For the files of this theme: a word of argv made printable, which the caller frees; "predict" of
 * "measure predict". */
char *command_shown(const char *word);
const char *command_last_word(const struct command *command);

/* --help */
void command_help(const struct command *command, FILE *to);

/*
 * The command and all below it, for shells and tests: a line each, of columns with tabs between and
 * "-" for nothing. The command in the second column is "-" for the program itself.
 *	command COMMAND SUMMARY
 *	option COMMAND --NAME ARGUMENT KIND CHOICES required|optional repeat|once HEADING HELP
 *	operand COMMAND NAME KIND required|optional repeat|once
 * KIND is flag, text, file, folder, path, number, hex or choice; CHOICES have spaces between.
 */
void command_list(const struct command *command, FILE *to);

/*
 * The row with this number, --help's the last, then NULL; *out_group is the group that it is of, or
 * NULL for --help's.
 */
const struct option_row *command_row(
	const struct command *command, size_t number, const struct option_group **out_group);

#endif
