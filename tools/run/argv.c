/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/argv.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"

/* What no shell gives a meaning to, wherever it stands in an argument. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_"

void argv_take(struct argv *argv, char *text)
{
	argv->items = must_realloc(argv->items, argv->count + 2, sizeof(*argv->items));
	argv->items[argv->count++] = text;
	argv->items[argv->count] = NULL;
}

void argv_add(struct argv *argv, const char *text)
{
	argv_take(argv, must_dup(text));
}

void argv_free(struct argv *argv)
{
	for (size_t i = 0; i < argv->count; i++)
		free(argv->items[i]);
	free(argv->items);
	*argv = (struct argv){0};
}

/* The text with each `what` in it replaced. */
static void add_replaced(struct bytes *out, const char *text, char what, const char *by)
{
	for (; *text; text++) {
		if (*text == what)
			bytes_add_text(out, by);
		else
			bytes_add(out, text, 1);
	}
}

char *qemu_value(const char *text)
{
	struct bytes out = {0};

	add_replaced(&out, text, ',', ",,");
	bytes_add(&out, "", 1);
	return (char *)out.data;
}

char *shell_quoted(const char *text)
{
	struct bytes out = {0};

	if (*text && strspn(text, PLAIN) == strlen(text))
		return must_dup(text);
	bytes_add_text(&out, "'");
	add_replaced(&out, text, '\'', "'\\''");
	bytes_add(&out, "'", 2);
	return (char *)out.data;
}

void argv_print(FILE *to, const struct argv *argv, const char *end)
{
	for (size_t i = 0; i < argv->count; i++) {
		char *quoted = shell_quoted(argv->items[i]);

		fprintf(to, "%s%s", i ? " " : "", quoted);
		free(quoted);
	}
	fputs(end, to);
}
