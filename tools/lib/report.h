/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the host tools to people. Errors and progress go to stderr, results
 * to stdout, so that results can be piped. A function that fails has complained once before it
 * returns false; its callers only pass the failure on.
 */
#ifndef TOOLS_LIB_REPORT_H
#define TOOLS_LIB_REPORT_H

#include <stdbool.h>

/* Exit codes of every subcommand. */
enum exit_code {
	EXIT_DONE = 0,	  /* done */
	EXIT_REFUSED = 1, /* refused, failed or differs */
	EXIT_MISUSE = 2,  /* the command line makes no sense, or a file cannot be read */
};

/*
 * Prints "protostar: <message>" on stderr. The value is false, so that callers can return it; a
 * macro, so that the compiler knows it too.
 */
#define complain(...) failure_after(report_error(__VA_ARGS__))
int report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline bool failure_after(int printed)
{
	(void)printed;
	return false;
}

/* Prints one line of progress on stderr when that is a terminal or progress_always() was called. */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void progress_always(void);

/* No more messages: for programs that expect thousands of refusals, such as fuzz targets. */
void report_silence(void);
/* No messages while quiet: for trying what may well be refused. The value is what it was before. */
bool report_quiet(bool quiet);

#endif
