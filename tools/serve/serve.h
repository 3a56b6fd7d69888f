/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar serve`: the join service. README.md in this folder has flow, files, formats and
 * limits.
 */
#ifndef TOOLS_SERVE_SERVE_H
#define TOOLS_SERVE_SERVE_H

#include "tools/lib/command.h"

extern const struct command serve_command;

#endif
