#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/build/build.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/profile.h"

static const char help[] =
	"usage: protostar build OPTION...\n"
	"\n"
	"Makes a unified kernel image and a disk image that boots it, and predicts their PCRs.\n"
	"\n"
	"  --kernel FILE        kernel: a bzImage with EFI stub, such as /boot/vmlinuz-VERSION\n"
	"  --modules-dir DIR    its modules: lib/modules/VERSION, after depmod\n"
	"  --platform NAME      machines whose disk and network drivers the initrd gets: qemu,\n"
	"                       aws, gcp, azure, or all (default)\n"
	"  --module NAME        one more module that the guest needs, or an alias; can be given\n"
	"                       often\n"
	"  --root PATH          root file system: a folder, a tar file (compressed or not), or an\n"
	"                       erofs, squashfs or ext4 image\n"
	"  --root-format NAME   erofs (default for a folder) or squashfs (default for a tar file)\n"
	"  --keep-owners        keep the owners of the files in the folder; default: all root's\n"
	"  --early FILE         PID 1: protostar-early\n"
	"  --stub FILE          UEFI stub: protostar-stub.efi\n"
	"  --service ADDR:PORT  join service; can be given up to 8 times: ways to one service or\n"
	"                       its standby, never to two with a store each\n"
	"  --pin HEX            SHA-256 of the join service's public key (current, then next)\n"
	"  --option KEY=VALUE   a protostar.* setting; can be given often\n"
	"  --cmdline TEXT       words for the kernel and init, such as \"console=ttyS0\"\n"
	"  --osrel FILE         os-release text for the image\n"
	"  --profile NAME       the platform whose PCRs measurements.json has beside the image's\n"
	"                       own: qemu-ovmf, aws, gcp and azure, PCR 2 and 3; uefi, which is\n"
	"                       any other, neither. Default: --platform's, qemu-ovmf for all\n"
	"  --format NAME        the disk image: raw (default, disk.img), gcp (disk.tar.gz, for\n"
	"                       Compute Engine), vhd (disk.vhd, fixed, for Azure) or qcow2\n"
	"                       (disk.qcow2)\n"
	"  --sign-key KEY       sign the UKI for Secure Boot: a PEM file, or a PKCS#11 URI\n"
	"  --sign-cert FILE     the key's certificate, PEM or DER\n"
	"  --sign-pin-file FILE file with the PIN or passphrase of the key\n"
	"  --sign-module FILE   PKCS#11 module; default: all that p11-kit knows\n"
	"  --out DIR            output folder; a former output there is replaced\n"
	"  --verbose            show progress even when stderr is no terminal\n"
	"  --help               this text\n"
	"\n"
	"Makes DIR/disk.img (or what --format says), DIR/uki.efi, DIR/initrd.img, DIR/cmdline,\n"
	"DIR/measurements.json, DIR/manifest.json, DIR/sbom.spdx.json (what is inside) and\n"
	"DIR/recipe.json, from which protostar reproduce builds it again.\n";

enum {
	OPT_KERNEL = 1,
	OPT_MODULES_DIR,
	OPT_MODULE,
	OPT_PLATFORM,
	OPT_ROOT,
	OPT_ROOT_FORMAT,
	OPT_KEEP_OWNERS,
	OPT_EARLY,
	OPT_STUB,
	OPT_SERVICE,
	OPT_PIN,
	OPT_OPTION,
	OPT_CMDLINE,
	OPT_OSREL,
	OPT_PROFILE,
	OPT_FORMAT,
	OPT_SIGN_KEY,
	OPT_SIGN_CERT,
	OPT_SIGN_PIN_FILE,
	OPT_SIGN_MODULE,
	OPT_OUT,
	OPT_VERBOSE,
	OPT_HELP
};

static const struct option words[] = {
	{"kernel", required_argument, NULL, OPT_KERNEL},
	{"modules-dir", required_argument, NULL, OPT_MODULES_DIR},
	{"module", required_argument, NULL, OPT_MODULE},
	{"platform", required_argument, NULL, OPT_PLATFORM},
	{"root", required_argument, NULL, OPT_ROOT},
	{"root-format", required_argument, NULL, OPT_ROOT_FORMAT},
	{"keep-owners", no_argument, NULL, OPT_KEEP_OWNERS},
	{"early", required_argument, NULL, OPT_EARLY},
	{"stub", required_argument, NULL, OPT_STUB},
	{"service", required_argument, NULL, OPT_SERVICE},
	{"pin", required_argument, NULL, OPT_PIN},
	{"option", required_argument, NULL, OPT_OPTION},
	{"cmdline", required_argument, NULL, OPT_CMDLINE},
	{"osrel", required_argument, NULL, OPT_OSREL},
	{"profile", required_argument, NULL, OPT_PROFILE},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"sign-key", required_argument, NULL, OPT_SIGN_KEY},
	{"sign-cert", required_argument, NULL, OPT_SIGN_CERT},
	{"sign-pin-file", required_argument, NULL, OPT_SIGN_PIN_FILE},
	{"sign-module", required_argument, NULL, OPT_SIGN_MODULE},
	{"out", required_argument, NULL, OPT_OUT},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static bool add_to_list(const char **list, size_t *count, const char *value)
{
	if (*count == BUILD_LIST_MAX)
		return complain("more than %u of one option", BUILD_LIST_MAX);
	list[(*count)++] = value;
	return true;
}

static void add_after_comma(char **text, const char *value)
{
	char *longer = *text ? must_format("%s,%s", *text, value) : must_dup(value);

	free(*text);
	*text = longer;
}

static bool set_format(struct build_options *o, const char *name)
{
	if (strcmp(name, "erofs") == 0)
		o->root_format = ROOT_EROFS;
	else if (strcmp(name, "squashfs") == 0)
		o->root_format = ROOT_SQUASHFS;
	else if (strcmp(name, "ext4") == 0)
		return complain("--root-format ext4: mke2fs writes the time of the copy into every "
				"file, so no two builds would be alike; take erofs or squashfs, or "
				"give a finished ext4 image with --root");
	else
		return complain("--root-format %s: it takes erofs or squashfs", name);
	return true;
}

/* The options that are one path or text each; NULL for another. */
static const char **plain_option(struct build_options *o, int code)
{
	switch (code) {
	case OPT_KERNEL:
		return &o->kernel;
	case OPT_MODULES_DIR:
		return &o->modules_dir;
	case OPT_ROOT:
		return &o->root;
	case OPT_EARLY:
		return &o->early;
	case OPT_STUB:
		return &o->stub;
	case OPT_CMDLINE:
		return &o->cmdline;
	case OPT_OSREL:
		return &o->osrel;
	case OPT_SIGN_KEY:
		return &o->sign.key;
	case OPT_SIGN_CERT:
		return &o->sign.cert;
	case OPT_SIGN_PIN_FILE:
		return &o->sign.pin_file;
	case OPT_SIGN_MODULE:
		return &o->sign.module;
	case OPT_OUT:
		return &o->out;
	}
	return NULL;
}

static bool take(struct build_options *o, int code)
{
	const char **plain = plain_option(o, code);

	if (plain) {
		*plain = optarg;
		return true;
	}
	switch (code) {
	case OPT_PROFILE:
		o->profile = optarg;
		return profile_find(optarg) != NULL;
	case OPT_PLATFORM:
		return platform_by_name(optarg, &o->platform) ||
		       complain("--platform %s: it takes all, qemu, aws, gcp or azure", optarg);
	case OPT_MODULE:
		return add_to_list(o->modules, &o->module_count, optarg);
	case OPT_OPTION:
		return add_to_list(o->settings, &o->setting_count, optarg);
	case OPT_SERVICE:
		add_after_comma(&o->service, optarg);
		return true;
	case OPT_PIN:
		add_after_comma(&o->pin, optarg);
		return true;
	case OPT_ROOT_FORMAT:
		return set_format(o, optarg);
	case OPT_FORMAT:
		return disk_container_by_name(optarg, &o->format) ||
		       complain("--format %s: it takes raw, gcp, vhd or qcow2", optarg);
	case OPT_KEEP_OWNERS:
		o->keep_owners = true;
		return true;
	case OPT_VERBOSE:
		progress_always();
		return true;
	}
	return false;
}

static bool complete(const struct build_options *o)
{
	const struct {
		const char *value, *name;
	} needed[] = {
		{o->kernel, "--kernel"},
		{o->modules_dir, "--modules-dir"},
		{o->root, "--root"},
		{o->early, "--early"},
		{o->stub, "--stub"},
		{o->service, "--service"},
		{o->pin, "--pin"},
		{o->out, "--out"},
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!needed[i].value)
			return complain(
				"build: %s is missing (protostar build --help)", needed[i].name);
	return sign_request_complete(&o->sign);
}

int options_read(int argc, char **argv, struct build_options *out)
{
	struct build_options o = {.platform = PLATFORM_ALL};
	int code, result = -1;

	while (result < 0 && (code = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (code == OPT_HELP) {
			fputs(help, stdout);
			result = EXIT_DONE;
		} else if (!take(&o, code)) {
			result = EXIT_MISUSE;
		}
	}
	if (result < 0 && optind < argc) {
		complain("build: \"%s\" is no option (protostar build --help)", argv[optind]);
		result = EXIT_MISUSE;
	}
	if (result < 0 && !complete(&o))
		result = EXIT_MISUSE;
	if (!o.profile)
		o.profile = platform_profile(o.platform);
	if (result >= 0)
		options_free(&o);
	else
		*out = o;
	return result;
}

void options_free(struct build_options *options)
{
	free(options->service);
	free(options->pin);
	*options = (struct build_options){0};
}
