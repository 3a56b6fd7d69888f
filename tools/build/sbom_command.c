/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar sbom`: the bill of materials of an image that is there already. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/build/sbom.h"
#include "tools/lib/command.h"
#include "tools/lib/report.h"
#include "tools/measure/image_open.h"
#include "tools/measure/predict_boot.h"

struct job {
	const char *image, *recipe_path;
	struct recipe recipe;
	bool has_recipe;
};

static const struct option_row rows[] = {
	{"recipe", "FILE", OPTION_FILE, OPTION_INTO(struct job, recipe_path),
		.help = "the recipe that protostar build wrote, to tell what the parts were made "
			"from"},
	{0},
};

static bool read_recipe(struct job *job)
{
	struct mapped m;

	if (!job->recipe_path)
		return true;
	if (!file_map(job->recipe_path, &m))
		return false;
	job->has_recipe = recipe_read(job->recipe_path, m.data, m.len, &job->recipe);
	file_unmap(&m);
	return job->has_recipe;
}

/* Every recipe's image is called so, wherever it lies. */
static const char *document_name(const struct job *job, char **out_owned)
{
	*out_owned = path_name(job->image);
	return job->has_recipe ? "uki.efi" : *out_owned;
}

static bool print(const struct job *job)
{
	const struct measure_request request = {.banks = SBOM_BANKS};
	struct bytes text = {0};
	struct boot_image image;
	struct boot boot;
	char *owned = NULL;
	bool fine;

	boot_init(&boot);
	fine = image_open(&boot, job->image, &image) && predict_images(&image, 1, &request, &boot);
	if (fine) {
		const struct sbom_subject subject = {
			.name = document_name(job, &owned),
			.uki = image.data,
			.len = image.len,
			.boot = &boot,
			.recipe = job->has_recipe ? &job->recipe : NULL,
		};

		fine = sbom_make(&subject, &text) &&
		       (fwrite(text.data, 1, text.len, stdout) == text.len ||
			       complain("cannot write the document"));
	}
	free(owned);
	bytes_free(&text);
	boot_free(&boot);
	return fine;
}

static int run(int argc, char **argv)
{
	struct job job = {0};
	int code = command_read(&sbom_command, argc, argv, &job);
	bool fine;

	if (code >= 0)
		return code;
	fine = read_recipe(&job) && print(&job);
	recipe_free(&job.recipe);
	return fine ? EXIT_DONE : EXIT_MISUSE;
}

const struct command sbom_command = {
	.name = "sbom",
	.summary = "list what is inside a UKI, as SPDX",
	.about = "Prints what is inside a UKI, or the UKI of a disk image, as an SPDX 2.3 document "
		 "in JSON: sections and initrd files with their hashes, and which PCR depends on "
		 "each.",
	.groups = {{.rows = rows}},
	.operands = {{"IMAGE", OPTION_FILE, OPTION_INTO(struct job, image)}},
	.notes = "Exit codes: 0 done, 2 misuse or something that cannot be read.",
	.run = run,
};
