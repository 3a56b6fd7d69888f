/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes JSON (RFC 8259) as text: two spaces a level, one member a line unless told, members in the
 * order of the calls, so that the same calls give the same bytes on every machine.
 *
 * Order: json_start(); json_open('{', ...), members, json_close() for each that was opened; the
 * text is complete when all are closed. A key is NULL inside '[' and for the outermost value.
 */
#ifndef TOOLS_LIB_JSON_TEXT_H
#define TOOLS_LIB_JSON_TEXT_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

#define JSON_TEXT_DEPTH 16u

struct json_text {
	struct bytes *out;		  /* the caller's; text is appended */
	unsigned depth;			  /* < JSON_TEXT_DEPTH: the caller's promise */
	unsigned lines;			  /* of values nested deeper, members share one line */
	char closing[JSON_TEXT_DEPTH];	  /* '}' or ']' */
	bool has_member[JSON_TEXT_DEPTH]; /* so that the next one needs a comma */
};

void json_start(struct json_text *json, struct bytes *out);
/* lines 0: all on one line; 2: each member of the outermost value, and of each of these. */
void json_start_lines(struct json_text *json, struct bytes *out, unsigned lines);
/* bracket is '{' or '['. */
void json_open(struct json_text *json, const char *key, char bracket);
/* Closes what was opened last; closing the outermost value ends the line. */
void json_close(struct json_text *json);

/*
 * A string. Quotes, backslashes and control characters are escaped; a byte that is part of no
 * well-formed UTF-8 sequence becomes U+FFFD, so that the text stays JSON whatever it is given.
 */
void json_string(struct json_text *json, const char *key, const char *text);
void json_format(struct json_text *json, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A string of 2 * len lower-case hexadecimal digits. */
void json_hex(struct json_text *json, const char *key, const uint8_t *data, size_t len);
void json_number(struct json_text *json, const char *key, uint64_t value);
void json_flag(struct json_text *json, const char *key, bool value);

#endif
