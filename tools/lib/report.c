#include "tools/lib/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static bool always, silent;

int report_error(const char *format, ...)
{
	va_list args;
	int printed;

	if (silent)
		return 0;
	va_start(args, format);
	fputs("protostar: ", stderr);
	printed = vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return printed;
}

void progress(const char *format, ...)
{
	va_list args;

	if (silent || (!always && !isatty(STDERR_FILENO)))
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
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
