/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/request.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bank.h"
#include "tools/lib/bytes.h"
#include "tools/measure/firmware/profile.h"

static const char *const dialects[] = {"auto", "protostar", "lanzaboote", "systemd-252",
	"systemd-253", "systemd-254", "systemd-255", "systemd-256", "systemd-257", "systemd-258",
	"systemd-259", "systemd-260", "systemd-261", "systemd-262", NULL};

static bool take_dialect(void *into, const struct option_use *use)
{
	struct measure_request *request = into;

	return stub_dialect_by_name(use->value, &request->stub.dialect) ||
	       option_refuse(
		       use, "it takes auto, protostar, lanzaboote, or systemd-252 to systemd-262");
}

static bool take_stage(void *into, const struct option_use *use)
{
	struct measure_request *request = into;

	if (!request->stage_count)
		request->stage_count = 1; /* the first one is for request_image() */
	if (request->stage_count == REQUEST_STAGES_MAX)
		return option_refuse(
			use, "it can be given %u times at most", REQUEST_STAGES_MAX - 1);
	request->stages[request->stage_count++] = use->value;
	return true;
}

static const char *const phases[] = {
	[PHASE_JOIN] = "join",
	[PHASE_BOOTED] = "booted",
	[PHASE_SEPARATED] = "separated",
	NULL,
};

const struct option_row request_boot_rows[] = {
	{"then", "IMAGE", OPTION_PATH, .take = take_stage, .repeat = true,
		.help = "another image that the one before starts; the last is the UKI"},
	{"dialect", "NAME", OPTION_TEXT, .take = take_dialect, .choices = dialects,
		.help = "whose rules the stub follows: protostar, systemd-252 to systemd-262, "
			"lanzaboote; auto (default): as the image says"},
	{"load-options", "TEXT", OPTION_TEXT,
		OPTION_INTO(struct measure_request, stub.load_options), .raw = true,
		.help = "the command line that is passed to the stub"},
	{"uki-profile", "N", OPTION_NUMBER, OPTION_INTO(struct measure_request, stub.profile),
		.max = 255, .help = "the UKI's profile (default 0)"},
	{"extra-dir", "FOLDER", OPTION_FOLDER, OPTION_INTO(struct measure_request, stub.extra_dir),
		.help = "the UKI's .extra.d folder: credentials and extensions"},
	{"confidential", .kind = OPTION_FLAG,
		OPTION_INTO(struct measure_request, stub.confidential),
		.help = "a confidential VM: newer stubs then take less from outside"},
	{"phase", "NAME", OPTION_CHOICE, OPTION_INTO(struct measure_request, phase),
		.choices = phases,
		.help = "join (default): as the node joins; booted: once init runs; separated: "
			"once systemd, from 261 on, has measured os-separator"},
	{0},
};

const char *const request_bank_names[] = {"sha1", "sha256", "sha384", "sha512", "all", NULL};

bool request_take_banks(void *into, const struct option_use *use)
{
	unsigned *banks = (unsigned *)(void *)((uint8_t *)into + use->row->offset);

	for (const char *at = use->value;; at++) {
		size_t len = strcspn(at, ",");
		char *name = must_format("%.*s", (int)len, at);
		bool all = strcmp(name, "all") == 0;
		enum bank bank = BANK_SHA256;
		bool known = all || bank_by_name(name, &bank);

		free(name);
		if (!known)
			return option_refuse(use, "it takes sha1, sha256, sha384, sha512 or all");
		*banks |= all ? BANK_BIT(BANK_COUNT) - 1 : BANK_BIT(bank);
		at += len;
		if (!*at)
			return true;
	}
}

static const char *const secure_boot_states[] = {"unset", "off", "on", NULL};

static bool take_attempts(void *into, const struct option_use *use)
{
	struct measure_request *request = into;

	request->firmware.failed_attempts = (unsigned)use->number - 1;
	return true;
}

#define LIST(number) \
	OPTION_LIST(struct measure_request, firmware.lists[number], firmware.list_counts[number])

const struct option_row request_machine_rows[] = {
	{"profile", "NAME", OPTION_NAME, OPTION_INTO(struct measure_request, firmware.profile),
		.choices = profile_names,
		.help = "the platform (default qemu-ovmf). Known of PCR 0 to 3, whatever files are "
			"given: qemu-ovmf 2, 3; aws 2, 3; gcp 2, 3; azure 1, 2, 3; uefi none"},
	{"firmware", "FILE", OPTION_FILE, OPTION_INTO(struct measure_request, firmware.code),
		.help = "its firmware: an OVMF image"},
	{"vars", "FILE", OPTION_FILE, OPTION_INTO(struct measure_request, firmware.vars),
		.help = "its variable store"},
	{"secure-boot", "STATE", OPTION_CHOICE,
		OPTION_INTO(struct measure_request, firmware.secure_boot),
		.choices = secure_boot_states, .min = SECURE_BOOT_UNSET,
		.help = "on, off or unset"},
	{"pk", "FILE", OPTION_FILE, LIST(LIST_PK),
		.help = "a signature list or certificate of that variable, all of it as it will "
			"be, in place of what --vars has; repeatable; GUID:FILE says the owner "
			"of a certificate"},
	{"kek", "FILE", OPTION_FILE, LIST(LIST_KEK), .help = "the same of KEK"},
	{"db", "FILE", OPTION_FILE, LIST(LIST_DB), .help = "of db, what may start"},
	{"dbx", "FILE", OPTION_FILE, LIST(LIST_DBX), .help = "of dbx, what may not"},
	{"dbt", "FILE", OPTION_FILE, LIST(LIST_DBT), .help = "of dbt, whose timestamps count"},
	{"dbr", "FILE", OPTION_FILE, LIST(LIST_DBR), .help = "of dbr, what may recover the system"},
	{"boot-attempts", "N", OPTION_NUMBER, .take = take_attempts, .min = 1, .max = 64,
		.help = "which boot option, counted in tries, is the one that boots (default 1)"},
	{"boot-option", "FILE", OPTION_FILE,
		OPTION_LIST(
			struct measure_request, firmware.boot_options, firmware.boot_option_count),
		.help = "contents of a Boot#### variable, in boot order; repeatable"},
	{"bank", "NAMES", OPTION_TEXT, OPTION_INTO(struct measure_request, banks),
		.take = request_take_banks, .repeat = true, .choices = request_bank_names,
		.help = "sha1, sha256 (default), sha384, sha512, all; repeatable"},
	{0},
};

void request_image(struct measure_request *request, const char *path)
{
	request->stages[0] = path;
	if (!request->stage_count)
		request->stage_count = 1;
}
