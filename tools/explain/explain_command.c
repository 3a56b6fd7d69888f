/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/explain/explain_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/explain/explain_print.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"

#define DIGITS_MAX 9u /* more than any code has, and no more than strtoul() takes */

struct job {
	bool list, json;
	char **codes;
	size_t count;
};

static const struct option_row rows[] = {
	{"list", .kind = OPTION_FLAG, OPTION_INTO(struct job, list),
		.help = "all codes, a line each"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct job, json),
		.help = "JSON: an object whose member \"errors\" has an object for each code"},
	{0},
};

/* A code as people write it: E405, e405 or 405. */
static bool read_code(const char *word, unsigned long *out)
{
	const char *digits = word + (*word == 'E' || *word == 'e');
	size_t len = strspn(digits, "0123456789");
	char *shown;

	if (len == 0 || len > DIGITS_MAX || digits[len] || digits[0] == '0') {
		shown = printable(word, strlen(word), PRINTABLE_MAX);
		complain("explain: \"%s\" is no code: write E405 or 405", shown);
		free(shown);
		return false;
	}
	*out = strtoul(digits, NULL, 10);
	return true;
}

/* Copies the entries of the words: none when one of these is no code. Returns the exit code. */
static int find_all(char **codes, size_t count, struct catalogue_entry entries[], size_t *out_count)
{
	int result = EXIT_DONE;
	unsigned long code;

	*out_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct catalogue_entry *entry;

		if (!read_code(codes[i], &code)) {
			*out_count = 0;
			return EXIT_MISUSE;
		}
		entry = catalogue_find(code);
		if (entry) {
			entries[(*out_count)++] = *entry;
			continue;
		}
		complain("explain: there is no code E%lu (protostar explain --list has all)", code);
		result = EXIT_REFUSED;
	}
	return result;
}

static int print(const struct catalogue_entry entries[], size_t count, const struct job *job)
{
	struct bytes text = {0};
	bool fine;

	if (job->json)
		explain_json(&text, entries, count);
	for (size_t i = 0; !job->json && i < count; i++) {
		if (job->list)
			explain_line(&text, &entries[i]);
		else
			explain_entry(&text, &entries[i], i > 0);
	}
	fine = fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
	bytes_free(&text);
	return fine || complain("explain: cannot write the text") ? EXIT_DONE : EXIT_REFUSED;
}

static int explain(const struct job *job)
{
	struct catalogue_entry *entries = must_alloc(job->count * sizeof(*entries));
	size_t count;
	int result = find_all(job->codes, job->count, entries, &count), printed = EXIT_DONE;

	if (count)
		printed = print(entries, count, job);
	free(entries);
	return result == EXIT_DONE ? printed : result;
}

static int run(int argc, char **argv)
{
	struct job job = {0};
	int code = command_read(&explain_command, argc, argv, &job);
	const struct catalogue_entry *all;
	size_t count;

	if (code >= 0)
		return code;
	if (job.list == (job.count > 0)) {
		command_refuse(&explain_command, "it takes a CODE, such as E405, or --list");
		return EXIT_MISUSE;
	}
	if (!job.list)
		return explain(&job);
	all = catalogue(&count);
	return print(all, count, &job);
}

const struct command explain_command = {
	.name = "explain",
	.summary = "what an error code means, and what to do",
	.usage = "CODE... [--json]\n--list [--json]",
	.about = "Says what a code of the stub, of PID 1 or of the join service means, what "
		 "follows, what usually causes it, and what to do. CODE is E405 or 405, as a "
		 "console or a log has it.",
	.groups = {{.rows = rows}},
	.operands = {{"CODE", OPTION_TEXT, OPTION_INTO(struct job, codes), .optional = true,
		.many = true, .count_offset = offsetof(struct job, count)}},
	.notes = "Exit codes: 0 done, 1 there is no such code, 2 misuse.",
	.run = run,
};
