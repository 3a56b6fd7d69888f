/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar keys`: the key service as a process. */
#ifndef TOOLS_KEYS_KEYS_COMMAND_H
#define TOOLS_KEYS_KEYS_COMMAND_H

#include "tools/lib/command.h"

extern const struct command keys_command;

#endif
