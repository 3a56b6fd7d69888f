/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's console tells of its boot: whether the root file system's init was started, or
 * which error stopped it. The bytes are the guest's, so anything may be among them: a line is read
 * up to a bound, control sequences are passed over, and nothing of them is printed raw.
 *
 * A zeroed struct is one that has heard nothing. Order: guest_report_add() for each piece of the
 * console in turn, then read.
 */
#ifndef TOOLS_RUN_GUEST_REPORT_H
#define TOOLS_RUN_GUEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_LINE_MAX 512u /* bytes; what a longer line has behind them is not read */

struct guest_report {
	bool spoke;		       /* a line of the stub or of PID 1 was there */
	bool started;		       /* PID 1 started the root's init */
	bool panicked;		       /* the kernel did */
	unsigned code;		       /* of the first error; 0: none */
	char text[GUEST_LINE_MAX + 1]; /* that error's line, printable, from its code on */
	char line[GUEST_LINE_MAX + 1]; /* the line that is not complete yet */
	size_t len;
	enum { SEQUENCE_NONE, SEQUENCE_ESCAPE, SEQUENCE_PARAMETERS } sequence;
};

void guest_report_add(struct guest_report *report, const uint8_t *bytes, size_t len);

#endif
