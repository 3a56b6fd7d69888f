/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/measure.h"

static const struct command *const commands[] = {
	&predict_command,
	&replay_command,
	&check_command,
	&diff_command,
	&policy_command,
	&sign_policy_command,
	NULL,
};

const struct command measure_command = {
	.name = "measure",
	.summary = "predict PCRs and events from an image",
	.about = "What an image will measure, from its files, and what a machine has measured.",
	.commands = commands,
	.notes = "protostar measure COMMAND --help says more.",
};
