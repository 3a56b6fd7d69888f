/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/run_options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"

#define MEMORY_MIB_MIN 256u
#define MEMORY_MIB_MAX (4u << 20)
#define DISK_MIB_MIN   32u
#define DISK_MIB_MAX   (8u << 20)
#define CPUS_MAX       64u
#define SERIAL_MAX     20u /* characters that a virtio disk's serial has */

bool size_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out_mib)
{
	static const char units[] = "MGT";
	size_t digits = strspn(text, "0123456789");
	const char *unit = strchr(units, toupper((unsigned char)text[digits]));
	unsigned shift = text[digits] && unit ? 10 * (unsigned)(unit - units) : 0;
	uint64_t number = strtoull(text, NULL, 10);

	if (!digits || digits > 9 || (text[digits] && (!unit || text[digits + 1])) ||
		number << shift < min || number << shift > max)
		return false;
	*out_mib = number << shift;
	return true;
}

static bool port_parse(const char *text, size_t len, uint16_t *out)
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

bool forward_parse(const char *text, struct forward *out)
{
	struct forward f = {.address.s_addr = htonl(INADDR_LOOPBACK)};
	const char *last = strrchr(text, ':'), *port = text;
	char address[INET_ADDRSTRLEN];
	const char *colon = last ? memchr(text, ':', (size_t)(last - text)) : NULL;

	if (colon) {
		size_t len = (size_t)(colon - text);

		if (len >= sizeof(address))
			return false;
		memcpy(address, text, len);
		address[len] = '\0';
		if (inet_pton(AF_INET, address, &f.address) != 1)
			return false;
		port = colon + 1;
	}
	if (!last || !port_parse(port, (size_t)(last - port), &f.host_port) ||
		!port_parse(last + 1, strlen(last + 1), &f.guest_port))
		return false;
	*out = f;
	return true;
}

bool serial_fits(const char *text)
{
	size_t len = strlen(text);

	return len && len <= SERIAL_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
		       len;
}

static bool take_memory(void *into, const struct option_use *use)
{
	struct run_options *o = into;

	return size_parse(use->value, MEMORY_MIB_MIN, MEMORY_MIB_MAX, &o->memory_mib) ||
	       option_refuse(use, "it takes a size from 256M to 4T, such as 2G");
}

/* What begins with a digit is the size, anything else the file; "./8" is a file too. */
static bool take_disk(void *into, const struct option_use *use)
{
	struct run_options *o = into;

	if (isdigit((unsigned char)*use->value))
		return size_parse(use->value, DISK_MIB_MIN, DISK_MIB_MAX, &o->disk_mib) ||
		       option_refuse(use, "it takes a file, or a size from 32M to 8T, such as 2G");
	o->disk = use->value;
	return *use->value || option_refuse(use, "it takes a size or a file");
}

static bool take_serial(void *into, const struct option_use *use)
{
	((struct run_options *)into)->serial = use->value;
	return serial_fits(use->value) ||
	       option_refuse(use, "it takes 1 to %u letters, digits and -._", SERIAL_MAX);
}

static bool take_forward(void *into, const struct option_use *use)
{
	struct run_options *o = into;

	if (o->forward_count == FORWARDS_MAX)
		return option_refuse(use, "there are more than %u", FORWARDS_MAX);
	return forward_parse(use->value, &o->forwards[o->forward_count++]) ||
	       option_refuse(use, "it takes PORT:PORT or ADDR:PORT:PORT, this machine's port and "
				  "the guest's");
}

static const char *const accelerators[] = {"auto", "kvm", "tcg", NULL};

const struct option_row run_machine_rows[] = {
	{"service", "ADDR:PORT", OPTION_TEXT, OPTION_INTO(struct run_options, service),
		.help = "where protostar serve listens here, 127.0.0.1:PORT; the guest finds it at "
			"the address that the image was built with. Default: at 10.0.2.2, which is "
			"this machine's 127.0.0.1"},
	{"memory", "SIZE", OPTION_TEXT, .take = take_memory,
		.help = "of the guest, such as 2G or 1536M; default: 1G"},
	{"cpus", "N", OPTION_NUMBER, OPTION_INTO(struct run_options, cpus), .min = 1,
		.max = CPUS_MAX, .help = "its processors; default: 2"},
	{"forward", "PORT:PORT", OPTION_TEXT, .take = take_forward, .repeat = true,
		.help = "a TCP port of 127.0.0.1, or ADDR:PORT of this machine, that leads to a "
			"port of the guest; can be given often"},
	{"accelerator", "NAME", OPTION_NAME, OPTION_INTO(struct run_options, accelerator),
		.choices = accelerators,
		.help = "kvm, tcg, or auto (default): kvm where a trial shows that it works"},
	{"log", "FILE", OPTION_FILE, OPTION_INTO(struct run_options, log),
		.help = "a copy of the console; an old file is replaced"},
	{"dry-run", .kind = OPTION_FLAG, OPTION_INTO(struct run_options, dry_run),
		.help = "print the commands and stop"},
	{0},
};

const struct option_row run_state_rows[] = {
	{"state", "DIR", OPTION_FOLDER, OPTION_INTO(struct run_options, state),
		.help = "where the machine is kept; default: DIR.machine beside the image"},
	{"tpm-state", "DIR", OPTION_FOLDER, OPTION_INTO(struct run_options, tpm),
		.help = "where its TPM is kept; default: in the --state folder"},
	{"tpm-setup", "FILE", OPTION_FILE, OPTION_INTO(struct run_options, tpm_setup),
		.help = "a configuration of swtpm_setup, whose CA certifies a new TPM's "
			"endorsement keys; default: nobody certifies them"},
	{"disk", "SIZE|FILE", OPTION_TEXT, .take = take_disk, .repeat = true,
		.help = "the state disk's size when it is made (default: 1G), or the state disk, "
			"made if missing (default: in the --state folder); both can be given"},
	{"serial", "TEXT", OPTION_TEXT, .take = take_serial,
		.help = "the state disk's serial: no two machines of one join service may have the "
			"same. Default: what the image looks for, and where that leaves it open, a "
			"number of this machine's own"},
	{"once", .kind = OPTION_FLAG, OPTION_INTO(struct run_options, once),
		.help = "a new machine, thrown away when it is off"},
	{0},
};

const struct option_row run_firmware_rows[] = {
	{"secure-boot", .kind = OPTION_FLAG, OPTION_INTO(struct run_options, secure_boot),
		.help = "firmware with Secure Boot on, which trusts --sign-cert alone"},
	{"sign-cert", "FILE", OPTION_FILE, OPTION_INTO(struct run_options, certificate),
		.help = "the certificate that the image was signed with, PEM or DER"},
	{"firmware", "FILE", OPTION_FILE, OPTION_INTO(struct run_options, code),
		.help = "OVMF's code; default: the installed one"},
	{"vars", "FILE", OPTION_FILE, OPTION_INTO(struct run_options, variables),
		.help = "OVMF's variables as a machine begins; goes with --firmware"},
	{0},
};

static bool complete(const struct command *command, const struct run_options *o)
{
	if (o->secure_boot && !o->certificate)
		return command_refuse(command,
			"--secure-boot needs --sign-cert FILE: the certificate that the image was "
			"signed with, which the firmware is to trust");
	if (!o->code != !o->variables)
		return command_refuse(command,
			"--firmware and --vars go together: one build's code and variables");
	if (o->once && (o->state || o->tpm || o->disk))
		return command_refuse(command,
			"--once makes a new machine: it goes with neither --state, --tpm-state nor "
			"a file for --disk");
	return true;
}

int run_options_read(const struct command *command, int argc, char **argv, struct run_options *out)
{
	struct run_options o = {
		.memory_mib = MEMORY_MIB_DEFAULT, .cpus = CPUS_DEFAULT, .accelerator = "auto"};
	int code = command_read(command, argc, argv, &o);

	if (code < 0 && !complete(command, &o))
		code = EXIT_MISUSE;
	if (code < 0)
		*out = o;
	return code;
}
