/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --help, from a command's rows. */
#include "tools/lib/command.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"

#define WIDTH	   96u /* columns of a line */
#define COLUMN_MAX 26u /* where what is said of an option begins, at most */

/* Writes text from column at on, and goes on below indent; the end of a line is kept. */
static void wrap(FILE *to, const char *text, size_t at, size_t indent)
{
	bool fresh = true; /* nothing stands in this line yet */

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (!fresh && at + 1 + len > WIDTH) {
			fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!fresh) {
			putc(' ', to);
			at++;
		}
		for (size_t i = 0; i < len; i++)
			putc(text[i] == '\t' ? ' ' : text[i], to);
		at += len;
		fresh = text[len] == '\n';
		if (fresh) {
			fprintf(to, "\n%*s", text[len + 1] == '\n' ? 0 : (int)indent, "");
			at = indent;
		}
		text += len + (text[len] != 0);
	}
	putc('\n', to);
}

static void two_columns(FILE *to, const char *left, const char *right, size_t column)
{
	size_t at = 2 + strlen(left);

	fprintf(to, "  %s", left);
	if (at + 2 > column) {
		putc('\n', to);
		at = 0;
	}
	fprintf(to, "%*s", (int)(column - at), "");
	wrap(to, right, column, column);
}

static char *option_text(const struct option_row *row)
{
	return must_format("--%s%s%s", row->name, row->argument ? " " : "",
		row->argument ? row->argument : "");
}

/* "\t" keeps an option and its value in one line. */
static void add_usage(const struct command *command, struct bytes *out)
{
	const struct option_group *group;
	const struct option_row *row;
	bool optional = false;

	for (size_t i = 0; i < COMMAND_OPERANDS_MAX && command->operands[i].name; i++) {
		const struct operand *o = &command->operands[i];

		bytes_addf(out, " %s%s%s%s", o->optional ? "[" : "", o->name, o->many ? "..." : "",
			o->optional ? "]" : "");
	}
	for (size_t i = 0; (row = command_row(command, i, &group)) != NULL; i++) {
		if (row->required)
			bytes_addf(out, " --%s\t%s", row->name, row->argument);
		else if (group)
			optional = true;
	}
	if (command->commands)
		bytes_add_text(out, " COMMAND ...");
	else if (optional)
		bytes_add_text(out, " [OPTION...]");
}

static void print_usage(const struct command *command, FILE *to)
{
	const char *space = *command->name ? " " : "", *line = command->usage;
	size_t indent = strlen("usage: protostar ") + strlen(command->name) + strlen(space);
	struct bytes made = {0};

	if (!line) {
		add_usage(command, &made);
		bytes_zeros(&made, 1);
		line = made.len > 1 ? (const char *)made.data + 1 : "";
	}
	for (const char *before = "usage:"; line; before = "      ") {
		size_t len = strcspn(line, "\n");
		char *one = must_format("%.*s", (int)len, line);

		fprintf(to, "%s protostar%s%s ", before, space, command->name);
		wrap(to, one, indent, indent);
		free(one);
		line = line[len] ? line + len + 1 : NULL;
	}
	bytes_free(&made);
}

static size_t column_of(const struct command *command)
{
	const struct option_group *group;
	const struct option_row *row;
	size_t column = 0;

	for (size_t i = 0; (row = command_row(command, i, &group)) != NULL; i++) {
		char *text = option_text(row);
		size_t len = 2 + strlen(text) + 2;

		if (len > column && len <= COLUMN_MAX)
			column = len;
		free(text);
	}
	return column;
}

static void print_options(const struct command *command, FILE *to)
{
	const struct option_group *group, *before = NULL;
	const struct option_row *row;
	size_t column = column_of(command);

	for (size_t i = 0; (row = command_row(command, i, &group)) != NULL; i++) {
		bool heading = group && group->heading;
		char *text = option_text(row);

		if (!i || (group != before && (heading || (before && before->heading))))
			putc('\n', to);
		if (heading && group != before)
			fprintf(to, "%s:\n", group->heading);
		before = group;
		two_columns(to, text, row->help, column);
		free(text);
	}
}

static void print_commands(const struct command *command, FILE *to)
{
	size_t column = 0;

	for (size_t i = 0; command->commands[i]; i++) {
		size_t len = 4 + strlen(command_last_word(command->commands[i]));

		column = len > column ? len : column;
	}
	putc('\n', to);
	for (size_t i = 0; command->commands[i]; i++)
		two_columns(to, command_last_word(command->commands[i]),
			command->commands[i]->summary, column);
}

void command_help(const struct command *command, FILE *to)
{
	print_usage(command, to);
	putc('\n', to);
	wrap(to, command->about, 0, 0);
	if (command->commands)
		print_commands(command, to);
	print_options(command, to);
	if (command->notes) {
		putc('\n', to);
		wrap(to, command->notes, 0, 0);
	}
}
