/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar node`: shows and changes what the join service knows, and copies it. */
#ifndef TOOLS_SERVE_NODE_NODE_H
#define TOOLS_SERVE_NODE_NODE_H

#include "tools/lib/command.h"

extern const struct command node_command;

#endif
