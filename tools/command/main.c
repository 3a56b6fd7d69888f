/* `protostar`: one program, one table of commands. */
#include <stdio.h>
#include <string.h>
#include "tools/command/commands.h"
#include "tools/lib/report.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("protostar " PROTOSTAR_VERSION);
		return EXIT_DONE;
	}
	return command_run(&protostar_command, argc, argv);
}
