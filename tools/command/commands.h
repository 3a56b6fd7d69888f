/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole program as one table: what main() runs and the tests look through. */
#ifndef TOOLS_COMMAND_COMMANDS_H
#define TOOLS_COMMAND_COMMANDS_H

#include "tools/lib/command.h"

extern const struct command protostar_command;

#endif
