/*
 * `protostar`: one program, one table of subcommands. Each subcommand reads its own options and
 * returns the exit code.
 */
#include <stdio.h>
#include <string.h>
#include "tools/build/build.h"
#include "tools/build/sbom.h"
#include "tools/lib/report.h"
#include "tools/measure/measure.h"
#include "tools/reproduce/reproduce.h"
#include "tools/serve/serve.h"

static const struct {
	const char *name, *what;
	int (*run)(int argc, char **argv);
} subcommands[] = {
	{"build", "kernel + root file system -> UKI, disk image, measurements", build_command},
	{"measure", "predict PCRs and events from an image", measure_command},
	{"sign", "sign a UKI for Secure Boot", sign_command},
	{"sbom", "list what is inside a UKI, as SPDX", sbom_command},
	{"reproduce", "build an image again from its recipe, and compare the bits",
		reproduce_command},
	{"serve", "run the join service, with the key service inside", serve_main},
	{"node", "look at the join service's nodes, change them, back them up", node_main},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void print_help(FILE *to)
{
	fputs("usage: protostar SUBCOMMAND ...\n"
	      "       protostar --help | --version\n"
	      "\n"
	      "Boots confidential VMs with little trusted code: makes images, predicts what they\n"
	      "measure, and hands keys to those that policy allows.\n"
	      "\n",
		to);
	for (size_t i = 0; i < COUNT(subcommands); i++)
		fprintf(to, "  %-10s %s\n", subcommands[i].name, subcommands[i].what);
	fputs("\nprotostar SUBCOMMAND --help tells the options; man protostar tells it all.\n"
	      "Exit codes: 0 done, 1 refused or differs, 2 misuse.\n",
		to);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--help") == 0) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(name, "--version") == 0) {
		puts("protostar " PROTOSTAR_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < COUNT(subcommands); i++)
		if (strcmp(name, subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	if (*name)
		complain("there is no subcommand \"%s\"", name);
	print_help(stderr);
	return EXIT_MISUSE;
}
