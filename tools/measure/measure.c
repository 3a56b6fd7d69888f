#include "tools/measure/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

static const struct {
	const char *name, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"predict", "the registers of a boot, from files alone", predict_command},
	{"replay", "the registers that an event log leads to", replay_command},
	{"check", "what a machine measured, against a prediction", check_command},
	{"diff", "where two images or measurements differ", diff_command},
	{"policy", "one policy for the join service out of several images", policy_command},
	{"sign", "TPM policies for PCR 11, for a UKI's section .pcrsig", sign_policy_command},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
	puts("usage: protostar measure COMMAND [OPTION...]\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-10s%s\n", commands[i].name, commands[i].what);
	puts("\nprotostar measure COMMAND --help says more.");
}

/* The C library's own complaints about options begin with argv[0]. */
static int run(size_t command, int argc, char **argv)
{
	char *program = must_format("protostar measure %s", commands[command].name);
	int code;

	argv[0] = program;
	code = commands[command].run(argc, argv);
	free(program);
	return code;
}

int measure_command(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return run(i, argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0) {
		print_help();
		return EXIT_DONE;
	}
	complain("measure takes a command: protostar measure --help lists them");
	return EXIT_MISUSE;
}
