/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/guest_report.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ESCAPE	    0x1bu
#define CODE_DIGITS 3u

static const char pid1[] = "protostar: ", stub[] = "protostar-stub: ";

/* Skips the time that the kernel puts before its own copy of a line: "[    1.234567] ". */
static const char *without_time(const char *line)
{
	const char *end;

	if (*line != '[')
		return line;
	end = line + 1 + strspn(line + 1, " .0123456789");
	return end[0] == ']' && end[1] == ' ' ? end + 2 : line;
}

/* "E608 ...": its number, 0 for anything else. */
static unsigned error_code(const char *text)
{
	unsigned code = 0;

	if (text[0] != 'E')
		return 0;
	for (unsigned i = 1; i <= CODE_DIGITS; i++) {
		if (!isdigit((unsigned char)text[i]))
			return 0;
		code = code * 10 + (unsigned)(text[i] - '0');
	}
	return isalnum((unsigned char)text[CODE_DIGITS + 1]) ? 0 : code;
}

static void read_line(struct guest_report *r)
{
	const char *line = without_time(r->line), *said = NULL;

	if (strncmp(line, pid1, strlen(pid1)) == 0)
		said = line + strlen(pid1);
	else if (strncmp(line, stub, strlen(stub)) == 0)
		said = line + strlen(stub);
	else if (strncmp(line, "Kernel panic", strlen("Kernel panic")) == 0)
		r->panicked = true;
	if (!said)
		return;
	r->spoke = true;
	if (strncmp(said, "starting /", strlen("starting /")) == 0)
		r->started = true;
	if (!r->code && error_code(said)) {
		r->code = error_code(said);
		snprintf(r->text, sizeof(r->text), "%s", said);
	}
}

/* Firmware paints with control sequences, also in the middle of a line. */
static bool in_sequence(struct guest_report *r, uint8_t byte)
{
	if (byte == ESCAPE) {
		r->sequence = SEQUENCE_ESCAPE;
		return true;
	}
	if (r->sequence == SEQUENCE_ESCAPE) {
		r->sequence = byte == '[' ? SEQUENCE_PARAMETERS : SEQUENCE_NONE;
		return true;
	}
	if (r->sequence == SEQUENCE_PARAMETERS) {
		if (byte >= 0x40 || byte < 0x20)
			r->sequence = SEQUENCE_NONE;
		return byte >= 0x20;
	}
	return false;
}

void guest_report_add(struct guest_report *r, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (in_sequence(r, bytes[i]))
			continue;
		if (bytes[i] == '\n' || bytes[i] == '\r') {
			r->line[r->len] = '\0';
			read_line(r);
			r->len = 0;
		} else if (bytes[i] >= 0x20 && bytes[i] < 0x7f && r->len < GUEST_LINE_MAX) {
			r->line[r->len++] = (char)bytes[i];
		}
	}
}
