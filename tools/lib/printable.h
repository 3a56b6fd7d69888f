/*
 * Text from files that may be hostile, made fit for a terminal: printable ASCII stays, a byte that
 * is not becomes \xNN, a backslash \\. What is too long is cut and ends in "...".
 */
#ifndef TOOLS_LIB_PRINTABLE_H
#define TOOLS_LIB_PRINTABLE_H

#include "tools/lib/bytes.h"

#define PRINTABLE_MAX 200u /* characters of one text, unless there is a reason for more */

/* The caller frees the text, which has at most max (> 3) characters. */
char *printable(const void *text, size_t len, size_t max);

#endif
