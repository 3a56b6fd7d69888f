/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar attest`: on a node, what it can prove of itself. */
#ifndef TOOLS_ATTEST_ATTEST_COMMAND_H
#define TOOLS_ATTEST_ATTEST_COMMAND_H

#include "tools/lib/command.h"

extern const struct command attest_command;

#endif
