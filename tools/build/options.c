/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `protostar build`. */
#include <stdlib.h>
#include <string.h>
#include "tools/build/build.h"
#include "tools/build/cmdline.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/profile.h"

static void add_after_comma(char **text, const char *value)
{
	char *longer = *text ? must_format("%s,%s", *text, value) : must_dup(value);

	free(*text);
	*text = longer;
}

static bool take_service(void *into, const struct option_use *use)
{
	add_after_comma(&((struct build_options *)into)->service, use->value);
	return true;
}

static bool take_pin(void *into, const struct option_use *use)
{
	add_after_comma(&((struct build_options *)into)->pin, use->value);
	return true;
}

static bool take_operator(void *into, const struct option_use *use)
{
	add_after_comma(&((struct build_options *)into)->operators, use->value);
	return true;
}

/* Another setting; *owned becomes its text. */
static bool add_setting(struct build_options *o, char **owned, const char *key, const char *value)
{
	if (o->setting_count == BUILD_LIST_MAX)
		return false;
	*owned = must_format("%s=%s", key, value);
	o->settings[o->setting_count++] = *owned;
	return true;
}

static bool take_listen(void *into, const struct option_use *use)
{
	struct build_options *o = into;

	return add_setting(o, &o->own_listen, "protostar.listen", use->value) ||
	       option_refuse(use, "there are too many settings");
}

#define EVIDENCE_PREFIX CMDLINE_EVIDENCE "="

/* What serve prints begins with the key; the value alone will do, too. */
static bool take_service_evidence(void *into, const struct option_use *use)
{
	struct build_options *o = into;
	bool whole = strncmp(use->value, EVIDENCE_PREFIX, strlen(EVIDENCE_PREFIX)) == 0;

	return add_setting(o, &o->own_evidence, CMDLINE_EVIDENCE,
		       use->value + (whole ? strlen(EVIDENCE_PREFIX) : 0)) ||
	       option_refuse(use, "there are too many settings");
}

static const char *const root_formats[] = {"erofs", "squashfs", NULL};

static bool take_root_format(void *into, const struct option_use *use)
{
	struct build_options *o = into;

	if (strcmp(use->value, "ext4") == 0)
		return option_refuse(use,
			"mke2fs writes the time of the copy into every file, so no "
			"two builds would be alike; take erofs or squashfs, or "
			"give a finished ext4 image with --root");
	return root_format_by_name(use->value, &o->root_format) ||
	       option_refuse(use, "it takes erofs or squashfs");
}

static const struct option_row rows[] = {
	{"kernel", "FILE", OPTION_FILE, OPTION_INTO(struct build_options, kernel), .required = true,
		.help = "kernel: a bzImage with EFI stub, such as /boot/vmlinuz-VERSION"},
	{"modules-dir", "DIR", OPTION_FOLDER, OPTION_INTO(struct build_options, modules_dir),
		.required = true, .help = "its modules: lib/modules/VERSION, after depmod"},
	{"platform", "NAME", OPTION_CHOICE, OPTION_INTO(struct build_options, platform),
		.choices = platform_names,
		.help = "machines whose disk and network drivers the initrd gets: qemu, aws, gcp, "
			"azure, or all (default)"},
	{"module", "NAME", OPTION_TEXT, OPTION_LIST(struct build_options, modules, module_count),
		.help = "one more module that the guest needs, or an alias; can be given often"},
	{"root", "PATH", OPTION_PATH, OPTION_INTO(struct build_options, root), .required = true,
		.help = "root file system: a folder, a tar file (compressed or not), a container "
			"image (an OCI image layout, or what docker save or podman save wrote), or "
			"an erofs, squashfs or ext4 image"},
	{"root-tag", "NAME", OPTION_TEXT, OPTION_INTO(struct build_options, root_tag),
		.help = "which of several container images: its name or digest"},
	{"root-format", "NAME", OPTION_TEXT, .take = take_root_format, .choices = root_formats,
		.help = "erofs (default for a folder) or squashfs (default for a tar file and a "
			"container image)"},
	{"keep-owners", .kind = OPTION_FLAG, OPTION_INTO(struct build_options, keep_owners),
		.help = "keep the owners of the files in the folder; default: all root's"},
	{"early", "FILE", OPTION_FILE, OPTION_INTO(struct build_options, early),
		.help = "PID 1; default: the protostar-early of this program's build"},
	{"stub", "FILE", OPTION_FILE, OPTION_INTO(struct build_options, stub),
		.help = "UEFI stub; default: this build's protostar-stub.efi"},
	{"service", "ADDR:PORT", OPTION_TEXT, .take = take_service, .repeat = true,
		.help = "join service; can be given up to 8 times: ways to one service or its "
			"standby, never to two with a store each; may only be left out with "
			"--operator"},
	{"pin", "HEX", OPTION_TEXT, .take = take_pin, .repeat = true,
		.help = "SHA-256 of the join service's public key (current, then next); may only "
			"be left out with --service-evidence"},
	{"service-evidence", "TEXT", OPTION_TEXT, .take = take_service_evidence, .once = true,
		.help = "what the join service's machine has to prove, as protostar serve "
			"--evidence-option prints it; beside the pin or in its place"},
	{"operator", "HEX", OPTION_TEXT, .take = take_operator, .repeat = true,
		.help = "SHA-256 of the public key of an operator (at most two), who may serve the "
			"node with protostar init or recover when no service answers; with "
			"--listen"},
	{"listen", "PORT", OPTION_TEXT, .take = take_listen, .once = true,
		.help = "where the node waits for its operator"},
	{"option", "KEY=VALUE", OPTION_TEXT,
		OPTION_LIST(struct build_options, settings, setting_count),
		.help = "a protostar.* setting; can be given often"},
	{"cmdline", "TEXT", OPTION_TEXT, OPTION_INTO(struct build_options, cmdline),
		.help = "words for the kernel and init, such as \"console=ttyS0\""},
	{"osrel", "FILE", OPTION_FILE, OPTION_INTO(struct build_options, osrel),
		.help = "os-release text for the image"},
	{"profile", "NAME", OPTION_NAME, OPTION_INTO(struct build_options, profile),
		.choices = profile_names,
		.help = "the platform whose PCRs measurements.json has beside the image's own: "
			"qemu-ovmf, aws, gcp and azure, PCR 2 and 3; uefi, which is any other, "
			"neither. Default: --platform's, qemu-ovmf for all"},
	{"format", "NAME", OPTION_CHOICE, OPTION_INTO(struct build_options, format),
		.choices = disk_container_names,
		.help = "the disk image: raw (default, disk.img), gcp (disk.tar.gz, for Compute "
			"Engine), vhd (disk.vhd, fixed, for Azure) or qcow2 (disk.qcow2)"},
	{"sign-key", "KEY", OPTION_FILE, OPTION_INTO(struct build_options, sign.key),
		.help = "sign the UKI for Secure Boot: a PEM file, or a PKCS#11 URI"},
	{"sign-cert", "FILE", OPTION_FILE, OPTION_INTO(struct build_options, sign.cert),
		.help = "the key's certificate, PEM or DER"},
	{0},
};

static const struct option_row out_rows[] = {
	{"out", "DIR", OPTION_FOLDER, OPTION_INTO(struct build_options, out), .required = true,
		.help = "output folder; a former output there is replaced"},
	{0},
};

static bool add_operators(struct build_options *o)
{
	return !o->operators || add_setting(o, &o->own_operators, CMDLINE_OPERATOR, o->operators) ||
	       command_refuse(&build_command, "there are too many settings");
}

static bool knows_service(const struct build_options *o)
{
	const struct cmdline_request request = {.service = o->service,
		.pin = o->pin,
		.settings = o->settings,
		.setting_count = o->setting_count};

	if (cmdline_knows_service(&request))
		return true;
	if (!o->service)
		return command_refuse(&build_command,
			"nothing says who serves the node: give --service (a join service), "
			"--operator and --listen (a person who comes to it), or both");
	return command_refuse(&build_command,
		"nothing says which join service is the right one: give --pin (its key), "
		"--service-evidence (what its machine has to prove), or both");
}

int options_read(int argc, char **argv, struct build_options *out)
{
	struct build_options o = {.platform = PLATFORM_ALL};
	int result = command_read(&build_command, argc, argv, &o);

	if (result < 0 &&
		(!add_operators(&o) || !knows_service(&o) || !sign_request_complete(&o.sign)))
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
	free(options->operators);
	free(options->own_evidence);
	free(options->own_operators);
	free(options->own_listen);
	free(options->own_stub);
	free(options->own_early);
	*options = (struct build_options){0};
}

const struct command build_command = {
	.name = "build",
	.summary = "kernel + root file system -> UKI, disk image, measurements",
	.usage = "--kernel\tFILE --modules-dir\tDIR --root\tPATH --service\tADDR:PORT --pin\tHEX | "
		 "--service-evidence\tTEXT | --operator\tHEX --listen\tPORT --out\tDIR [OPTION...]",
	.about = "Makes a unified kernel image and a disk image that boots it, and predicts their "
		 "PCRs.",
	.groups = {{.rows = rows},
		{.rows = sign_token_rows, .offset = offsetof(struct build_options, sign)},
		{.rows = out_rows}, {.rows = verbose_rows}},
	.notes = "Makes DIR/disk.img (or what --format says), DIR/uki.efi, DIR/initrd.img, "
		 "DIR/cmdline, DIR/measurements.json, DIR/manifest.json, DIR/sbom.spdx.json (what "
		 "is inside) and DIR/recipe.json, from which protostar reproduce builds it again.",
	.run = build_run,
};
