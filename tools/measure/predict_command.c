/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <unistd.h>
#include "tools/lib/report.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/format.h"
#include "tools/measure/predict_boot.h"

struct options {
	struct measure_request request;
	struct output_options output;
	const char *image;
};

static bool take_json(void *into, const struct option_use *use)
{
	(void)use;
	((struct options *)into)->output.format = FORMAT_CONSTELLATION;
	return true;
}

static const struct option_row rows[] = {
	{"events", .kind = OPTION_FLAG, OPTION_INTO(struct options, output.events),
		.help = "list the events too, in the order in which they are extended"},
	{"format", "NAME", OPTION_CHOICE, OPTION_INTO(struct options, output.format),
		.choices = output_format_names,
		.help = "table (default), constellation, full, aws, rvps, tcg2 or cel"},
	{"json", .kind = OPTION_FLAG, .take = take_json,
		.help = "the same as --format constellation"},
	{"pcrs", "LIST", OPTION_TEXT, OPTION_INTO(struct options, output.pcrs),
		.take = output_take_pcrs, .help = "the PCRs to show, such as 4,9,11-13"},
	{0},
};

static int print(const struct boot *boot, const struct options *options)
{
	struct bytes text = {0};
	bool fine = output_boot(boot, &options->output, &text);

	fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
	if (fine && (fflush(stdout) || ferror(stdout)))
		fine = complain("cannot write the result");
	return fine ? EXIT_DONE : EXIT_REFUSED;
}

static int run(int argc, char **argv)
{
	struct options options = {0};
	struct boot boot;
	int code = command_read(&predict_command, argc, argv, &options);

	if (code >= 0)
		return code;
	if (options.output.events && options.output.format != FORMAT_TABLE) {
		command_refuse(&predict_command, "--events is for the table");
		return EXIT_MISUSE;
	}
	if (!output_banks(options.output.format, options.request.banks, &options.request.banks))
		return EXIT_MISUSE;
	options.output.colour = output_colour(STDOUT_FILENO);
	request_image(&options.request, options.image);
	boot_init(&boot);
	code = EXIT_REFUSED;
	if (predict_boot(&options.request, &boot))
		code = print(&boot, &options);
	else if (boot.unreadable)
		code = EXIT_MISUSE;
	boot_free(&boot);
	return code;
}

const struct command predict_command = {
	.name = "measure predict",
	.summary = "the registers of a boot, from files alone",
	.about = "Predicts the PCRs of a boot of IMAGE: a UKI, a disk image (what firmware "
		 "starts from its EFI system partition by default, or DISK:PATH), or a folder. "
		 "Behind a boot loader: --then DISK:EFI/Linux/NAME.efi DISK.",
	.groups = {{.rows = rows}, REQUEST_GROUPS(struct options, request)},
	.operands = {{"IMAGE", OPTION_PATH, OPTION_INTO(struct options, image)}},
	.run = run,
};
