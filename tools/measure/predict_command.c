/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <unistd.h>
#include "tools/lib/report.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/format.h"
#include "tools/measure/predict_boot.h"

struct wish {
	struct measure_request request;
	struct output_wish output;
	const char *image;
};

static bool take_json(void *into, const struct option_use *use)
{
	(void)use;
	((struct wish *)into)->output.format = FORMAT_CONSTELLATION;
	return true;
}

static const struct option_row rows[] = {
	{"events", .kind = OPTION_FLAG, OPTION_INTO(struct wish, output.events),
		.help = "list the events too, in the order in which they are extended"},
	{"format", "NAME", OPTION_CHOICE, OPTION_INTO(struct wish, output.format),
		.choices = output_format_names,
		.help = "table (default), constellation, full, aws, rvps, tcg2 or cel"},
	{"json", .kind = OPTION_FLAG, .take = take_json,
		.help = "the same as --format constellation"},
	{"pcrs", "LIST", OPTION_TEXT, OPTION_INTO(struct wish, output.pcrs),
		.take = output_take_pcrs, .help = "the PCRs to show, such as 4,9,11-13"},
	{0},
};

static int print(const struct boot *boot, const struct wish *wish)
{
	struct bytes text = {0};
	bool fine = output_boot(boot, &wish->output, &text);

	fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
	if (fine && (fflush(stdout) || ferror(stdout)))
		fine = complain("cannot write the result");
	return fine ? EXIT_DONE : EXIT_REFUSED;
}

static int run(int argc, char **argv)
{
	struct wish wish = {0};
	struct boot boot;
	int code = command_read(&predict_command, argc, argv, &wish);

	if (code >= 0)
		return code;
	if (wish.output.events && wish.output.format != FORMAT_TABLE) {
		command_refuse(&predict_command, "--events is for the table");
		return EXIT_MISUSE;
	}
	if (!output_banks(wish.output.format, wish.request.banks, &wish.request.banks))
		return EXIT_MISUSE;
	wish.output.colour = output_colour(STDOUT_FILENO);
	request_image(&wish.request, wish.image);
	boot_init(&boot);
	code = EXIT_REFUSED;
	if (predict_boot(&wish.request, &boot))
		code = print(&boot, &wish);
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
	.groups = {{.rows = rows}, REQUEST_GROUPS(struct wish, request)},
	.operands = {{"IMAGE", OPTION_PATH, OPTION_INTO(struct wish, image)}},
	.run = run,
};
