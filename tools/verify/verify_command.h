/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar verify`: what a running node proves, judged by a policy. */
#ifndef TOOLS_VERIFY_VERIFY_COMMAND_H
#define TOOLS_VERIFY_VERIFY_COMMAND_H

#include "tools/lib/command.h"

extern const struct command verify_command;

#endif
