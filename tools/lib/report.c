/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool always, silent;

/* One write a line, so that lines of two threads do not mix. */
__attribute__((format(printf, 2, 0))) static int say(
	const char *before, const char *format, va_list args)
{
	char *text;
	int printed;

	if (vasprintf(&text, format, args) < 0)
		return 0;
	printed = dprintf(STDERR_FILENO, "%s%s\n", before, text);
	free(text);
	return printed;
}

int report_error(const char *format, ...)
{
	va_list args;
	int printed;

	if (silent)
		return 0;
	va_start(args, format);
	printed = say("protostar: ", format, args);
	va_end(args);
	return printed;
}

void progress(const char *format, ...)
{
	va_list args;

	if (silent || (!always && !isatty(STDERR_FILENO)))
		return;
	va_start(args, format);
	say("", format, args);
	va_end(args);
}

void progress_always(void)
{
	always = true;
}

void report_silence(void)
{
	silent = true;
}

bool report_quiet(bool quiet)
{
	bool before = silent;

	silent = quiet;
	return before;
}
