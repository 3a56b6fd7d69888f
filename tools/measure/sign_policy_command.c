/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include "tools/lib/report.h"
#include "tools/measure/image_open.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/output.h"
#include "tools/measure/output/pcr_signature.h"
#include "tools/measure/predict_boot.h"

#define SIGNED_PCRS (1u << 11)

struct options {
	struct measure_request request;
	const char *image, *key, *public_path;
	const char *paths[PCR_SIGNATURE_PATHS_MAX];
	size_t path_count;
};

static bool take_path(void *into, const struct option_use *use)
{
	struct options *options = into;

	if (!pcr_signature_path_is(use->value))
		return option_refuse(use, "it takes words with colons between");
	if (options->path_count == PCR_SIGNATURE_PATHS_MAX)
		return option_refuse(use, "at most %u are taken", PCR_SIGNATURE_PATHS_MAX);
	options->paths[options->path_count++] = use->value;
	return true;
}

static const struct option_row rows[] = {
	{"private-key", "KEY", OPTION_FILE, OPTION_INTO(struct options, key), .required = true,
		.help = "an RSA key: a PEM file, or a PKCS#11 URI (pkcs11:token=...)"},
	{"public-key", "FILE", OPTION_FILE, OPTION_INTO(struct options, public_path),
		.help = "its public half in PEM; refused when it is another key's"},
	{"boot-phase", "PATH", OPTION_TEXT, .take = take_path, .repeat = true,
		.help = "phases that have been entered, with colons between; \"\" is the time "
			"before any; repeatable. Default: for systemd's stubs enter-initrd, and "
			":leave-initrd, :sysinit, :ready after it; for ours, whose guests enter no "
			"phase, \"\""},
	{0},
};

/* Which phases the guest enters is its init's doing: it goes with the stub. */
static bool choose_paths(struct options *options, struct boot *boot)
{
	const struct measure_request *request = &options->request;
	enum stub_dialect dialect = request->stub.dialect;
	struct boot_image uki;

	if (options->path_count)
		return true;
	if (dialect == STUB_AUTO)
		if (!image_open(boot, request->stages[request->stage_count - 1], &uki) ||
			!stub_dialect_of(&uki, &dialect))
			return false;
	if (dialect == STUB_PROTOSTAR)
		options->paths[options->path_count++] = "";
	else
		for (size_t i = 0; i < pcr_signature_path_count; i++)
			options->paths[options->path_count++] = pcr_signature_paths[i];
	return true;
}

static int sign(struct options *options, struct signing_key *key)
{
	struct bytes text = {0};
	struct boot boot;
	bool fine, unreadable;

	boot_init(&boot);
	fine = predict_boot(&options->request, &boot) && choose_paths(options, &boot) &&
	       pcr_signature(&boot, options->paths, options->path_count, key, &text);
	unreadable = boot.unreadable;
	if (fine)
		output_conditions(&boot, NULL, SIGNED_PCRS, SIGNED_PCRS);
	boot_free(&boot);
	if (fine) {
		fwrite(text.data, 1, text.len, stdout);
		fine = !(fflush(stdout) || ferror(stdout)) || complain("cannot write the result");
	}
	bytes_free(&text);
	return fine ? EXIT_DONE : unreadable ? EXIT_MISUSE : EXIT_REFUSED;
}

static int run(int argc, char **argv)
{
	struct signing_key *key;
	struct options options = {0};
	int code = command_read(&sign_policy_command, argc, argv, &options);

	if (code >= 0)
		return code;
	request_image(&options.request, options.image);
	key = signing_key_open(options.key, options.public_path);
	if (!key)
		return EXIT_REFUSED;
	code = sign(&options, key);
	signing_key_close(key);
	return code;
}

const struct command sign_policy_command = {
	.name = "measure sign",
	.summary = "TPM policies for PCR 11, for a UKI's section .pcrsig",
	.about = "Predicts PCR 11 of a boot of IMAGE and signs TPM policies for it: what systemd "
		 "reads from a UKI's section .pcrsig. systemd-measure sign does the same from "
		 "loose files.",
	.groups = {{.rows = rows}, REQUEST_GROUPS(struct options, request)},
	.operands = {{"IMAGE", OPTION_PATH, OPTION_INTO(struct options, image)}},
	.run = run,
};
