/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar`: one program, one table of commands. */
#include "tools/command/commands.h"

int main(int argc, char **argv)
{
	return command_run(&protostar_command, argc, argv);
}
