/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines of other programs, made piece by piece. A zeroed struct is an empty one; every
 * argument is the list's own; argv_free() releases it.
 */
#ifndef TOOLS_RUN_ARGV_H
#define TOOLS_RUN_ARGV_H

#include <stddef.h>
#include <stdio.h>
#include "tools/lib/bytes.h"

struct argv {
	char **items; /* NULL behind the last, as exec wants it; NULL while empty */
	size_t count;
};

void argv_add(struct argv *argv, const char *text);
/* The same with a text that the list takes over, such as must_format() makes. */
void argv_take(struct argv *argv, char *text);
#define argv_addf(argv, ...) argv_take(argv, must_format(__VA_ARGS__))
void argv_free(struct argv *argv);

/*
 * A value within one of QEMU's comma-separated options, where a comma is written twice. The caller
 * frees it.
 */
char *qemu_value(const char *text);

/* Prints the arguments on one line, quoted for a POSIX shell, and ends it with `end`. */
void argv_print(FILE *to, const struct argv *argv, const char *end);
/* One text, quoted where a shell would not take it as it is. The caller frees it. */
char *shell_quoted(const char *text);

#endif
