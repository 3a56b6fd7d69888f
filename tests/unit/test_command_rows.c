/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of every command make sense, and --help shows each, aligned and not too wide. */
#include "tests/unit/test.h"

#include <ctype.h>
#include <stdlib.h>
#include "tools/command/commands.h"

#define WIDTH_MAX 100

static unsigned commands_seen;

static bool is_name(const char *name)
{
	return islower((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* A choice's text is unique, and fit for a list with spaces between. */
static bool choices_fit(const char *const *choices)
{
	for (size_t i = 0; choices[i]; i++) {
		if (!*choices[i] || strchr(choices[i], ' '))
			return false;
		for (size_t j = 0; j < i; j++)
			if (strcmp(choices[i], choices[j]) == 0)
				return false;
	}
	return choices[0] != NULL;
}

/* The place has the size of what goes there; a row with take may have a place or none. */
static bool place_fits(const struct option_row *row)
{
	if (row->take)
		return !row->list_max;
	switch (row->kind) {
	case OPTION_FLAG:
		return row->size == sizeof(bool) && !row->list_max;
	case OPTION_NUMBER:
	case OPTION_HEX:
		return (row->size == 4 || row->size == 8) && !row->list_max &&
		       row->min < row->max && (row->size == 8 || row->max <= UINT32_MAX);
	case OPTION_CHOICE:
		return row->size == 4 && row->choices && !row->list_max;
	case OPTION_NAME:
		return row->size == sizeof(char *) && row->choices;
	default:
		return row->size == sizeof(char *);
	}
}

static void check_row(const struct command *command, const struct option_row *row)
{
	size_t len = row->help ? strlen(row->help) : 0;
	bool flag = row->kind == OPTION_FLAG;
	bool fine = is_name(row->name) && len && (row->argument == NULL) == flag &&
		    (!flag || (!row->required && !row->choices)) &&
		    (!row->choices || choices_fit(row->choices)) && place_fits(row) &&
		    (row->help[len - 1] != '.' || (len > 3 && row->help[len - 2] == '.'));

	if (!fine)
		fprintf(stderr, "%s --%s\n", command->name, row->name);
	CHECK(fine);
	CHECK(strcmp(row->name, "help") != 0);
}

static void check_rows(const struct command *command)
{
	const struct option_group *group;
	const struct option_row *row, *other;
	size_t count = 0;

	for (; (row = command_row(command, count, &group)) != NULL; count++) {
		if (!group)
			continue; /* --help */
		check_row(command, row);
		for (size_t i = 0; i < count; i++) {
			other = command_row(command, i, &group);
			CHECK(strcmp(row->name, other->name) != 0);
		}
		CHECK(!command->commands || row->take);
	}
	CHECK(count <= COMMAND_ROWS_MAX);
}

static void check_operands(const struct command *command)
{
	bool last = false, optional = false;

	for (size_t i = 0; i < COMMAND_OPERANDS_MAX && command->operands[i].name; i++) {
		const struct operand *o = &command->operands[i];

		CHECK(!last && (!optional || o->optional) && o->size == sizeof(char *));
		CHECK(o->kind == OPTION_TEXT || o->kind == OPTION_FILE ||
			o->kind == OPTION_FOLDER || o->kind == OPTION_PATH);
		CHECK(!o->many || o->count_offset != o->offset);
		last = o->many;
		optional = o->optional;
	}
}

/* Every option has a line of its own, what is said of it begins in one column of all lines. */
static void check_help(const struct command *command)
{
	char *text = NULL, *line, *next;
	size_t len, column = 0, options = 0, rows = 0;
	const struct option_group *group;
	FILE *to = open_memstream(&text, &len);

	REQUIRE(to);
	command_help(command, to);
	fclose(to);
	while (command_row(command, rows, &group))
		rows++;
	for (next = text; (line = strsep(&next, "\n")) != NULL;) {
		char *said = strncmp(line, "  --", 4) == 0 ? strstr(line + 4, "  ") : NULL;
		size_t width = strlen(line);

		CHECK(width <= WIDTH_MAX && (!width || line[width - 1] != ' '));
		options += strncmp(line, "  --", 4) == 0;
		if (!said)
			continue;
		said += strspn(said, " ");
		if (!column)
			column = (size_t)(said - line);
		CHECK((size_t)(said - line) == column);
	}
	CHECK(options == rows);
	free(text);
}

/* The usage that is not made from the rows names no other options. */
static void check_usage(const struct command *command)
{
	const char *at = command->usage;

	while (at && (at = strstr(at, "--")) != NULL) {
		size_t len = strcspn(at + 2, " \t\n]"), found = 0;
		const struct option_group *group;
		const struct option_row *row;

		for (size_t i = 0; (row = command_row(command, i, &group)) != NULL; i++)
			found += strlen(row->name) == len && !strncmp(row->name, at + 2, len);
		CHECK(found == 1);
		at += 2 + len;
	}
}

static void check_command(const struct command *command, const struct command *above)
{
	size_t len = above ? strlen(above->name) : 0;

	commands_seen++;
	CHECK((command->commands != NULL) != (command->run != NULL) && command->about);
	CHECK(!above || (command->summary && *command->summary));
	CHECK(!above || (strncmp(command->name, above->name, len) == 0 &&
				(!len || command->name[len] == ' ') &&
				is_name(command_last_word(command))));
	check_rows(command);
	check_operands(command);
	check_help(command);
	check_usage(command);
	for (size_t i = 0; command->commands && command->commands[i]; i++)
		check_command(command->commands[i], command);
}

static void test_all(void)
{
	check_command(&protostar_command, NULL);
	CHECK(commands_seen > 20);
}

int main(void)
{
	RUN(test_all);
	return test_summary();
}
