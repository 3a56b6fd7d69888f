/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/contract/errors.h"

#include <stddef.h>
#include <string.h>

/* Without pointers: in a program that runs at any address each costs more than its text. */
static const struct row {
	uint16_t code;
	uint8_t retry; /* enum error_retry */
} rows[] = {
#define STATUS_ENUM(code, name, retry, ...) {code, ERROR_##retry},
#include "crypto/errors.def"
#include "early/contract/errors.def"
#undef STATUS_ENUM
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* What each row means and what to do, one after the other, each with its NUL; then those of none.
 */
static const char texts[] =
#define STATUS_ENUM(code, name, retry, meaning, advice, ...) meaning "\0" advice "\0"
#include "crypto/errors.def"
#include "early/contract/errors.def"
#undef STATUS_ENUM
	"an error without a name\0read the service's log: it is newer than this node";

/* The row's number; ROW_COUNT: there is none. */
static size_t find(uint16_t code)
{
	size_t i = 0;

	while (i < ROW_COUNT && rows[i].code != code)
		i++;
	return i;
}

static const char *text_at(size_t i)
{
	const char *text = texts;

	while (i--)
		text += strlen(text) + 1;
	return text;
}

const char *error_text(uint16_t code)
{
	return text_at(2 * find(code));
}

const char *error_advice(uint16_t code)
{
	return text_at(2 * find(code) + 1);
}

enum error_retry error_retry(uint16_t code)
{
	size_t i = find(code);

	return i < ROW_COUNT ? (enum error_retry)rows[i].retry : ERROR_FINAL;
}
