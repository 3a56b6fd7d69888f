/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/node/audit_command.h"

#include <inttypes.h>
#include <stdio.h>

#include "tools/lib/report.h"
#include "tools/serve/audit/audit.h"

static void print(const struct audit_checked *c)
{
	printf("%" PRIu64 " lines", c->lines);
	if (c->lines)
		printf(", %" PRIu64 " to %" PRIu64 ", fit", c->first, c->last);
	putchar('\n');
	if (c->first > 1)
		printf("line %" PRIu64 " goes on from a file that was not given\n", c->first);
	if (c->aside)
		printf("%" PRIu64 " lines, no decision, stand in a file that was moved away while "
		       "the service did not run, or was not told: the record goes on from the line "
		       "before them\n",
			c->aside);
	if (c->torn)
		printf("the last line is not whole: it is just being written, or a crash cut it "
		       "short\n");
}

struct files {
	const char *const *paths;
	size_t count;
};

static int run(int argc, char **argv)
{
	struct files files = {0};
	struct audit_checked checked;
	struct failure f;
	int code = command_read(&audit_command, argc, argv, &files);

	if (code >= 0)
		return code;
	f = audit_check(files.paths, files.count, &checked);
	if (!f.happened) {
		print(&checked);
		return EXIT_DONE;
	}
	complain("%s", f.text);
	return checked.unreadable ? EXIT_MISUSE : EXIT_REFUSED;
}

const struct command audit_command = {
	.name = "node audit",
	.summary = "check the files of an audit record",
	.about = "Checks each line of the join service's audit record, and that each goes on from "
		 "the one before it. Of a record that was rotated all files are given, oldest "
		 "first; a file that is compressed can be given as a pipe. Files are only read, "
		 "so the service may run.",
	.operands = {{"FILE", OPTION_FILE, OPTION_INTO(struct files, paths), .many = true,
		.count_offset = offsetof(struct files, count)}},
	.notes = "Exit codes: 0 all lines fit, 1 one does not, 2 a file cannot be read.",
	.run = run,
};
