#include "tools/measure/request.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/number.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/profile.h"

const char request_help[] =
	"What boots:\n"
	"  --then IMAGE          another image that the one before starts; the last is the UKI\n"
	"  --dialect NAME        whose rules the stub follows: protostar, systemd-252 to\n"
	"                        systemd-262, lanzaboote; auto (default): as the image says\n"
	"  --load-options TEXT   the command line that is passed to the stub\n"
	"  --uki-profile N       the UKI's profile (default 0)\n"
	"  --extra-dir FOLDER    the UKI's .extra.d folder: credentials and extensions\n"
	"  --confidential        a confidential VM: newer stubs then take less from outside\n"
	"  --phase NAME          join (default): as the node joins; booted: once init runs\n"
	"\n"
	"On what:\n"
	"  --profile NAME        the platform (default qemu-ovmf). Known of PCR 0 to 3, whatever\n"
	"                        files are given: qemu-ovmf 2, 3; aws 2, 3; gcp 2, 3;\n"
	"                        azure 1, 2, 3; uefi none\n"
	"  --firmware FILE       its firmware: an OVMF image\n"
	"  --vars FILE           its variable store\n"
	"  --secure-boot STATE   on, off or unset\n"
	"  --pk, --kek, --db, --dbx, --dbt, --dbr FILE\n"
	"                        a signature list or certificate of that variable, all of it as\n"
	"                        it will be, in place of what --vars has; repeatable;\n"
	"                        GUID:FILE says the owner of a certificate\n"
	"  --boot-attempts N     which boot option, counted in tries, is the one that boots\n"
	"                        (default 1)\n"
	"  --boot-option FILE    contents of a Boot#### variable, in boot order; repeatable\n"
	"  --bank NAMES          sha1, sha256 (default), sha384, sha512, all; repeatable\n";

enum {
	OPT_THEN = REQUEST_OPTION_FIRST,
	OPT_DIALECT,
	OPT_LOAD_OPTIONS,
	OPT_UKI_PROFILE,
	OPT_EXTRA_DIR,
	OPT_CONFIDENTIAL,
	OPT_PHASE,
	OPT_PROFILE,
	OPT_FIRMWARE,
	OPT_VARS,
	OPT_SECURE_BOOT,
	OPT_BOOT_ATTEMPTS,
	OPT_BOOT_OPTION,
	OPT_BANK,
	OPT_LISTS, /* and the next ones, in the order of LIST_PK and so on */
};

const struct option request_options[] = {
	{"then", required_argument, NULL, OPT_THEN},
	{"dialect", required_argument, NULL, OPT_DIALECT},
	{"load-options", required_argument, NULL, OPT_LOAD_OPTIONS},
	{"uki-profile", required_argument, NULL, OPT_UKI_PROFILE},
	{"extra-dir", required_argument, NULL, OPT_EXTRA_DIR},
	{"confidential", no_argument, NULL, OPT_CONFIDENTIAL},
	{"phase", required_argument, NULL, OPT_PHASE},
	{"profile", required_argument, NULL, OPT_PROFILE},
	{"firmware", required_argument, NULL, OPT_FIRMWARE},
	{"vars", required_argument, NULL, OPT_VARS},
	{"secure-boot", required_argument, NULL, OPT_SECURE_BOOT},
	{"boot-attempts", required_argument, NULL, OPT_BOOT_ATTEMPTS},
	{"boot-option", required_argument, NULL, OPT_BOOT_OPTION},
	{"bank", required_argument, NULL, OPT_BANK},
	{"pk", required_argument, NULL, OPT_LISTS + LIST_PK},
	{"kek", required_argument, NULL, OPT_LISTS + LIST_KEK},
	{"db", required_argument, NULL, OPT_LISTS + LIST_DB},
	{"dbx", required_argument, NULL, OPT_LISTS + LIST_DBX},
	{"dbt", required_argument, NULL, OPT_LISTS + LIST_DBT},
	{"dbr", required_argument, NULL, OPT_LISTS + LIST_DBR},
};
const size_t request_option_count = sizeof(request_options) / sizeof(request_options[0]);

static bool set_phase(struct measure_request *r, const char *name)
{
	if (strcmp(name, "join") != 0 && strcmp(name, "booted") != 0)
		return complain("--phase %s: it takes join or booted", name);
	r->phase = strcmp(name, "join") == 0 ? PHASE_JOIN : PHASE_BOOTED;
	return true;
}

static bool set_secure_boot(struct measure_request *r, const char *name)
{
	static const struct {
		const char *name;
		enum secure_boot state;
	} states[] = {
		{"on", SECURE_BOOT_ON}, {"off", SECURE_BOOT_OFF}, {"unset", SECURE_BOOT_UNSET}};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(states[i].name, name) != 0)
			continue;
		r->firmware.secure_boot = states[i].state;
		return true;
	}
	return complain("--secure-boot %s: it takes on, off or unset", name);
}

/* One or more bank names with commas between. */
bool request_banks(const char *names, unsigned *banks)
{
	for (const char *at = names;; at++) {
		size_t len = strcspn(at, ",");
		char *name = must_format("%.*s", (int)len, at);
		bool all = strcmp(name, "all") == 0;
		enum bank bank = BANK_SHA256;
		bool known = all || bank_by_name(name, &bank);

		free(name);
		if (!known)
			return complain(
				"--bank %s: it takes sha1, sha256, sha384, sha512 or all", names);
		*banks |= all ? BANK_BIT(BANK_COUNT) - 1 : BANK_BIT(bank);
		at += len;
		if (!*at)
			return true;
	}
}

static bool set_attempts(struct measure_request *r, const char *text)
{
	uint64_t attempts;

	if (!number_read("--boot-attempts", text, 10, 1, 64, &attempts))
		return false;
	r->firmware.failed_attempts = (unsigned)attempts - 1;
	return true;
}

static bool add_text(
	const char **texts, size_t *count, size_t max, const char *option, const char *text)
{
	if (*count == max)
		return complain("--%s: at most %zu are taken", option, max);
	texts[(*count)++] = text;
	return true;
}

static bool add_stage(struct measure_request *r, const char *path)
{
	if (!r->stage_count)
		r->stage_count = 1; /* the first one is for request_image() */
	return add_text(r->stages, &r->stage_count, REQUEST_STAGES_MAX, "then", path);
}

static bool set_uki_profile(struct stub_inputs *stub, const char *text)
{
	uint64_t profile;

	if (!number_read("--uki-profile", text, 10, 0, 255, &profile))
		return false;
	stub->profile = (unsigned)profile;
	return true;
}

static bool set_stub(struct stub_inputs *stub, int code, const char *argument)
{
	switch (code) {
	case OPT_DIALECT:
		return stub_dialect_by_name(argument, &stub->dialect) ||
		       complain(
			       "--dialect %s: it takes auto, protostar, lanzaboote, or systemd-252 "
			       "to systemd-262",
			       argument);
	case OPT_LOAD_OPTIONS:
		stub->load_options = argument;
		return true;
	case OPT_UKI_PROFILE:
		return set_uki_profile(stub, argument);
	case OPT_EXTRA_DIR:
		stub->extra_dir = argument;
		return true;
	default:
		stub->confidential = true;
		return true;
	}
}

static bool set_firmware(struct firmware_request *f, int code, const char *argument)
{
	static const char *const names[] = {"pk", "kek", "db", "dbx", "dbt", "dbr"};
	int list = code - OPT_LISTS;

	switch (code) {
	case OPT_PROFILE:
		f->profile = argument;
		return profile_find(argument) != NULL;
	case OPT_FIRMWARE:
		f->code = argument;
		return true;
	case OPT_VARS:
		f->vars = argument;
		return true;
	case OPT_BOOT_OPTION:
		return add_text(f->boot_options, &f->boot_option_count, FIRMWARE_BOOT_OPTIONS_MAX,
			"boot-option", argument);
	default:
		return add_text(f->lists[list], &f->list_counts[list], FIRMWARE_LISTS_MAX,
			names[list], argument);
	}
}

bool request_option(struct measure_request *request, int code, const char *argument)
{
	if (code >= CC_OPTION_FIRST)
		return cc_option(&request->cc, code, argument);
	switch (code) {
	case OPT_THEN:
		return add_stage(request, argument);
	case OPT_PHASE:
		return set_phase(request, argument);
	case OPT_SECURE_BOOT:
		return set_secure_boot(request, argument);
	case OPT_BOOT_ATTEMPTS:
		return set_attempts(request, argument);
	case OPT_BANK:
		return request_banks(argument, &request->banks);
	case OPT_DIALECT:
	case OPT_LOAD_OPTIONS:
	case OPT_UKI_PROFILE:
	case OPT_EXTRA_DIR:
	case OPT_CONFIDENTIAL:
		return set_stub(&request->stub, code, argument);
	default:
		return set_firmware(&request->firmware, code, argument);
	}
}

void request_image(struct measure_request *request, const char *path)
{
	request->stages[0] = path;
	if (!request->stage_count)
		request->stage_count = 1;
}

bool request_read(int argc, char **argv, struct measure_request *request, const struct option *own,
	size_t own_count, request_own_option take, void *context, int *out_first)
{
	size_t own_first = request_option_count + cc_option_count;
	struct option *words = must_alloc((own_first + own_count + 1) * sizeof(*words));
	bool fine = true;
	int code;

	memcpy(words, request_options, request_option_count * sizeof(*words));
	memcpy(words + request_option_count, cc_options, cc_option_count * sizeof(*words));
	memcpy(words + own_first, own, own_count * sizeof(*words));
	words[own_first + own_count] = (struct option){0};
	while (fine && (code = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (code == '?')
			fine = false;
		else if (code >= REQUEST_OPTION_FIRST)
			fine = request_option(request, code, optarg);
		else
			fine = take(context, code, optarg);
	}
	free(words);
	*out_first = optind;
	return fine;
}
