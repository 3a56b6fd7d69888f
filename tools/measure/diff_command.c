#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/report.h"
#include "tools/measure/diff/diff.h"
#include "tools/measure/image_open.h"
#include "tools/measure/measure.h"
#include "tools/measure/predict_boot.h"

static const char usage[] =
	"usage: protostar measure diff [OPTION...] A B\n"
	"\n"
	"Where the boots of A and B differ: register by register, event by event, and in which\n"
	"section, file of the initrd, word of the command line or part of the firmware. Each is\n"
	"an image (a UKI, a disk image, DISK:PATH or a folder) or a measurements file, as\n"
	"measure predict writes them.\n"
	"\n"
	"  --for-b       options after this one are for B alone, those before it for both\n"
	"  --measured    only what a register shows: not checksums and signatures of images\n"
	"  --events      list the events that are the same too\n"
	"  --json        JSON\n"
	"  --help        this text\n"
	"\n"
	"Exit codes: 0 the same, 1 different, 2 misuse or unreadable.\n"
	"\n";

enum { OPT_FOR_B = 1, OPT_MEASURED, OPT_EVENTS, OPT_JSON, OPT_HELP };

static const struct option own[] = {
	{"for-b", no_argument, NULL, OPT_FOR_B},
	{"measured", no_argument, NULL, OPT_MEASURED},
	{"events", no_argument, NULL, OPT_EVENTS},
	{"json", no_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, OPT_HELP},
};

struct wish {
	struct measure_request a, b; /* a: b as it was at --for-b */
	struct diff_style style;
	bool for_b, measured, json, help;
};

static bool take(void *context, int code, const char *argument)
{
	struct wish *wish = context;

	(void)argument;
	if (code == OPT_FOR_B) {
		if (wish->for_b)
			return complain("--for-b makes sense once");
		wish->for_b = true;
		wish->a = wish->b;
	}
	wish->measured = wish->measured || code == OPT_MEASURED;
	wish->style.all_events = wish->style.all_events || code == OPT_EVENTS;
	wish->json = wish->json || code == OPT_JSON;
	wish->help = wish->help || code == OPT_HELP;
	return true;
}

/* Images begin with MZ or a disk's sectors, measurements with a brace, after white space. */
static bool is_measurements(const char *path)
{
	struct stat st;
	FILE *file;
	int c;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	do
		c = fgetc(file);
	while (c == ' ' || c == '\n' || c == '\t' || c == '\r');
	fclose(file);
	return c == '{';
}

static bool read_image(struct diff_side *side, struct measure_request *request)
{
	request_image(request, side->path);
	side->firmware = request->firmware.code;
	for (size_t i = 0; i < request->stage_count; i++) {
		if (!image_open(&side->boot, request->stages[i], &side->stages[i]))
			return false;
		side->stage_count++;
	}
	side->whole_disk = side->stages[0].disk_source &&
			   strcmp(side->stages[0].disk_source, side->path) == 0;
	if (!predict_images(side->stages, side->stage_count, request, &side->boot))
		return false;
	register_values_of(&side->boot, &side->values);
	return true;
}

/* Files first: without --bank an image is predicted in the banks that the file has. */
static bool read_sides(struct diff_side sides[2], struct measure_request *requests[2])
{
	unsigned banks = 0;

	for (size_t i = 0; i < 2; i++) {
		sides[i].is_file = is_measurements(sides[i].path);
		if (!sides[i].is_file)
			continue;
		if (!measurements_read(sides[i].path, &sides[i].boot, &sides[i].values))
			return false;
		banks = sides[i].values.banks;
	}
	for (size_t i = 0; i < 2; i++) {
		if (sides[i].is_file)
			continue;
		if (!requests[i]->banks)
			requests[i]->banks = banks;
		if (!read_image(&sides[i], requests[i]))
			return false;
	}
	return true;
}

static int print(const struct diff *diff, const struct wish *wish)
{
	struct diff_style style = wish->style;
	struct bytes out = {0};
	bool written;

	style.colour = !wish->json && output_colour(STDOUT_FILENO);
	if (wish->json)
		diff_json(diff, &style, &out);
	else
		diff_text(diff, &style, &out);
	written = fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
	bytes_free(&out);
	if (!written) {
		complain("cannot write the result");
		return EXIT_MISUSE;
	}
	return diff_is_same(diff, false) ? EXIT_DONE : EXIT_REFUSED;
}

static int compare(struct wish *wish, const char *path_a, const char *path_b)
{
	struct measure_request *requests[2] = {&wish->a, &wish->b};
	struct diff_side *sides = must_alloc(2 * sizeof(*sides));
	struct diff diff;
	int code = EXIT_MISUSE;

	memset(sides, 0, 2 * sizeof(*sides));
	sides[0].path = path_a;
	sides[1].path = path_b;
	boot_init(&sides[0].boot);
	boot_init(&sides[1].boot);
	if (read_sides(sides, requests) && diff_sides(&sides[0], &sides[1], &diff)) {
		if (wish->measured)
			findings_keep_measured(&diff.findings);
		code = print(&diff, wish);
		diff_free(&diff);
	}
	boot_free(&sides[0].boot);
	boot_free(&sides[1].boot);
	free(sides);
	return code;
}

int diff_command(int argc, char **argv)
{
	struct wish wish = {0};
	int first;

	if (!request_read(
		    argc, argv, &wish.b, own, sizeof(own) / sizeof(own[0]), take, &wish, &first))
		return EXIT_MISUSE;
	if (wish.help) {
		fputs(usage, stdout);
		fputs(request_help, stdout);
		return EXIT_DONE;
	}
	if (first != argc - 2) {
		complain("measure diff takes two images or measurements files (protostar measure "
			 "diff --help)");
		return EXIT_MISUSE;
	}
	if (!wish.for_b)
		wish.a = wish.b;
	return compare(&wish, argv[first], argv[first + 1]);
}
