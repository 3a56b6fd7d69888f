/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands. Each reads its own options and returns the exit code. */
#include "tools/command/commands.h"

#include <stdio.h>
#include "tools/attest/attest_command.h"
#include "tools/build/build.h"
#include "tools/build/sbom.h"
#include "tools/explain/explain_command.h"
#include "tools/keys/keys_command.h"
#include "tools/measure/measure.h"
#include "tools/operator/init.h"
#include "tools/operator/recover.h"
#include "tools/reproduce/reproduce.h"
#include "tools/run/run_command.h"
#include "tools/serve/node/node.h"
#include "tools/serve/serve.h"
#include "tools/verify/verify_command.h"

static const struct command *const commands[] = {&build_command, &measure_command, &sign_command,
	&sbom_command, &reproduce_command, &run_command, &serve_command, &keys_command,
	&node_command, &init_command, &recover_command, &attest_command, &verify_command,
	&explain_command, NULL};

static bool take_version(void *into, const struct option_use *use)
{
	(void)into;
	(void)use;
	puts("protostar " PROTOSTAR_VERSION);
	return true;
}

static bool take_list(void *into, const struct option_use *use)
{
	(void)into;
	(void)use;
	command_list(&protostar_command, stdout);
	return true;
}

static const struct option_row rows[] = {
	{"version", .kind = OPTION_FLAG, .take = take_version, .help = "the version"},
	{"list-options", .kind = OPTION_FLAG, .take = take_list,
		.help = "all commands and their options, for shells that complete them"},
	{0},
};

const struct command protostar_command = {
	.name = "",
	.usage = "COMMAND ...\n--help | --version | --list-options",
	.about =
		"Boots confidential VMs with little trusted code: makes images, predicts what they "
		"measure, and hands keys to those that policy allows.",
	.groups = {{.rows = rows}},
	.commands = commands,
	.notes = "protostar COMMAND --help tells the options; man protostar tells it all.\n"
		 "Exit codes: 0 done, 1 refused or differs, 2 misuse.",
};
