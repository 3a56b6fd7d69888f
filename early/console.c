/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "early/console_open.h"

#define LINE_MAX_LEN 512u
#define PREFIX	     "protostar: "
/*
 * daemon.debug: kept in the kernel's log, below the level that the kernel repeats on the console,
 * where the line stands already.
 */
#define KMSG_PREFIX "<31>"

static int console_fd = STDERR_FILENO, kmsg_fd = -1;
static char detail[CONSOLE_DETAIL_MAX], note[CONSOLE_DETAIL_MAX + 3];

static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

/* Does not wait for a console that takes nothing: no line is worth a boot that hangs. */
static void write_line(int fd, const char *line, size_t len)
{
	while (fd >= 0 && len) {
		ssize_t n = write(fd, line, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line += n;
		len -= (size_t)n;
	}
}

void console_say(const char *format, ...)
{
	char line[sizeof(KMSG_PREFIX) + sizeof(PREFIX) + LINE_MAX_LEN] = KMSG_PREFIX PREFIX;
	size_t skip = strlen(KMSG_PREFIX), start = skip + strlen(PREFIX), len;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line + start, LINE_MAX_LEN, format, args);
	va_end(args);
	make_printable(line + skip);
	len = strlen(line);
	line[len++] = '\n';
	write_line(kmsg_fd, line, len);
	write_line(console_fd, line + skip, len - skip);
}

void console_detail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	make_printable(detail);
}

const char *console_detail_text(void)
{
	return detail;
}

const char *console_detail_note(void)
{
	(void)snprintf(note, sizeof(note), detail[0] ? " (%s)" : "%s", detail);
	return note;
}

/* Descriptors 0 to 2 are always taken, so that nothing that is opened later becomes one of them. */
static void fill_standard_fds(const char *null)
{
	int fd;

	do {
		fd = open(null, O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

void console_open(const char *console, const char *kmsg, const char *null)
{
	int fd;

	fill_standard_fds(null);
	fd = open(console, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd > STDERR_FILENO) {
		for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
			(void)dup2(fd, i);
		console_fd = fd;
	}
	kmsg_fd = open(kmsg, O_WRONLY | O_CLOEXEC);
}

void console_drain(void)
{
	(void)tcdrain(console_fd);
}
