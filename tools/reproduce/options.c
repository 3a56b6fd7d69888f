#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "tools/lib/report.h"
#include "tools/reproduce/reproduce.h"

static const char help[] =
	"usage: protostar reproduce IMAGE --recipe FILE [OPTION...]\n"
	"\n"
	"Builds an image again from the recipe that protostar build wrote, and says whether the\n"
	"result is bit-identical, or which partition, section or file in it differs.\n"
	"IMAGE is a UKI, a disk image, or a whole output folder of protostar build.\n"
	"\n"
	"  --recipe FILE        the recipe: recipe.json\n"
	"  --inputs DIR         folder with the inputs under the names that the recipe has; the\n"
	"                       modules in DIR/VERSION or DIR/lib/modules/VERSION\n"
	"  --input ROLE=PATH    one input: kernel, modules, root, early, stub, osrel or\n"
	"                       certificate; can be given often\n"
	"  --sign-key KEY       sign again: a PEM file, or a PKCS#11 URI. Without it, the\n"
	"                       signature is taken from IMAGE and the rest compared\n"
	"  --sign-pin-file FILE file with the PIN or passphrase of the key\n"
	"  --sign-module FILE   PKCS#11 module; default: all that p11-kit knows\n"
	"  --keep DIR           leave what was built in this new folder\n"
	"  --json               print the verdict as JSON\n"
	"  --verbose            show progress even when stderr is no terminal\n"
	"  --help               this text\n"
	"\n"
	"Exit codes: 0 bit-identical, 1 not, or inputs that differ, 2 misuse, something that\n"
	"cannot be read, or a build that fails.\n";

enum {
	OPT_RECIPE = 1,
	OPT_INPUTS,
	OPT_INPUT,
	OPT_SIGN_KEY,
	OPT_SIGN_PIN_FILE,
	OPT_SIGN_MODULE,
	OPT_KEEP,
	OPT_JSON,
	OPT_VERBOSE,
	OPT_HELP
};

static const struct option words[] = {
	{"recipe", required_argument, NULL, OPT_RECIPE},
	{"inputs", required_argument, NULL, OPT_INPUTS},
	{"input", required_argument, NULL, OPT_INPUT},
	{"sign-key", required_argument, NULL, OPT_SIGN_KEY},
	{"sign-pin-file", required_argument, NULL, OPT_SIGN_PIN_FILE},
	{"sign-module", required_argument, NULL, OPT_SIGN_MODULE},
	{"keep", required_argument, NULL, OPT_KEEP},
	{"json", no_argument, NULL, OPT_JSON},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static bool take_input(struct reproduce_request *request, const char *word)
{
	const char *path = strchr(word, '=');
	enum recipe_role role;

	if (!path || !path[1])
		return complain("--input %s: it takes ROLE=PATH", word);
	if (!recipe_role_by_name(word, (size_t)(path - word), &role))
		return complain("--input %s: there is no such role "
				"(protostar reproduce --help)",
			word);
	if (request->paths[role])
		return complain("--input %s: this role was given already", word);
	request->paths[role] = path + 1;
	return true;
}

static const char **plain_option(struct reproduce_request *request, int code)
{
	switch (code) {
	case OPT_RECIPE:
		return &request->recipe;
	case OPT_INPUTS:
		return &request->inputs;
	case OPT_SIGN_KEY:
		return &request->sign.key;
	case OPT_SIGN_PIN_FILE:
		return &request->sign.pin_file;
	case OPT_SIGN_MODULE:
		return &request->sign.module;
	case OPT_KEEP:
		return &request->keep;
	}
	return NULL;
}

static bool take(struct reproduce_request *request, int code)
{
	const char **plain = plain_option(request, code);

	if (plain) {
		*plain = optarg;
		return true;
	}
	switch (code) {
	case OPT_INPUT:
		return take_input(request, optarg);
	case OPT_JSON:
		request->json = true;
		return true;
	case OPT_VERBOSE:
		progress_always();
		return true;
	}
	return false;
}

static bool complete(struct reproduce_request *request, int count, char **rest)
{
	struct sign_request sign = request->sign;

	if (count != 1)
		return complain("reproduce: it takes one IMAGE (protostar reproduce --help)");
	request->image = rest[0];
	if (!request->recipe)
		return complain("reproduce: --recipe is missing (protostar reproduce --help)");
	/* The certificate is an input of the recipe, so that it is found and checked as those are.
	 */
	if (sign.key)
		sign.cert = "";
	return sign_request_complete(&sign);
}

int reproduce_options(int argc, char **argv, struct reproduce_request *out)
{
	struct reproduce_request request = {0};
	int code;

	while ((code = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (code == OPT_HELP) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (!take(&request, code))
			return EXIT_MISUSE;
	}
	if (!complete(&request, argc - optind, argv + optind))
		return EXIT_MISUSE;
	*out = request;
	return -1;
}
