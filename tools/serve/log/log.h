/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's log: one line an event on stdout, `event key=value ...` for people or a JSON object
 * for machines. A reader that does not keep up never blocks the service: the line is dropped, and
 * the next one that can be written says how many were.
 *
 *   struct log_line l;
 *   log_begin(log, &l, "granted"); log_text(&l, "peer", peer); ... log_end(log, &l);
 */
#ifndef TOOLS_SERVE_LOG_LOG_H
#define TOOLS_SERVE_LOG_LOG_H

#include "tools/serve/log/json_line.h"

struct log {
	int fd;
	bool json;
	uint64_t dropped; /* lines since the last one written */
};

struct log_line {
	bool json;
	struct json_line line; /* in text mode its text alone is used */
};

void log_begin(struct log *log, struct log_line *l, const char *event);
void log_text(struct log_line *l, const char *key, const char *value);
void log_number(struct log_line *l, const char *key, uint64_t value);
void log_hex(struct log_line *l, const char *key, const uint8_t *data, size_t len);
void log_end(struct log *log, struct log_line *l);
/* An event whose only member is a sentence. */
void log_message(struct log *log, const char *event, const char *sentence);

#endif
