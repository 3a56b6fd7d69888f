/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/verdict.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/file.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"

#define LOG_MAX	 (1u << 20) /* bytes */
#define LOG_SHOW 400u	    /* characters of what a program complained of last */

/* The last of what a program wrote to its log. */
static int show_log(const char *program, const char *path)
{
	struct bytes log = {0};
	size_t from;
	char *text;

	if (!file_read(path, LOG_MAX, &log))
		return EXIT_REFUSED;
	while (log.len && log.data[log.len - 1] == '\n')
		log.len--;
	from = log.len > LOG_SHOW ? log.len - LOG_SHOW : 0;
	text = printable(log.data + from, log.len - from, 2 * LOG_SHOW);
	complain("%s failed%s%s (%s)", program, *text ? ": " : "", text, path);
	free(text);
	bytes_free(&log);
	return EXIT_REFUSED;
}

static int say_refusal(const struct guest_report *report)
{
	complain("the guest did not boot: %s", report->text);
	return EXIT_REFUSED;
}

static int say_off(const struct guest_report *report)
{
	if (report->started) {
		progress("the guest is off");
		return EXIT_DONE;
	}
	complain(report->spoke
			 ? "the guest went off before it started its init"
			 : "the guest is off; nothing on the console tells whether it booted");
	return EXIT_REFUSED;
}

static int say_quit(const struct guest_report *report)
{
	report_error("ended by Ctrl-A X%s",
		report->started ? "" : ", before the guest had started its init");
	return report->started ? EXIT_DONE : EXIT_REFUSED;
}

int run_verdict(const struct session_result *result, const char *qemu_log, const char *tpm_log)
{
	const struct guest_report *report = &result->report;

	if (report->code)
		return say_refusal(report);
	if (report->panicked) {
		complain("the guest did not boot: its kernel panicked");
		return EXIT_REFUSED;
	}
	switch (result->end) {
	case SESSION_OFF:
		return say_off(report);
	case SESSION_QUIT:
		return say_quit(report);
	case SESSION_SIGNAL:
		complain("ended by the signal %s", strsignal(result->signal));
		return EXIT_REFUSED;
	case SESSION_NO_OUTPUT:
		complain("ended: the console cannot be written to its output or to --log");
		return EXIT_REFUSED;
	case SESSION_NO_TPM:
		return show_log("swtpm", tpm_log);
	case SESSION_NO_QEMU:
		return show_log("QEMU", qemu_log);
	}
	return EXIT_REFUSED;
}
