/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `protostar reproduce`. */
#include <string.h>
#include "tools/lib/report.h"
#include "tools/reproduce/reproduce.h"

static bool take_input(void *into, const struct option_use *use)
{
	struct reproduce_request *request = into;
	const char *path = strchr(use->value, '=');
	enum recipe_role role;

	if (!path || !path[1])
		return option_refuse(use, "it takes ROLE=PATH");
	if (!recipe_role_by_name(use->value, (size_t)(path - use->value), &role))
		return option_refuse(use, "there is no such role: it takes one that --help names");
	if (request->paths[role])
		return option_refuse(use, "this role was given already");
	request->paths[role] = path + 1;
	return true;
}

static const struct option_row rows[] = {
	{"recipe", "FILE", OPTION_FILE, OPTION_INTO(struct reproduce_request, recipe),
		.required = true, .help = "the recipe: recipe.json"},
	{"inputs", "DIR", OPTION_FOLDER, OPTION_INTO(struct reproduce_request, inputs),
		.help = "folder with the inputs under the names that the recipe has; the modules "
			"in DIR/VERSION or DIR/lib/modules/VERSION. Stub and PID 1 that are not "
			"there: those of this program's build"},
	{"input", "ROLE=PATH", OPTION_PATH, .take = take_input, .repeat = true,
		.help = "one input: kernel, modules, root, early, stub, osrel or certificate; "
			"can be given often"},
	{"sign-key", "KEY", OPTION_FILE, OPTION_INTO(struct reproduce_request, sign.key),
		.help = "sign again: a PEM file, or a PKCS#11 URI. Without it, the signature is "
			"taken from IMAGE and the rest compared"},
	{0},
};

static const struct option_row result_rows[] = {
	{"keep", "DIR", OPTION_FOLDER, OPTION_INTO(struct reproduce_request, keep),
		.help = "leave what was built in this new folder"},
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct reproduce_request, json),
		.help = "print the verdict as JSON"},
	{0},
};

int reproduce_options(int argc, char **argv, struct reproduce_request *out)
{
	struct reproduce_request request = {0};
	int code = command_read(&reproduce_command, argc, argv, &request);
	struct sign_request sign = request.sign;

	if (code >= 0)
		return code;
	/* The certificate is an input of the recipe, so that it is found and checked as those are.
	 */
	if (sign.key)
		sign.cert = "";
	if (!sign_request_complete(&sign))
		return EXIT_MISUSE;
	*out = request;
	return -1;
}

const struct command reproduce_command = {
	.name = "reproduce",
	.summary = "build an image again from its recipe, and compare the bits",
	.about = "Builds an image again from the recipe that protostar build wrote, and says "
		 "whether the result is bit-identical, or which partition, section or file in it "
		 "differs. IMAGE is a UKI, a disk image, or a whole output folder of protostar "
		 "build.",
	.groups = {{.rows = rows},
		{.rows = sign_token_rows, .offset = offsetof(struct reproduce_request, sign)},
		{.rows = result_rows}, {.rows = verbose_rows}},
	.operands = {{"IMAGE", OPTION_PATH, OPTION_INTO(struct reproduce_request, image)}},
	.notes = "Exit codes: 0 bit-identical, 1 not, or inputs that differ, 2 misuse, something "
		 "that cannot be read, or a build that fails.",
	.run = reproduce_run,
};
