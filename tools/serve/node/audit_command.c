#include "tools/serve/node/audit_command.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "tools/lib/report.h"
#include "tools/serve/audit/audit.h"

static const char help[] =
	"usage: protostar node audit FILE...\n"
	"\n"
	"Checks each line of the join service's audit record, and that each goes on from the\n"
	"one before it. Of a record that was rotated all files are given, oldest first; a file\n"
	"that is compressed can be given as a pipe. Files are only read, so the service may run.\n"
	"\n"
	"Exit: 0 when all lines fit, 1 when one does not, 2 when a file cannot be read.\n";

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

int audit_command(int argc, char **argv)
{
	static const struct option long_options[] = {{"help", no_argument, NULL, 'h'}, {0}};
	struct audit_checked checked;
	struct failure f;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option != 'h')
			return EXIT_MISUSE;
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (optind == argc) {
		fputs(help, stderr);
		return EXIT_MISUSE;
	}
	f = audit_check((const char *const *)argv + optind, (size_t)(argc - optind), &checked);
	if (!f.happened) {
		print(&checked);
		return EXIT_DONE;
	}
	complain("%s", f.text);
	return checked.unreadable ? EXIT_MISUSE : EXIT_REFUSED;
}
