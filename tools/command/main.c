/* `protostar`: one program, one table of commands. */
#include "tools/command/commands.h"

int main(int argc, char **argv)
{
	return command_run(&protostar_command, argc, argv);
}
