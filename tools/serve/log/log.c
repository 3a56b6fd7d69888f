/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/log/log.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/lib/hex.h"

#define HEX_MAX 64u /* bytes of the longest thing shown in hex: a hash */

static void time_text(char out[32])
{
	time_t now = time(NULL);
	struct tm tm = {0};

	gmtime_r(&now, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* In text mode control characters become '?', so that nothing can forge a line. */
static void append(struct json_line *line, const char *text)
{
	for (; *text && line->len < sizeof(line->text) - 1; text++)
		line->text[line->len++] = *text >= 0x20 && *text < 0x7f ? *text : '?';
}

void log_begin(struct log *log, struct log_line *l, const char *event)
{
	char now[32];

	time_text(now);
	l->json = log->json;
	json_line_start(&l->line);
	if (l->json) {
		json_line_text(&l->line, "time", now);
		json_line_text(&l->line, "event", event);
		if (log->dropped)
			json_line_number(&l->line, "dropped", log->dropped);
		return;
	}
	l->line.len = 0;
	append(&l->line, now);
	append(&l->line, " ");
	append(&l->line, event);
	if (log->dropped)
		log_number(l, "dropped", log->dropped);
}

void log_text(struct log_line *l, const char *key, const char *value)
{
	bool quote = strchr(value, ' ') || !*value;

	if (l->json) {
		json_line_text(&l->line, key, value);
		return;
	}
	append(&l->line, " ");
	append(&l->line, key);
	append(&l->line, quote ? "=\"" : "=");
	append(&l->line, value);
	append(&l->line, quote ? "\"" : "");
}

void log_number(struct log_line *l, const char *key, uint64_t value)
{
	char digits[24];

	if (l->json) {
		json_line_number(&l->line, key, value);
		return;
	}
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	log_text(l, key, digits);
}

void log_hex(struct log_line *l, const char *key, const uint8_t *data, size_t len)
{
	char text[2 * HEX_MAX + 1];

	hex_encode(data, len < HEX_MAX ? len : HEX_MAX, text);
	log_text(l, key, text);
}

void log_end(struct log *log, struct log_line *l)
{
	struct pollfd out = {.fd = log->fd, .events = POLLOUT};
	bool whole = true;

	if (l->json)
		whole = json_line_end(&l->line);
	else
		l->line.text[l->line.len++] = '\n';
	/* A pipe that is writable takes PIPE_BUF bytes at once; longer lines are not made here. */
	if (whole && poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) &&
		write(log->fd, l->line.text, l->line.len) == (ssize_t)l->line.len)
		log->dropped = 0;
	else
		log->dropped++;
}

void log_message(struct log *log, const char *event, const char *sentence)
{
	struct log_line l;

	log_begin(log, &l, event);
	log_text(&l, "text", sentence);
	log_end(log, &l);
}
