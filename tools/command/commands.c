/* The table of commands. Each reads its own options and returns the exit code. */
#include "tools/command/commands.h"

#include "tools/build/build.h"
#include "tools/build/sbom.h"
#include "tools/explain/explain_command.h"
#include "tools/measure/measure.h"
#include "tools/reproduce/reproduce.h"
#include "tools/serve/node/node.h"
#include "tools/serve/serve.h"

static const struct command measure = {
	.name = "measure",
	.summary = "predict PCRs and events from an image",
	.run = measure_command,
};
static const struct command serve = {
	.name = "serve",
	.summary = "run the join service, with the key service inside",
	.run = serve_main,
};
static const struct command node = {
	.name = "node",
	.summary = "look at the join service's nodes, change them, back them up",
	.run = node_main,
};

static const struct command *const commands[] = {&build_command, &measure, &sign_command,
	&sbom_command, &reproduce_command, &serve, &node, &explain_command, NULL};

const struct command protostar_command = {
	.name = "",
	.usage = "COMMAND ...\n--help | --version",
	.about =
		"Boots confidential VMs with little trusted code: makes images, predicts what they "
		"measure, and hands keys to those that policy allows.",
	.commands = commands,
	.notes = "protostar COMMAND --help tells the options; man protostar tells it all.\n"
		 "Exit codes: 0 done, 1 refused or differs, 2 misuse.",
};
