/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes one JSON object as one line, for the log, the audit record and `--json` output.
 * Caller-owned and bounded: a line that does not fit is marked and must not be used. Text is
 * escaped so that the line is ASCII whatever goes in.
 *
 * Order: json_line_start(), members, json_line_end().
 */
#ifndef TOOLS_SERVE_LOG_JSON_LINE_H
#define TOOLS_SERVE_LOG_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_LINE_MAX 8192u /* bytes: the longest audit record has 24 PCRs of SHA-384 */

struct json_line {
	char text[JSON_LINE_MAX];
	size_t len;
	bool overflow;
};

void json_line_start(struct json_line *l);
void json_line_text(struct json_line *l, const char *key, const char *value);
void json_line_number(struct json_line *l, const char *key, uint64_t value);
void json_line_bool(struct json_line *l, const char *key, bool value);
void json_line_hex(struct json_line *l, const char *key, const uint8_t *data, size_t len);
/* An object inside; its members follow until json_line_close(). */
void json_line_object(struct json_line *l, const char *key);
void json_line_close(struct json_line *l);
/* Ends the object and the line; false when it did not fit. */
bool json_line_end(struct json_line *l);

#endif
