/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From argv to a command's struct, by its rows. */
#include "tools/lib/command.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/number.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"

struct reading {
	const struct command *command;
	uint8_t *into;
	int argc;
	char **argv; /* operands move to its front: argv[1] to argv[operands] */
	int at, operands;
	bool given[COMMAND_ROWS_MAX];
	bool help;
};

/* A row and its struct. */
struct found {
	const struct option_row *row;
	size_t number;
	const struct option_group *group; /* NULL: it is --help */
};

/* "it takes raw, gcp, vhd or qcow2" */
static bool refuse_choice(const struct option_use *use)
{
	const char *const *choices = use->row->choices;
	struct bytes text = {0};

	for (size_t i = 0; choices[i]; i++)
		bytes_addf(&text, "%s%s", !i ? "" : choices[i + 1] ? ", " : " or ", choices[i]);
	bytes_zeros(&text, 1);
	option_refuse(use, "it takes %s", (const char *)text.data);
	bytes_free(&text);
	return false;
}

static bool check_choice(struct option_use *use, const char **out_text)
{
	const char *const *choices = use->row->choices;

	for (size_t i = 0; choices[i]; i++) {
		if (strcmp(choices[i], use->value) != 0)
			continue;
		use->number = use->row->min + i;
		*out_text = choices[i];
		return true;
	}
	return refuse_choice(use);
}

/* What is wrong with a text; NULL: nothing. */
static const char *text_flaw(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return "it has a control character, such as the end of a line";
	return NULL;
}

/* The same of a path. */
static const char *path_flaw(const char *path)
{
	if (!*path)
		return "it is empty";
	if (strnlen(path, COMMAND_PATH_MAX) == COMMAND_PATH_MAX)
		return "it is too long for a path";
	return text_flaw(path);
}

static bool check_path(const struct option_use *use)
{
	const char *flaw = path_flaw(use->value);

	return !flaw || option_refuse(use, "%s: it takes the path of a %s", flaw,
				use->row->kind == OPTION_FILE	  ? "file"
				: use->row->kind == OPTION_FOLDER ? "folder"
								  : "file or folder");
}

static bool check_text(const struct option_use *use)
{
	const char *flaw = use->row->raw ? NULL : text_flaw(use->value);

	return !flaw || option_refuse(use, "%s", flaw);
}

static bool check_number(struct option_use *use, int base)
{
	const struct option_row *row = use->row;

	return number_read(use->value, base, row->min, row->max, &use->number) ||
	       option_refuse(use, "it takes a%s number from %llu to %llu",
		       base == 16 ? " hexadecimal" : "", (unsigned long long)row->min,
		       (unsigned long long)row->max);
}

/* Fills in what the value means; *out_text is the text to keep. */
static bool check_value(struct option_use *use, const char **out_text)
{
	*out_text = use->value;
	if (!use->value)
		return true; /* a flag */
	switch (use->row->kind) {
	case OPTION_FILE:
	case OPTION_FOLDER:
	case OPTION_PATH:
		return check_path(use);
	case OPTION_NUMBER:
		return check_number(use, 10);
	case OPTION_HEX:
		return check_number(use, 16);
	case OPTION_CHOICE:
	case OPTION_NAME:
		return check_choice(use, out_text);
	default:
		return check_text(use);
	}
}

static bool add_to_list(const struct option_use *use, uint8_t *into, const char *text)
{
	const struct option_row *row = use->row;
	size_t count;

	memcpy(&count, into + row->count_offset, sizeof(count));
	if (count == row->list_max)
		return option_refuse(use, "it can be given %zu times at most", row->list_max);
	memcpy(into + row->offset + count * sizeof(text), &text, sizeof(text));
	count++;
	memcpy(into + row->count_offset, &count, sizeof(count));
	return true;
}

static void keep_number(const struct option_row *row, uint8_t *into, uint64_t number)
{
	uint32_t narrow = (uint32_t)number;

	if (row->size == sizeof(narrow))
		memcpy(into + row->offset, &narrow, sizeof(narrow));
	else
		memcpy(into + row->offset, &number, sizeof(number));
}

static bool keep(const struct option_use *use, uint8_t *into, const char *text)
{
	const struct option_row *row = use->row;

	if (row->take)
		return row->take(into, use);
	if (row->list_max)
		return add_to_list(use, into, text);
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)(into + row->offset) = true;
		return true;
	case OPTION_NUMBER:
	case OPTION_HEX:
	case OPTION_CHOICE:
		keep_number(row, into, use->number);
		return true;
	default:
		memcpy(into + row->offset, &text, sizeof(text));
		return true;
	}
}

/* The names that begin so, for a person: "--stub or --service". The caller frees it. */
static char *names_of(const struct command *command, const char *name, size_t len)
{
	const struct option_group *group;
	const struct option_row *row;
	struct bytes text = {0};

	for (size_t i = 0; (row = command_row(command, i, &group)) != NULL; i++)
		if (strncmp(row->name, name, len) == 0)
			bytes_addf(&text, "%s--%s", text.len ? " or " : "", row->name);
	bytes_zeros(&text, 1);
	return (char *)text.data;
}

static bool refuse_name(const struct reading *r, const char *word, size_t len, size_t matches)
{
	char *name = printable(word, len, PRINTABLE_MAX);
	char *names = matches ? names_of(r->command, word + 2, len - 2) : NULL;

	if (names)
		command_refuse(r->command, "%s is the beginning of %s: write it out", name, names);
	else
		command_refuse(r->command, "there is no option %s", name);
	free(names);
	free(name);
	return false;
}

/* The row of "--name" (len bytes of word): its whole name, or the beginning of no other. */
static bool find(const struct reading *r, const char *word, size_t len, struct found *out)
{
	const struct option_group *group;
	const struct option_row *row;
	size_t matches = 0;

	for (size_t i = 0; len > 2 && (row = command_row(r->command, i, &group)) != NULL; i++) {
		if (strncmp(row->name, word + 2, len - 2) != 0)
			continue;
		*out = (struct found){row, i, group};
		if (strlen(row->name) == len - 2)
			return true;
		matches++;
	}
	return matches == 1 || refuse_name(r, word, len, matches);
}

/* The value of an option: behind "=", or the next word. */
static bool find_value(struct reading *r, const char *equals, struct option_use *use)
{
	use->value = equals ? equals + 1 : NULL;
	if (!use->row->argument)
		return !equals || option_refuse(use, "it takes no value");
	if (!equals && r->at + 1 < r->argc)
		use->value = r->argv[++r->at];
	return use->value || command_refuse(r->command, "--%s takes %s, and there is none",
				     use->row->name, use->row->argument);
}

static bool read_option(struct reading *r)
{
	const char *word = r->argv[r->at], *equals = strchr(word, '='), *text = NULL;
	struct option_use use = {.command = r->command};
	struct found found;

	if (word[1] != '-') {
		char *name = command_shown(word);

		command_refuse(r->command, "there is no option %s", name);
		free(name);
		return false;
	}
	if (!find(r, word, equals ? (size_t)(equals - word) : strlen(word), &found))
		return false;
	use.row = found.row;
	if (!find_value(r, equals, &use))
		return false;
	if (!found.group) {
		r->help = true;
		return true;
	}
	if (found.row->once && r->given[found.number])
		return option_refuse(&use, "it is given twice");
	r->given[found.number] = true;
	return check_value(&use, &text) && keep(&use, r->into + found.group->offset, text);
}

static bool check_required(const struct reading *r)
{
	const struct option_group *group;
	const struct option_row *row;

	for (size_t i = 0; (row = command_row(r->command, i, &group)) != NULL; i++)
		if (row->required && !r->given[i])
			return command_refuse(r->command, "--%s is missing", row->name);
	return true;
}

static bool refuse_operand(const struct reading *r, const char *word, const char *flaw)
{
	char *text = command_shown(word);

	command_refuse(r->command, "%s: %s", text, flaw);
	free(text);
	return false;
}

static bool keep_operand(const struct reading *r, const struct operand *o, int number)
{
	const char *word = r->argv[number], *flaw = NULL;
	char **words = r->argv + number;
	size_t count = o->many ? (size_t)(r->operands - number + 1) : 1;

	for (size_t i = 0; i < count && !flaw; i++) {
		word = words[i];
		flaw = path_flaw(word);
	}
	if (flaw)
		return refuse_operand(r, word, flaw);
	if (!o->many) {
		memcpy(r->into + o->offset, &word, sizeof(word));
		return true;
	}
	memcpy(r->into + o->offset, &words, sizeof(words));
	memcpy(r->into + o->count_offset, &count, sizeof(count));
	return true;
}

static bool keep_operands(const struct reading *r)
{
	int number = 1;

	for (size_t i = 0; i < COMMAND_OPERANDS_MAX && r->command->operands[i].name; i++) {
		const struct operand *o = &r->command->operands[i];

		if (number > r->operands && !o->optional)
			return command_refuse(r->command, "%s is missing", o->name);
		if (number > r->operands)
			break;
		if (!keep_operand(r, o, number))
			return false;
		number = o->many ? r->operands + 1 : number + 1;
	}
	return number > r->operands ||
	       refuse_operand(r, r->argv[number], "there is one word too many");
}

int command_read(const struct command *command, int argc, char **argv, void *into)
{
	struct reading r = {.command = command, .into = into, .argc = argc, .argv = argv, .at = 1};
	bool fine = true, ended = false;

	for (; fine && !r.help && r.at < argc; r.at++) {
		char *word = argv[r.at];

		if (!ended && strcmp(word, "--") == 0)
			ended = true;
		else if (!ended && word[0] == '-' && word[1])
			fine = read_option(&r);
		else
			argv[++r.operands] = word;
	}
	if (r.help) {
		command_help(command, stdout);
		return EXIT_DONE;
	}
	return fine && keep_operands(&r) && check_required(&r) ? -1 : EXIT_MISUSE;
}
