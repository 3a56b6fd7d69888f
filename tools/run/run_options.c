#include "tools/run/run_options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/number.h"
#include "tools/lib/report.h"

#define MEMORY_MIB_MIN 256u
#define MEMORY_MIB_MAX (4u << 20)
#define DISK_MIB_MIN   32u
#define DISK_MIB_MAX   (8u << 20)
#define CPUS_MAX       64u
#define SERIAL_MAX     20u /* characters that a virtio disk's serial has */

static const char help[] =
	"usage: protostar run DIR [OPTION...]\n"
	"\n"
	"Boots the image that protostar build left in DIR: QEMU with OVMF, a TPM (swtpm), a state\n"
	"disk and a user network. The console is this terminal's; Ctrl-A X ends the machine. TPM,\n"
	"state disk and firmware variables are kept, so that a second run is the same machine.\n"
	"The TPM proves nothing: this is for trying an image, not for production.\n"
	"\n"
	"  --service ADDR:PORT  where protostar serve listens here, 127.0.0.1:PORT; the guest\n"
	"                       finds it at the address that the image was built with.\n"
	"                       Default: at 10.0.2.2, which is this machine's 127.0.0.1\n"
	"  --memory SIZE        as 2G or 1536M; default: 1G\n"
	"  --cpus N             default: 2\n"
	"  --disk SIZE          of the state disk when it is made; default: 1G\n"
	"  --disk FILE          the state disk, made if missing; default: in the --state folder\n"
	"  --serial TEXT        the state disk's serial: no two machines of one join service may\n"
	"                       have the same. Default: what the image looks for, and where that\n"
	"                       leaves it open, a number of this machine's own\n"
	"  --forward PORT:PORT  a TCP port of 127.0.0.1, or ADDR:PORT of this machine, that leads\n"
	"                       to a port of the guest; can be given often\n"
	"  --state DIR          where the machine is kept; default: DIR.machine beside the image\n"
	"  --tpm-state DIR      where its TPM is kept; default: in the --state folder\n"
	"  --once               a new machine, thrown away when it is off\n"
	"  --secure-boot        firmware with Secure Boot on, which trusts --sign-cert alone\n"
	"  --sign-cert FILE     the certificate that the image was signed with, PEM or DER\n"
	"  --firmware FILE      OVMF's code; default: the installed one\n"
	"  --vars FILE          OVMF's variables as a machine begins; goes with --firmware\n"
	"  --accelerator NAME   kvm, tcg, or auto (default): kvm where a trial shows that it works\n"
	"  --log FILE           a copy of the console; an old file is replaced\n"
	"  --dry-run            print the commands and stop\n"
	"  --verbose            show progress even when stderr is no terminal\n"
	"  --help               this text\n"
	"\n"
	"Exit codes: 0 the guest started its init and is off, or was ended from the keyboard after\n"
	"that; 1 it was refused (its error code is named), failed, or was ended before; 2 misuse, or\n"
	"a program is missing.\n";

enum {
	OPT_SERVICE = 1,
	OPT_MEMORY,
	OPT_CPUS,
	OPT_DISK,
	OPT_SERIAL,
	OPT_FORWARD,
	OPT_STATE,
	OPT_TPM_STATE,
	OPT_ONCE,
	OPT_SECURE_BOOT,
	OPT_SIGN_CERT,
	OPT_FIRMWARE,
	OPT_VARS,
	OPT_ACCELERATOR,
	OPT_LOG,
	OPT_DRY_RUN,
	OPT_VERBOSE,
	OPT_HELP
};

static const struct option rows[] = {
	{"service", required_argument, NULL, OPT_SERVICE},
	{"memory", required_argument, NULL, OPT_MEMORY},
	{"cpus", required_argument, NULL, OPT_CPUS},
	{"disk", required_argument, NULL, OPT_DISK},
	{"serial", required_argument, NULL, OPT_SERIAL},
	{"forward", required_argument, NULL, OPT_FORWARD},
	{"state", required_argument, NULL, OPT_STATE},
	{"tpm-state", required_argument, NULL, OPT_TPM_STATE},
	{"once", no_argument, NULL, OPT_ONCE},
	{"secure-boot", no_argument, NULL, OPT_SECURE_BOOT},
	{"sign-cert", required_argument, NULL, OPT_SIGN_CERT},
	{"firmware", required_argument, NULL, OPT_FIRMWARE},
	{"vars", required_argument, NULL, OPT_VARS},
	{"accelerator", required_argument, NULL, OPT_ACCELERATOR},
	{"log", required_argument, NULL, OPT_LOG},
	{"dry-run", no_argument, NULL, OPT_DRY_RUN},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

bool size_read(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out_mib)
{
	static const char units[] = "MGT";
	size_t digits = strspn(text, "0123456789");
	const char *unit = strchr(units, toupper((unsigned char)text[digits]));
	unsigned shift = text[digits] && unit ? 10 * (unsigned)(unit - units) : 0;
	uint64_t number = strtoull(text, NULL, 10);

	if (!digits || digits > 9 || (text[digits] && (!unit || text[digits + 1])) ||
		number << shift < min || number << shift > max)
		return complain("%s %s: it takes a size from %lluM to %lluG, such as 2G", option,
			text, (unsigned long long)min, (unsigned long long)max >> 10);
	*out_mib = number << shift;
	return true;
}

static bool forward_refuse(const char *text)
{
	return complain("--forward %s: it takes PORT:PORT or ADDR:PORT:PORT, this machine's port "
			"and the guest's",
		text);
}

static bool port_read(const char *text, size_t len, uint16_t *out)
{
	char number[6];

	if (!len || len >= sizeof(number) || strspn(text, "0123456789") < len)
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	if (strtoul(number, NULL, 10) == 0 || strtoul(number, NULL, 10) > UINT16_MAX)
		return false;
	*out = (uint16_t)strtoul(number, NULL, 10);
	return true;
}

bool forward_read(const char *text, struct forward *out)
{
	struct forward f = {.address.s_addr = htonl(INADDR_LOOPBACK)};
	const char *last = strrchr(text, ':'), *port = text;
	char address[INET_ADDRSTRLEN];
	const char *colon = last ? memchr(text, ':', (size_t)(last - text)) : NULL;

	if (colon) {
		size_t len = (size_t)(colon - text);

		if (len >= sizeof(address))
			return forward_refuse(text);
		memcpy(address, text, len);
		address[len] = '\0';
		if (inet_pton(AF_INET, address, &f.address) != 1)
			return forward_refuse(text);
		port = colon + 1;
	}
	if (!last || !port_read(port, (size_t)(last - port), &f.host_port) ||
		!port_read(last + 1, strlen(last + 1), &f.guest_port))
		return forward_refuse(text);
	*out = f;
	return true;
}

static bool add_forward(struct run_options *o, const char *text)
{
	if (o->forward_count == FORWARDS_MAX)
		return complain("--forward: more than %u of them", FORWARDS_MAX);
	return forward_read(text, &o->forwards[o->forward_count++]);
}

/* A number is the size, anything else the file; "./8" is a file too. */
static bool set_disk(struct run_options *o, const char *text)
{
	if (isdigit((unsigned char)*text))
		return size_read("--disk", text, DISK_MIB_MIN, DISK_MIB_MAX, &o->disk_mib);
	o->disk = text;
	return *text || complain("--disk: it takes a size or a file");
}

bool serial_fits(const char *text)
{
	size_t len = strlen(text);

	return len && len <= SERIAL_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
		       len;
}

static bool set_serial(struct run_options *o, const char *text)
{
	o->serial = text;
	return serial_fits(text) ||
	       complain("--serial %s: it takes 1 to %u letters, digits and -._", text, SERIAL_MAX);
}

static bool set_accelerator(struct run_options *o, const char *text)
{
	o->accelerator = text;
	return strcmp(text, "auto") == 0 || strcmp(text, "kvm") == 0 || strcmp(text, "tcg") == 0 ||
	       complain("--accelerator %s: it takes auto, kvm or tcg", text);
}

/* The options that are one path or text each; NULL for another. */
static const char **plain_option(struct run_options *o, int code)
{
	switch (code) {
	case OPT_SERVICE:
		return &o->service;
	case OPT_STATE:
		return &o->state;
	case OPT_TPM_STATE:
		return &o->tpm;
	case OPT_SIGN_CERT:
		return &o->certificate;
	case OPT_FIRMWARE:
		return &o->code;
	case OPT_VARS:
		return &o->variables;
	case OPT_LOG:
		return &o->log;
	}
	return NULL;
}

static bool take(struct run_options *o, int code)
{
	const char **plain = plain_option(o, code);

	if (plain) {
		*plain = optarg;
		return true;
	}
	switch (code) {
	case OPT_MEMORY:
		return size_read(
			"--memory", optarg, MEMORY_MIB_MIN, MEMORY_MIB_MAX, &o->memory_mib);
	case OPT_CPUS:
		return number_read("--cpus", optarg, 10, 1, CPUS_MAX, &o->cpus);
	case OPT_DISK:
		return set_disk(o, optarg);
	case OPT_SERIAL:
		return set_serial(o, optarg);
	case OPT_FORWARD:
		return add_forward(o, optarg);
	case OPT_ACCELERATOR:
		return set_accelerator(o, optarg);
	case OPT_ONCE:
		return o->once = true;
	case OPT_SECURE_BOOT:
		return o->secure_boot = true;
	case OPT_DRY_RUN:
		return o->dry_run = true;
	case OPT_VERBOSE:
		progress_always();
		return true;
	}
	return false;
}

static bool complete(const struct run_options *o)
{
	if (!o->image)
		return complain("run: the folder that protostar build --out wrote is missing "
				"(protostar run --help)");
	if (o->secure_boot && !o->certificate)
		return complain("--secure-boot needs --sign-cert FILE: the certificate that the "
				"image was signed with, which the firmware is to trust");
	if (!o->code != !o->variables)
		return complain(
			"--firmware and --vars go together: one build's code and variables");
	if (o->once && (o->state || o->tpm || o->disk))
		return complain("--once makes a new machine: it goes with neither --state, "
				"--tpm-state nor a file for --disk");
	return true;
}

int run_options_read(int argc, char **argv, struct run_options *out)
{
	struct run_options o = {
		.memory_mib = MEMORY_MIB_DEFAULT, .cpus = CPUS_DEFAULT, .accelerator = "auto"};
	int code;

	while ((code = getopt_long(argc, argv, "", rows, NULL)) != -1) {
		if (code == OPT_HELP) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (!take(&o, code))
			return EXIT_MISUSE;
	}
	if (optind < argc)
		o.image = argv[optind++];
	if (optind < argc) {
		complain("run: \"%s\" is one argument too many (protostar run --help)",
			argv[optind]);
		return EXIT_MISUSE;
	}
	if (!complete(&o))
		return EXIT_MISUSE;
	*out = o;
	return -1;
}
