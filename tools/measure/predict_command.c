#include <getopt.h>
#include <stdio.h>
#include <unistd.h>
#include "tools/lib/report.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/format.h"
#include "tools/measure/predict_boot.h"

static const char usage[] =
	"usage: protostar measure predict [OPTION...] IMAGE\n"
	"\n"
	"Predicts the PCRs of a boot of IMAGE: a UKI, a disk image (what firmware starts from its\n"
	"EFI system partition by default, or DISK:PATH), or a folder. Behind a boot loader:\n"
	"--then DISK:EFI/Linux/NAME.efi DISK.\n"
	"\n"
	"  --events              list the events too, in the order in which they are extended\n"
	"  --format NAME         table (default), constellation, full, aws, rvps, tcg2 or cel\n"
	"  --json                the same as --format constellation\n"
	"  --pcrs LIST           the PCRs to show, such as 4,9,11-13\n"
	"  --help                this text\n"
	"\n";

enum { OPT_EVENTS = 1, OPT_FORMAT, OPT_JSON, OPT_PCRS, OPT_HELP };

static const struct option own[] = {
	{"events", no_argument, NULL, OPT_EVENTS},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"json", no_argument, NULL, OPT_JSON},
	{"pcrs", required_argument, NULL, OPT_PCRS},
	{"help", no_argument, NULL, OPT_HELP},
};

struct wish {
	struct measure_request request;
	struct output_wish output;
	bool help;
};

static bool take(void *context, int code, const char *argument)
{
	struct wish *wish = context;

	if (code == OPT_FORMAT)
		return output_format_by_name(argument, &wish->output.format);
	if (code == OPT_PCRS)
		return output_pcrs_by_name("--pcrs", argument, &wish->output.pcrs);
	if (code == OPT_JSON)
		wish->output.format = FORMAT_CONSTELLATION;
	wish->output.events = wish->output.events || code == OPT_EVENTS;
	wish->help = wish->help || code == OPT_HELP;
	return true;
}

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

static bool fits_together(const struct wish *wish, int words)
{
	if (words != 1)
		return complain(
			"measure predict takes one image (protostar measure predict --help)");
	return !wish->output.events || wish->output.format == FORMAT_TABLE ||
	       complain("--events is for the table");
}

int predict_command(int argc, char **argv)
{
	struct wish wish = {0};
	struct boot boot;
	int first, code = EXIT_REFUSED;

	if (!request_read(argc, argv, &wish.request, own, sizeof(own) / sizeof(own[0]), take, &wish,
		    &first))
		return EXIT_MISUSE;
	if (wish.help) {
		fputs(usage, stdout);
		fputs(request_help, stdout);
		fputs(cc_help, stdout);
		return EXIT_DONE;
	}
	if (!fits_together(&wish, argc - first) ||
		!output_banks(wish.output.format, wish.request.banks, &wish.request.banks))
		return EXIT_MISUSE;
	wish.output.colour = output_colour(STDOUT_FILENO);
	request_image(&wish.request, argv[first]);
	boot_init(&boot);
	if (predict_boot(&wish.request, &boot))
		code = print(&boot, &wish);
	else if (boot.unreadable)
		code = EXIT_MISUSE;
	boot_free(&boot);
	return code;
}
