/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of commands, and the complaints of all. */
#include "tools/lib/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"

static const struct option_row help_row = {.name = "help", .help = "this text"};

static bool take_verbose(void *into, const struct option_use *use)
{
	(void)into;
	(void)use;
	progress_always();
	return true;
}

const struct option_row verbose_rows[] = {
	{"verbose", .kind = OPTION_FLAG, .take = take_verbose,
		.help = "show progress even when stderr is no terminal"},
	{0},
};

const struct option_row *command_row(
	const struct command *command, size_t number, const struct option_group **out_group)
{
	*out_group = NULL;
	for (size_t i = 0; i < COMMAND_GROUPS_MAX && command->groups[i].rows; i++)
		for (const struct option_row *row = command->groups[i].rows; row->name; row++) {
			if (number--)
				continue;
			*out_group = &command->groups[i];
			return row;
		}
	return number ? NULL : &help_row;
}

char *command_shown(const char *word)
{
	return *word ? printable(word, strlen(word), PRINTABLE_MAX) : must_dup("\"\"");
}

__attribute__((format(printf, 1, 0))) static char *sentence(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		abort();
	return text;
}

bool option_refuse(const struct option_use *use, const char *format, ...)
{
	char *value = use->value ? command_shown(use->value) : must_dup("");
	va_list args;
	char *text;

	va_start(args, format);
	text = sentence(format, args);
	va_end(args);
	complain("%s: --%s%s%s: %s", use->command->name, use->row->name, *value ? " " : "", value,
		text);
	free(text);
	free(value);
	return false;
}

bool command_refuse(const struct command *command, const char *format, ...)
{
	const char *space = *command->name ? " " : "";
	va_list args;
	char *text;

	va_start(args, format);
	text = sentence(format, args);
	va_end(args);
	complain("%s%s%s (protostar%s%s --help)", command->name, *space ? ": " : "", text, space,
		command->name);
	free(text);
	return false;
}

const char *command_last_word(const struct command *command)
{
	const char *space = strrchr(command->name, ' ');

	return space ? space + 1 : command->name;
}

static int refuse_word(const struct command *command, const char *word)
{
	char *text = command_shown(word);
	struct bytes names = {0};

	for (size_t i = 0; command->commands[i]; i++)
		bytes_addf(&names, "%s%s",
			!i			   ? ""
			: command->commands[i + 1] ? ", "
						   : " or ",
			command_last_word(command->commands[i]));
	bytes_zeros(&names, 1);
	command_refuse(command, "there is no command %s: it takes %s", text, (char *)names.data);
	bytes_free(&names);
	free(text);
	return EXIT_MISUSE;
}

/* How many words of argv an option of one of the commands below takes; 0: none has it. */
static int word_count(const struct command *command, const char *word)
{
	const struct option_group *group;
	const struct option_row *row;
	size_t len = strcspn(word, "=");

	if (strncmp(word, "--", 2) != 0 || len < 3)
		return 0;
	for (size_t i = 0; command->commands[i]; i++)
		for (size_t j = 0; (row = command_row(command->commands[i], j, &group)); j++)
			if (group && strncmp(row->name, word + 2, len - 2) == 0)
				return row->argument && !word[len] ? 2 : 1;
	return 0;
}

/* Moves the name of a command to the front of the options that stand before it. */
static void name_first(const struct command *command, int argc, char **argv)
{
	int at = 1, words;
	char *name;

	while (at < argc && (words = word_count(command, argv[at])) > 0)
		at += words;
	if (at >= argc)
		return;
	name = argv[at];
	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof(*argv));
	argv[1] = name;
}

int command_run(const struct command *command, int argc, char **argv)
{
	int code;

	if (!command->commands)
		return command->run(argc, argv);
	if (argc < 2) {
		command_help(command, stderr);
		return EXIT_MISUSE;
	}
	if (command->options_first)
		name_first(command, argc, argv);
	for (size_t i = 0; command->commands[i]; i++)
		if (strcmp(command_last_word(command->commands[i]), argv[1]) == 0)
			return command_run(command->commands[i], argc - 1, argv + 1);
	if (argv[1][0] != '-' || !argv[1][1] || strcmp(argv[1], "--") == 0)
		return refuse_word(command, argv[1]);
	code = command_read(command, 2, argv, NULL);
	return code < 0 ? EXIT_DONE : code;
}
