/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar node audit FILE...`: checks the audit record, all files of a rotation, while the
 * service runs or not.
 */
#ifndef TOOLS_SERVE_NODE_AUDIT_COMMAND_H
#define TOOLS_SERVE_NODE_AUDIT_COMMAND_H

#include "tools/lib/command.h"

extern const struct command audit_command;

#endif
