/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines from a descriptor, one after the other, in constant memory. The caller owns the descriptor.
 */
#ifndef TOOLS_SERVE_AUDIT_AUDIT_READER_H
#define TOOLS_SERVE_AUDIT_AUDIT_READER_H

#include "tools/serve/log/json_line.h"

enum audit_read {
	AUDIT_READ_LINE,   /* text and len: a line with its newline, until the next call */
	AUDIT_READ_END,	   /* nothing follows */
	AUDIT_READ_TORN,   /* len bytes without a newline follow */
	AUDIT_READ_LONG,   /* a line is longer than JSON_LINE_MAX */
	AUDIT_READ_FAILED, /* errno says why */
};

struct audit_reader {
	int fd;
	const char *text;
	size_t len;
	size_t at, have; /* of buffer: where what was not given yet begins, and how much that is */
	char buffer[8 * JSON_LINE_MAX];
};

/* Reads on from where the descriptor stands. */
void audit_reader_start(struct audit_reader *r, int fd);
enum audit_read audit_reader_next(struct audit_reader *r);

#endif
