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

struct wish {
	const char *path_a, *path_b;
	struct measure_request a, b; /* a: b as it was at --for-b */
	struct diff_style style;
	bool for_b, measured, json;
};

static bool take_for_b(void *into, const struct option_use *use)
{
	struct wish *wish = into;

	if (wish->for_b)
		return option_refuse(use, "it makes sense once");
	wish->for_b = true;
	wish->a = wish->b;
	return true;
}

static const struct option_row rows[] = {
	{"for-b", .kind = OPTION_FLAG, .take = take_for_b,
		.help = "options after this one are for B alone, those before it for both"},
	{"measured", .kind = OPTION_FLAG, OPTION_INTO(struct wish, measured),
		.help = "only what a register shows: not checksums and signatures of images"},
	{"events", .kind = OPTION_FLAG, OPTION_INTO(struct wish, style.all_events),
		.help = "list the events that are the same too"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct wish, json), .help = "JSON"},
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

static int run(int argc, char **argv)
{
	struct wish wish = {0};
	int code = command_read(&diff_command, argc, argv, &wish);

	if (code >= 0)
		return code;
	if (!wish.for_b)
		wish.a = wish.b;
	return compare(&wish, wish.path_a, wish.path_b);
}

const struct command diff_command = {
	.name = "measure diff",
	.summary = "where two images or measurements differ",
	.about = "Where the boots of A and B differ: register by register, event by event, and in "
		 "which section, file of the initrd, word of the command line or part of the "
		 "firmware. Each is an image (a UKI, a disk image, DISK:PATH or a folder) or a "
		 "measurements file, as measure predict writes them.",
	.groups = {{.rows = rows}, REQUEST_GROUPS(struct wish, b)},
	.operands = {{"A", OPTION_PATH, OPTION_INTO(struct wish, path_a)},
		{"B", OPTION_PATH, OPTION_INTO(struct wish, path_b)}},
	.notes = "Exit codes: 0 the same, 1 different, 2 misuse or unreadable.",
	.run = run,
};
