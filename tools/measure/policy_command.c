/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/lib/number.h"
#include "tools/lib/report.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/format.h"
#include "tools/measure/output/policy_write.h"
#include "tools/measure/policy_evidence.h"
#include "tools/measure/predict_boot.h"

struct options {
	struct measure_request request;
	struct policy_options policy;
	struct policy_image images[POLICY_IMAGES_MAX];
	char *files[POLICY_IMAGES_MAX]; /* each NAME=FILE,... cut into its texts */
	const char *paths[POLICY_IMAGES_MAX];
	const char *vars[POLICY_IMAGES_MAX]; /* of that image's machines; NULL: as for all */
	size_t count;
	bool unreadable; /* unreadable: an image's file */
};

/* What may stand behind FILE. */
enum { SETTING_EPOCH, SETTING_ROLE, SETTING_VARS, SETTINGS };
static const char *const settings[SETTINGS] = {"epoch=", "role=", "vars="};

/* Cuts ",NAME=VALUE" off the end and notes the value; false: there is none, or one twice. */
static bool cut_setting(char *text, char *values[SETTINGS])
{
	char *comma = strrchr(text, ',');

	for (unsigned i = 0; comma && i < SETTINGS; i++) {
		size_t len = strlen(settings[i]);

		if (values[i] || strncmp(comma + 1, settings[i], len) != 0)
			continue;
		*comma = 0;
		values[i] = comma + 1 + len;
		return true;
	}
	return false;
}

static bool take_image(void *into, const struct option_use *use)
{
	struct options *options = into;
	struct policy_image *image = &options->images[options->count];
	char *text, *file, *values[SETTINGS] = {NULL};
	uint64_t epoch = 1;

	if (options->count == POLICY_IMAGES_MAX)
		return option_refuse(use, "at most %u are taken", POLICY_IMAGES_MAX);
	text = options->files[options->count] = must_dup(use->value);
	file = strchr(text, '=');
	if (!file || file == text || !file[1])
		return option_refuse(use, "it takes NAME=FILE[,epoch=N][,role=ROLE][,vars=FILE]");
	*file++ = 0;
	while (cut_setting(file, values))
		;
	if (values[SETTING_EPOCH] && !number_read(values[SETTING_EPOCH], 10, 1, UINT32_MAX, &epoch))
		return option_refuse(use, "epoch= takes a number from 1 to %u", UINT32_MAX);
	*image = (struct policy_image){
		.name = text, .role = values[SETTING_ROLE], .epoch = (uint32_t)epoch};
	options->vars[options->count] = values[SETTING_VARS];
	options->paths[options->count++] = file;
	return true;
}

static const char *const identity_rules[] = {"listed", "approval", "tee", "first_use", NULL};

static const struct option_row rows[] = {
	{"image", "NAME=FILE[,SETTING...]", OPTION_FILE, .take = take_image, .repeat = true,
		.required = true,
		.help = "an allowed image: a set named NAME. Settings of it:\n"
			"epoch=N: nodes never go back to an image of a lower one (default 1);\n"
			"role=ROLE: what nodes are told;\n"
			"vars=FILE: the variable store of its machines, in place of --vars"},
	{"pcrs", "LIST", OPTION_TEXT, OPTION_INTO(struct options, policy.pcrs),
		.take = output_take_pcrs,
		.help = "the PCRs to name, known of every image (default, as far as known: 0, 2, "
			"3, 4, 9, 11, 12, 13 and 15, 7 where variables or keys were given, and "
			"all that a measurements file names)"},
	{"warn-pcrs", "LIST", OPTION_TEXT, OPTION_INTO(struct options, policy.warned),
		.take = output_take_pcrs,
		.help = "of these, those that are only reported when they differ"},
	{"allow-missing", "LIST", OPTION_TEXT, OPTION_INTO(struct options, policy.allow_missing),
		.take = output_take_pcrs,
		.help = "of 2, 3, 4, 11, 12 and 15, without which the join service takes no set: "
			"those that may be left out, in writing (allow_missing). Without PCR 2, "
			"code of the host's may run in a boot that joins"},
	{"ek-roots", "FILE", OPTION_FILE,
		OPTION_LIST(struct options, policy.ek_roots, policy.ek_root_count), .repeat = true,
		.help = "who may be a node: machines whose TPM's endorsement key is certified to "
			"one of these roots. A relative path is one in the policy's folder"},
	{"identity", "RULE", OPTION_NAME,
		OPTION_LIST(struct options, policy.identity, policy.identity_count), .repeat = true,
		.choices = identity_rules,
		.help = "who may be a node, beside or in place of that: listed, approval, tee (a "
			"processor's report), or first_use (whoever comes first)"},
	{"tenant", "NAME", OPTION_TEXT, OPTION_INTO(struct options, policy.tenant),
		.help = "enters every disk key"},
	{"max-nodes", "N", OPTION_NUMBER, OPTION_INTO(struct options, policy.max_nodes),
		.max = INT64_MAX, .help = "how many nodes may join"},
	{"pin-ak", .kind = OPTION_FLAG, OPTION_INTO(struct options, policy.pin_ak),
		.help = "a known node may not come back with a new attestation key"},
	{"join-material", "FILE", OPTION_FILE,
		OPTION_INTO(struct options, policy.join_material_file),
		.help = "an absolute path: given to every node that joins"},
	{0},
};

/* A measurements file begins as JSON does; no image does. */
static bool is_measurements(const char *path)
{
	struct stat st;
	FILE *file;
	int c = ' ';

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	while (c != EOF && strchr(" \t\r\n", c))
		c = getc(file);
	fclose(file);
	return c == '{';
}

static bool read_values(struct options *options, size_t index, struct boot *boot)
{
	struct register_values *values = &options->images[index].values;
	struct measure_request request = options->request;

	if (is_measurements(options->paths[index]))
		return (!options->vars[index] ||
			       complain("set \"%s\": vars= is for an image, and %s is a "
					"measurements file: give --vars when it is predicted",
				       options->images[index].name, options->paths[index])) &&
		       measurements_read(options->paths[index], boot, values);
	request_image(&request, options->paths[index]);
	if (options->vars[index])
		request.firmware.vars = options->vars[index];
	if (!predict_boot(&request, boot))
		return false;
	register_values_of(boot, values);
	return true;
}

static bool read_image(struct options *options, size_t index)
{
	const struct policy_image *image = &options->images[index];
	struct boot boot;
	uint32_t named;
	bool fine;

	boot_init(&boot);
	fine = read_values(options, index, &boot) &&
	       policy_tee_take(
		       &options->policy.tee, image->name, &boot, &options->images[index].tee);
	named = policy_named_pcrs(&options->policy, image);
	if (fine && boot.count && named) /* a file of values alone knows no conditions */
		output_conditions(&boot, image->name, named,
			options->policy.pcrs ? options->policy.pcrs : OUTPUT_POLICY_PCRS);
	options->unreadable = boot.unreadable;
	boot_free(&boot);
	return fine;
}

static bool make_policy(struct options *options)
{
	struct bytes text = {0};
	bool fine = true;

	for (size_t i = 0; i < options->count && fine; i++)
		fine = read_image(options, i);
	fine = fine && output_policy(&options->policy, options->images, options->count, &text) &&
	       policy_would_be_taken(&text);
	if (fine) {
		fwrite(text.data, 1, text.len, stdout);
		fine = !(fflush(stdout) || ferror(stdout)) || complain("cannot write the result");
	}
	bytes_free(&text);
	return fine;
}

static bool fits_together(struct options *options)
{
	unsigned banks = options->request.banks ? options->request.banks : BANK_BIT(BANK_SHA256);
	const struct policy_options *policy = &options->policy;

	if (!(policy->tee.kinds & POLICY_TPM) &&
		(policy->pcrs | policy->warned | policy->allow_missing))
		return complain("--pcrs, --warn-pcrs and --allow-missing are of a TPM, which "
				"--evidence does not name");
	if (!policy_evidence_fits(policy))
		return false;
	options->request.cc.tdx |= policy->tee.kinds & POLICY_TDX;
	options->request.cc.snp |= policy->tee.kinds & POLICY_SNP;
	if (banks & (banks - 1))
		return complain("a policy is of one bank: give one --bank");
	if (options->request.phase != PHASE_JOIN)
		return complain("--phase: only a machine whose init has started already "
				"would match, which must get no key: a policy is of --phase join");
	options->request.banks = banks;
	options->policy.bank = output_bank(banks);
	return true;
}

static int run(int argc, char **argv)
{
	struct options *options = must_alloc(sizeof(*options));
	int code;

	*options = (struct options){.policy = {.max_nodes = UINT64_MAX, .tee.kinds = POLICY_TPM}};
	code = command_read(&policy_command, argc, argv, options);
	if (code < 0 && !fits_together(options))
		code = EXIT_MISUSE;
	if (code < 0)
		code = make_policy(options)  ? EXIT_DONE
		       : options->unreadable ? EXIT_MISUSE
					     : EXIT_REFUSED;
	for (size_t i = 0; i < POLICY_IMAGES_MAX; i++)
		free(options->files[i]);
	json_object_put(options->policy.evidence);
	free(options);
	return code;
}

const struct command policy_command = {
	.name = "measure policy",
	.summary = "one policy for the join service out of several images",
	.usage = "--image\tNAME=FILE[,SETTING...]... [OPTION...]",
	.about = "One policy for the join service out of several images that may join. FILE is an "
		 "image, as measure predict takes it, or a measurements file that measure predict "
		 "has written.",
	.groups = {{.rows = rows},
		{"What a node must show", policy_evidence_rows, offsetof(struct options, policy)},
		REQUEST_GROUPS(struct options, request)},
	.run = run,
};
