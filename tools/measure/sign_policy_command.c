#include <getopt.h>
#include <stdio.h>
#include "tools/lib/report.h"
#include "tools/measure/image_open.h"
#include "tools/measure/measure.h"
#include "tools/measure/output/output.h"
#include "tools/measure/output/pcr_signature.h"
#include "tools/measure/predict_boot.h"

static const char usage[] =
	"usage: protostar measure sign --private-key KEY [OPTION...] IMAGE\n"
	"\n"
	"Predicts PCR 11 of a boot of IMAGE and signs TPM policies for it: what systemd reads\n"
	"from a UKI's section .pcrsig. systemd-measure sign does the same from loose files.\n"
	"\n"
	"  --private-key KEY     an RSA key: a PEM file, or a PKCS#11 URI (pkcs11:token=...)\n"
	"  --public-key FILE     its public half in PEM; refused when it is another key's\n"
	"  --boot-phase PATH     phases that have been entered, with colons between; \"\" is the\n"
	"                        time before any; repeatable. Default: for systemd's stubs\n"
	"                        enter-initrd, and :leave-initrd, :sysinit, :ready after it; for\n"
	"                        ours, whose guests enter no phase, \"\"\n"
	"  --help                this text\n"
	"\n";

enum { OPT_KEY = 1, OPT_PUBLIC, OPT_BOOT_PHASE, OPT_HELP };

static const struct option own[] = {
	{"private-key", required_argument, NULL, OPT_KEY},
	{"public-key", required_argument, NULL, OPT_PUBLIC},
	{"boot-phase", required_argument, NULL, OPT_BOOT_PHASE},
	{"help", no_argument, NULL, OPT_HELP},
};

#define SIGNED_PCRS (1u << 11)

struct wish {
	struct measure_request request;
	const char *key, *public_path;
	const char *paths[PCR_SIGNATURE_PATHS_MAX];
	size_t path_count;
	bool help;
};

static bool add_path(struct wish *wish, const char *path)
{
	if (!pcr_signature_path_is(path))
		return complain("--boot-phase %s: it takes words with colons between", path);
	if (wish->path_count == PCR_SIGNATURE_PATHS_MAX)
		return complain("--boot-phase: at most %u are taken", PCR_SIGNATURE_PATHS_MAX);
	wish->paths[wish->path_count++] = path;
	return true;
}

static bool take(void *context, int code, const char *argument)
{
	struct wish *wish = context;

	if (code == OPT_BOOT_PHASE)
		return add_path(wish, argument);
	if (code == OPT_KEY)
		wish->key = argument;
	if (code == OPT_PUBLIC)
		wish->public_path = argument;
	wish->help = wish->help || code == OPT_HELP;
	return true;
}

/* Which phases the guest enters is its init's doing: it goes with the stub. */
static bool choose_paths(struct wish *wish, struct boot *boot)
{
	const struct measure_request *request = &wish->request;
	enum stub_dialect dialect = request->stub.dialect;
	struct boot_image uki;

	if (wish->path_count)
		return true;
	if (dialect == STUB_AUTO)
		if (!image_open(boot, request->stages[request->stage_count - 1], &uki) ||
			!stub_dialect_of(&uki, &dialect))
			return false;
	if (dialect == STUB_PROTOSTAR)
		return add_path(wish, "");
	for (size_t i = 0; i < pcr_signature_path_count; i++)
		if (!add_path(wish, pcr_signature_paths[i]))
			return false;
	return true;
}

static int sign(struct wish *wish, struct signing_key *key)
{
	struct bytes text = {0};
	struct boot boot;
	bool fine, unreadable;

	boot_init(&boot);
	fine = predict_boot(&wish->request, &boot) && choose_paths(wish, &boot) &&
	       pcr_signature(&boot, wish->paths, wish->path_count, key, &text);
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

int sign_policy_command(int argc, char **argv)
{
	struct signing_key *key;
	struct wish wish = {0};
	int first, code;

	if (!request_read(argc, argv, &wish.request, own, sizeof(own) / sizeof(own[0]), take, &wish,
		    &first))
		return EXIT_MISUSE;
	if (wish.help) {
		fputs(usage, stdout);
		fputs(request_help, stdout);
		return EXIT_DONE;
	}
	if (!wish.key || argc - first != 1) {
		complain("measure sign takes --private-key and one image (protostar measure sign "
			 "--help)");
		return EXIT_MISUSE;
	}
	request_image(&wish.request, argv[first]);
	key = signing_key_open(wish.key, wish.public_path);
	if (!key)
		return EXIT_REFUSED;
	code = sign(&wish, key);
	signing_key_close(key);
	return code;
}
