/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar measure`: what an image will measure, from its files, and what a machine measured. */
#ifndef TOOLS_MEASURE_MEASURE_H
#define TOOLS_MEASURE_MEASURE_H

#include "tools/lib/command.h"

extern const struct command measure_command;

/* The commands below it. */
extern const struct command predict_command, replay_command, check_command, diff_command,
	policy_command, sign_policy_command;

#endif
