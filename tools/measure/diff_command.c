/* SPDX-License-Identifier: GPL-2.0-or-later */
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

struct options {
	const char *path_a, *path_b;
	struct measure_request a, b; /* a: b as it was at --for-b */
	struct diff_style style;
	bool for_b, measured, json;
};

static bool take_for_b(void *into, const struct option_use *use)
{
	struct options *options = into;

	if (options->for_b)
		return option_refuse(use, "it makes sense once");
	options->for_b = true;
	options->a = options->b;
	return true;
}

static const struct option_row rows[] = {
	{"for-b", .kind = OPTION_FLAG, .take = take_for_b,
		.help = "options after this one are for B alone, those before it for both"},
	{"measured", .kind = OPTION_FLAG, OPTION_INTO(struct options, measured),
		.help = "only what a register shows: not checksums and signatures of images"},
	{"events", .kind = OPTION_FLAG, OPTION_INTO(struct options, style.all_events),
		.help = "list the events that are the same too"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct options, json), .help = "JSON"},
	{0},
};

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

static int print(const struct diff *diff, const struct options *options)
{
	struct diff_style style = options->style;
	struct bytes out = {0};
	bool written;

	style.colour = !options->json && output_colour(STDOUT_FILENO);
	if (options->json)
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

static int compare(struct options *options, const char *path_a, const char *path_b)
{
	struct measure_request *requests[2] = {&options->a, &options->b};
	struct diff_side *sides = must_alloc(2 * sizeof(*sides));
	struct diff diff;
	int code = EXIT_MISUSE;

	memset(sides, 0, 2 * sizeof(*sides));
	sides[0].path = path_a;
	sides[1].path = path_b;
	boot_init(&sides[0].boot);
	boot_init(&sides[1].boot);
	if (read_sides(sides, requests) && diff_sides(&sides[0], &sides[1], &diff)) {
		if (options->measured)
			findings_keep_measured(&diff.findings);
		code = print(&diff, options);
		diff_free(&diff);
	}
	boot_free(&sides[0].boot);
	boot_free(&sides[1].boot);
	free(sides);
	return code;
}

static int run(int argc, char **argv)
{
	struct options options = {0};
	int code = command_read(&diff_command, argc, argv, &options);

	if (code >= 0)
		return code;
	if (!options.for_b)
		options.a = options.b;
	return compare(&options, options.path_a, options.path_b);
}

const struct command diff_command = {
	.name = "measure diff",
	.summary = "where two images or measurements differ",
	.about = "Where the boots of A and B differ: register by register, event by event, and in "
		 "which section, file of the initrd, word of the command line or part of the "
		 "firmware. Each is an image (a UKI, a disk image, DISK:PATH or a folder) or a "
		 "measurements file, as measure predict writes them.",
	.groups = {{.rows = rows}, REQUEST_GROUPS(struct options, b)},
	.operands = {{"A", OPTION_PATH, OPTION_INTO(struct options, path_a)},
		{"B", OPTION_PATH, OPTION_INTO(struct options, path_b)}},
	.notes = "Exit codes: 0 the same, 1 different, 2 misuse or unreadable.",
	.run = run,
};
