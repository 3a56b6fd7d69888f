/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of one line of the audit record: read from untrusted bytes, bounded, no state. A line is
 *
 *   {"seq":N,"time":"YYYY-MM-DDThh:mm:ssZ","prev":"<hash>","event":"<name>",...,"hash":"<hash>"}
 *
 * and a newline, printable ASCII, at most JSON_LINE_MAX bytes.
 */
#ifndef TOOLS_SERVE_AUDIT_AUDIT_LINE_H
#define TOOLS_SERVE_AUDIT_AUDIT_LINE_H

#include "tools/serve/audit/audit_data.h"
#include "tools/serve/log/json_line.h"

#define AUDIT_EVENT_MAX 15u /* characters of an event's name: small letters and '-' */

struct audit_line {
	uint64_t seq;
	const char *prev; /* AUDIT_HASH_HEX digits in the text */
	char event[AUDIT_EVENT_MAX + 1];
	char hash[AUDIT_HASH_HEX + 1];
	const char *members; /* the event's own, up to the hash */
	size_t members_len;
	size_t len; /* of the whole line, newline included */
};

/* The hash of a line's text before `,"hash"`. */
void audit_line_hash(const char *text, size_t len, char out[AUDIT_HASH_HEX + 1]);

/* False when it is no line, or its hash is not that of its text. *out points into text. */
bool audit_line_read(const char *text, size_t len, struct audit_line *out);

/* The text of a member; "" and false when it has none, or a longer one than fits. */
bool audit_line_text(const struct audit_line *line, const char *key, char *out, size_t cap);
/* The value of a member that is a number, 0 when there is none. */
uint64_t audit_line_number(const struct audit_line *line, const char *key);

#endif
