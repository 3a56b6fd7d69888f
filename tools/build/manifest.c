/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "crypto/digest.h"
#include "tools/build/build.h"
#include "tools/build/recipe.h"
#include "tools/build/sbom.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/output/output.h"
#include "tools/measure/predict_boot.h"

static bool write_text(const struct build *b, const char *name, const struct bytes *text)
{
	char *path = must_format("%s/%s", b->work, name);
	bool fine = file_write(path, text->data, text->len);

	free(path);
	return fine;
}

static void add_hash(
	struct bytes *out, const char *before, const char *name, const uint8_t *data, size_t len)
{
	uint8_t hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	sha256(data, len, hash);
	hex_encode(hash, sizeof(hash), hex);
	bytes_addf(
		out, "%s\n    \"%s\": {\"sha256\": \"%s\", \"size\": %zu}", before, name, hex, len);
}

/* The command line is printable ASCII; in JSON only quote and backslash need escaping. */
static void add_json_text(struct bytes *out, const struct bytes *text)
{
	bytes_add_text(out, "\"");
	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] == '"' || text->data[i] == '\\')
			bytes_add_text(out, "\\");
		bytes_add(out, &text->data[i], 1);
	}
	bytes_add_text(out, "\"");
}

static bool add_outputs(const struct build *b, struct bytes *out)
{
	const char *name = disk_container_file(b->options.format);
	char *path = must_format("%s/%s", b->work, name);
	struct mapped disk;
	bool fine = file_map(path, &disk);

	free(path);
	if (!fine)
		return false;
	add_hash(out, "", "uki.efi", b->uki.data, b->uki.len);
	add_hash(out, ",", "initrd.img", b->initrd.data, b->initrd.len);
	add_hash(out, ",", name, disk.data, disk.len);
	file_unmap(&disk);
	return true;
}

/* What went in and what came out. No paths, times or names of machines: they differ, bits do not.
 */
static bool write_manifest(const struct build *b)
{
	struct bytes text = {0};
	char hex[2 * SHA256_LEN + 1];
	bool fine;

	hex_encode(b->root_hash, sizeof(b->root_hash), hex);
	bytes_addf(&text,
		"{\n  \"kernelVersion\": \"%s\",\n  \"rootHash\": \"%s\",\n  \"cmdline\": ",
		b->kernel_version, hex);
	add_json_text(&text, &b->cmdline);
	bytes_add_text(&text, ",\n  \"inputs\": {");
	add_hash(&text, "", "kernel", b->kernel.data, b->kernel.len);
	add_hash(&text, ",", "early", b->early.data, b->early.len);
	add_hash(&text, ",", "stub", b->stub.data, b->stub.len);
	bytes_add_text(&text, "\n  },\n  \"outputs\": {");
	fine = add_outputs(b, &text);
	bytes_add_text(&text, "\n  }\n}\n");
	fine = fine && write_text(b, "manifest.json", &text);
	bytes_free(&text);
	return fine;
}

static bool write_sbom(const struct build *b, const struct recipe *recipe, const struct boot *boot)
{
	const struct sbom_subject subject = {.name = "uki.efi",
		.uki = b->uki.data,
		.len = b->uki.len,
		.boot = boot,
		.recipe = recipe};
	struct bytes text = {0};
	bool fine = sbom_make(&subject, &text) && write_text(b, "sbom.spdx.json", &text);

	bytes_free(&text);
	return fine;
}

static bool write_recipe_and_sbom(const struct build *b, const struct boot *boot)
{
	struct recipe recipe;
	struct bytes text = {0};
	bool fine;

	if (!recipe_collect(b, &recipe))
		return false;
	recipe_write(&recipe, &text);
	fine = write_text(b, "recipe.json", &text) && write_sbom(b, &recipe, boot);
	recipe_free(&recipe);
	bytes_free(&text);
	return fine;
}

/* A policy of these measurements would be refused: better said where the platform was chosen. */
static void warn_of_missing(const struct build *b, const struct boot *boot)
{
	uint32_t missing = OUTPUT_REQUIRED_PCRS & ~output_known(boot, 0);

	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (missing & 1u << pcr)
			report_error("warning: measurements.json lacks PCR %u, which the join "
				     "service demands (or its name in \"allow_missing\"): on "
				     "--profile %s %s",
				pcr, b->options.profile, boot->unknown[pcr]);
}

bool manifest_make(const struct build *b)
{
	struct bytes text = {0};
	struct boot boot;
	bool fine;

	boot_init(&boot);
	fine = predict_own_uki("uki.efi", b->uki.data, b->uki.len, b->options.profile, PHASE_JOIN,
		SBOM_BANKS, &boot);
	if (fine) {
		warn_of_missing(b, &boot);
		if (b->say_conditions)
			output_conditions(&boot, NULL, output_known(&boot, 0), 0);
		output_measurements(&boot, BANK_SHA256, 0, &text);
		fine = write_text(b, "measurements.json", &text);
	}
	fine = fine && write_manifest(b) && write_recipe_and_sbom(b, &boot);
	boot_free(&boot);
	bytes_free(&text);
	return fine;
}
