/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text from files that may be hostile, made fit for a terminal: printable ASCII stays, a byte that
 * is not becomes \xNN, a character of UTF-16 that is not \u{N}, a backslash \\. What is too long is
 * cut and ends in "...".
 */
#ifndef TOOLS_LIB_PRINTABLE_H
#define TOOLS_LIB_PRINTABLE_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

#define PRINTABLE_MAX 200u /* characters of one text, unless there is a reason for more */

struct printable_form {
	size_t max;  /* characters at most (> 3), quotes not counted */
	bool quoted; /* in quotes, with \" for a quote inside: for text within a sentence */
};

/* The caller frees the text, which has at most max (> 3) characters. */
char *printable(const void *text, size_t len, size_t max);

/* Adds the text to out. */
void printable_add(
	struct bytes *out, const void *text, size_t len, const struct printable_form *form);

/* The same of UTF-16LE, up to its NUL or an odd byte at the end. */
void printable_add_utf16(
	struct bytes *out, const uint8_t *text, size_t len, const struct printable_form *form);

#endif
