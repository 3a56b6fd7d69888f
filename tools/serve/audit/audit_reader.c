/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/audit/audit_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void audit_reader_start(struct audit_reader *r, int fd)
{
	r->fd = fd;
	r->at = 0;
	r->have = 0;
}

/* Reads more behind what is there. 0 at the end, below 0 when it fails. */
static ssize_t fill(struct audit_reader *r)
{
	ssize_t n;

	memmove(r->buffer, r->buffer + r->at, r->have);
	r->at = 0;
	do {
		n = read(r->fd, r->buffer + r->have, sizeof(r->buffer) - r->have);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		r->have += (size_t)n;
	return n;
}

enum audit_read audit_reader_next(struct audit_reader *r)
{
	size_t searched = 0;
	const char *newline;
	ssize_t n;

	while (!(newline = memchr(r->buffer + r->at + searched, '\n', r->have - searched))) {
		searched = r->have;
		if (r->have >= JSON_LINE_MAX)
			return AUDIT_READ_LONG;
		n = fill(r);
		if (n < 0)
			return AUDIT_READ_FAILED;
		r->len = r->have;
		if (n == 0)
			return r->have ? AUDIT_READ_TORN : AUDIT_READ_END;
	}
	r->text = r->buffer + r->at;
	r->len = (size_t)(newline + 1 - r->text);
	r->at += r->len;
	r->have -= r->len;
	return r->len > JSON_LINE_MAX ? AUDIT_READ_LONG : AUDIT_READ_LINE;
}
