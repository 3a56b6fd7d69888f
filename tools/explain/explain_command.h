/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar explain`: what a code on a console or in a log means, and what to do. */
#ifndef TOOLS_EXPLAIN_EXPLAIN_COMMAND_H
#define TOOLS_EXPLAIN_EXPLAIN_COMMAND_H

#include "tools/lib/command.h"

extern const struct command explain_command;

#endif
