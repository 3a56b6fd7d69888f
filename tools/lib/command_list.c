/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All commands below one and their options, for programs. */
#include "tools/lib/command.h"

#include <string.h>

static const char *const kinds[] = {
	[OPTION_FLAG] = "flag",
	[OPTION_TEXT] = "text",
	[OPTION_FILE] = "file",
	[OPTION_FOLDER] = "folder",
	[OPTION_PATH] = "path",
	[OPTION_NUMBER] = "number",
	[OPTION_HEX] = "hex",
	[OPTION_CHOICE] = "choice",
	[OPTION_NAME] = "choice",
};

/* A column: never empty, since shells skip an empty one, and in one line. */
static void column(FILE *to, const char *text)
{
	if (!text || !*text)
		text = "-";
	putc('\t', to);
	for (; *text; text++)
		putc(strchr("\t\n", *text) ? ' ' : *text, to);
}

static void list_option(const struct command *command, const struct option_group *group,
	const struct option_row *row, FILE *to)
{
	const char *const *choice = row->choices;

	fputs("option", to);
	column(to, command->name);
	fprintf(to, "\t--%s", row->name);
	column(to, row->argument);
	column(to, kinds[row->kind]);
	column(to, choice ? *choice : NULL);
	while (choice && *++choice)
		fprintf(to, " %s", *choice);
	column(to, row->required ? "required" : "optional");
	column(to, row->repeat || row->list_max ? "repeat" : "once");
	column(to, group ? group->heading : NULL);
	column(to, row->help);
	putc('\n', to);
}

void command_list(const struct command *command, FILE *to)
{
	const struct option_group *group;
	const struct option_row *row;

	fputs("command", to);
	column(to, command->name);
	column(to, command->summary);
	putc('\n', to);
	for (size_t i = 0; (row = command_row(command, i, &group)) != NULL; i++)
		list_option(command, group, row, to);
	for (size_t i = 0; i < COMMAND_OPERANDS_MAX && command->operands[i].name; i++) {
		const struct operand *o = &command->operands[i];

		fputs("operand", to);
		column(to, command->name);
		column(to, o->name);
		column(to, kinds[o->kind]);
		column(to, o->optional ? "optional" : "required");
		column(to, o->many ? "repeat" : "once");
		putc('\n', to);
	}
	for (size_t i = 0; command->commands && command->commands[i]; i++)
		command_list(command->commands[i], to);
}
