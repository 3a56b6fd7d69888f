/* `protostar sbom`: the bill of materials of an image that is there already. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/build/sbom.h"
#include "tools/lib/report.h"
#include "tools/measure/image_open.h"
#include "tools/measure/predict_boot.h"

static const char help[] =
	"usage: protostar sbom IMAGE [--recipe FILE]\n"
	"\n"
	"Prints what is inside a UKI, or the UKI of a disk image, as an SPDX 2.3 document in\n"
	"JSON: sections and initrd files with their hashes, and which PCR depends on each.\n"
	"\n"
	"  --recipe FILE  the recipe that protostar build wrote, to tell what the parts were\n"
	"                 made from\n"
	"  --help         this text\n"
	"\n"
	"Exit codes: 0 done, 2 misuse or something that cannot be read.\n";

enum { OPT_RECIPE = 1, OPT_HELP };

static const struct option words[] = {
	{"recipe", required_argument, NULL, OPT_RECIPE},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct job {
	const char *image, *recipe_path;
	struct recipe recipe;
	bool has_recipe;
};

/* -1 to go on, otherwise the exit code. */
static int read_words(int argc, char **argv, struct job *job)
{
	int code;

	while ((code = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (code == OPT_HELP) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (code != OPT_RECIPE)
			return EXIT_MISUSE;
		job->recipe_path = optarg;
	}
	if (argc - optind != 1) {
		complain("sbom: it takes one IMAGE (protostar sbom --help)");
		return EXIT_MISUSE;
	}
	job->image = argv[optind];
	return -1;
}

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

int sbom_command(int argc, char **argv)
{
	struct job job = {0};
	int code = read_words(argc, argv, &job);
	bool fine;

	if (code >= 0)
		return code;
	fine = read_recipe(&job) && print(&job);
	recipe_free(&job.recipe);
	return fine ? EXIT_DONE : EXIT_MISUSE;
}
