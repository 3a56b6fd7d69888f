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

int command_run(const struct command *command, int argc, char **argv)
{
	if (!command->commands)
		return command->run(argc, argv);
	if (argc < 2) {
		command_help(command, stderr);
		return EXIT_MISUSE;
	}
	for (size_t i = 0; command->commands[i]; i++)
		if (strcmp(command_last_word(command->commands[i]), argv[1]) == 0)
			return command_run(command->commands[i], argc - 1, argv + 1);
	if (argv[1][0] == '-')
		return command_read(command, 2, argv, NULL);
	return refuse_word(command, argv[1]);
}
