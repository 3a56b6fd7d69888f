/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/container.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/pkcs7.h"
#include "tools/measure/firmware/firmware_private.h"
#include "tools/measure/firmware/trust.h"

#define STATE_BIT(state) (1u << (state))
#define ALL_STATES \
	(STATE_BIT(SECURE_BOOT_ON) | STATE_BIT(SECURE_BOOT_OFF) | STATE_BIT(SECURE_BOOT_UNSET))

static bool any_list(const struct firmware_request *request)
{
	for (unsigned list = 0; list < LIST_COUNT; list++)
		if (request->list_counts[list])
			return true;
	return false;
}

static bool open_store(struct firmware *firmware, struct boot *boot)
{
	const char *path = firmware->request.vars;
	const struct mapped *file = firmware->code.file;
	struct flaw flaw;

	if (path)
		file = boot_map_input(boot, path);
	else if (file && vars_store_present(file->data, file->len))
		path = firmware->code.source;
	else
		return true;
	if (!file || !container_refuse(path, file->data, file->len))
		return false;
	if (!vars_store_read(file->data, file->len, &firmware->store, &flaw))
		return flaw_complain(path, &flaw);
	firmware->store_source = path;
	return true;
}

/* A list that was given stands in place of that in the store, as after an update of the variable.
 */
static bool open_databases(struct firmware *firmware, struct boot *boot)
{
	const struct firmware_request *request = &firmware->request;
	bool fine = true;

	for (unsigned list = 0; fine && list < LIST_COUNT; list++)
		if (firmware->store_source && !request->list_counts[list])
			fine = database_from_store(&firmware->databases[list], &firmware->store,
				list, firmware->store_source);
		else
			fine = database_from_files(&firmware->databases[list], boot, list,
				request->lists[list], request->list_counts[list]);
	firmware->keys_given = boot->secure_boot_keys = any_list(request) || firmware->store_source;
	return fine;
}

/* A store says whether Secure Boot is on: a platform key, and not switched off in the setup. */
static bool store_has_it_on(const struct firmware *firmware)
{
	const struct variable *enable = vars_store_find(
		&firmware->store, EFI_SECURE_BOOT_ENABLE_GUID, "SecureBootEnable");

	return firmware->databases[LIST_PK].len && (!enable || !enable->len || enable->data[0]);
}

/* The states that agree with the firmware image, the platform and the keys. */
static unsigned possible_states(const struct firmware *firmware, const char **why)
{
	unsigned states = ALL_STATES;

	*why = "";
	if (firmware->code.source && !firmware->code.has_secure_boot) {
		*why = "the firmware image was built without Secure Boot, so it is unset";
		return STATE_BIT(SECURE_BOOT_UNSET);
	}
	if (firmware->code.source || firmware->profile->form == FORM_BYTE) {
		*why = "this firmware has Secure Boot, on or off";
		states &= ~STATE_BIT(SECURE_BOOT_UNSET);
	}
	if (!firmware->keys_given)
		return states;
	if (!firmware->databases[LIST_PK].len) {
		*why = "without a platform key (PK) Secure Boot is not on";
		states &= ~STATE_BIT(SECURE_BOOT_ON);
	} else if (firmware->store_source && store_has_it_on(firmware)) {
		*why = "the variable store turns Secure Boot on";
		states &= ~STATE_BIT(SECURE_BOOT_OFF);
	} else if (firmware->store_source) {
		*why = "the variable store turns Secure Boot off";
		states &= ~STATE_BIT(SECURE_BOOT_ON);
	}
	return states;
}

/* What was stated, if it can be so; else the one state left; a platform key turns it on. */
static bool settle(struct firmware *firmware)
{
	enum secure_boot stated = firmware->request.secure_boot;
	const char *why;
	unsigned states = possible_states(firmware, &why);

	if (stated != SECURE_BOOT_UNSTATED && !(states & STATE_BIT(stated)))
		return complain("--secure-boot does not fit: %s", why);
	firmware->secure_boot = stated;
	if (stated != SECURE_BOOT_UNSTATED)
		return true;
	if (states & STATE_BIT(SECURE_BOOT_ON) && firmware->databases[LIST_PK].len)
		firmware->secure_boot = SECURE_BOOT_ON;
	else if (states == STATE_BIT(SECURE_BOOT_OFF))
		firmware->secure_boot = SECURE_BOOT_OFF;
	else if (states == STATE_BIT(SECURE_BOOT_UNSET))
		firmware->secure_boot = SECURE_BOOT_UNSET;
	return true;
}

bool secure_boot_open(struct firmware *firmware, struct boot *boot)
{
	return open_store(firmware, boot) && open_databases(firmware, boot) && settle(firmware);
}

/* Digest and shown data are the whole of UEFI_VARIABLE_DATA: head, then contents at data. */
static bool finish_variable(struct boot *boot, struct boot_event *event, const char *vendor,
	const char *name, const uint8_t *data, size_t len)
{
	struct boot_piece head = {0};
	struct bytes shown = {0};

	head.data = variable_head(boot, vendor, name, len, &head.len);
	bytes_add(&shown, head.data, head.len);
	bytes_add(&shown, data, len);
	if (event)
		boot_show(boot, event, shown.data, shown.len);
	bytes_free(&shown);
	return boot_piece(boot, event, &head);
}

/* A variable is measured whether it is set or not. */
static bool add_variable(
	struct boot *boot, const char *vendor, const char *name, const struct database *contents)
{
	struct boot_event *event = boot_add(boot, PCR_SECURE_BOOT, TCG_EFI_VARIABLE_DRIVER_CONFIG,
		RULE_SECURE_BOOT_VARIABLE, name,
		contents->len ? boot_text(boot, "%s, %zu bytes", name, contents->len)
			      : boot_text(boot, "%s, not set", name));

	return finish_variable(boot, event, vendor, name, contents->data, contents->len) &&
	       database_pieces(contents, 0, contents->len, boot, event);
}

static bool add_state(struct boot *boot, enum secure_boot state)
{
	static const uint8_t off = 0, on = 1;
	struct database contents = {.data = state == SECURE_BOOT_ON ? &on : &off,
		.len = state != SECURE_BOOT_UNSET,
		.piece_count = 1};

	contents.pieces[0] = (struct boot_piece){.data = contents.data, .len = contents.len};
	return add_variable(boot, EFI_GLOBAL_VARIABLE_GUID, "SecureBoot", &contents);
}

bool secure_boot_variables(struct firmware *firmware, struct boot *boot)
{
	/* edk2 measures dbt when it is set, and dbr never (Tcg2Dxe: MeasureAllSecureVariables). */
	static const unsigned always = LIST_DBX;

	if (firmware->secure_boot == SECURE_BOOT_UNSTATED) {
		boot_unknown(boot, PCR_SECURE_BOOT,
			"whether Secure Boot is on, and with which keys, was not given (--vars, "
			"or --secure-boot and --pk, --kek, --db, --dbx)");
		return true;
	}
	if (firmware->secure_boot == SECURE_BOOT_ON && !firmware->keys_given) {
		boot_unknown(boot, PCR_SECURE_BOOT,
			"the keys of Secure Boot were not given (--vars, or --pk, --kek, --db)");
		boot_remark(boot, PCR_APPLICATION,
			"when firmware trusts the images, which was not checked without the keys");
		return true;
	}
	if (!firmware->keys_given)
		boot_remark(boot, PCR_SECURE_BOOT,
			"if no keys of Secure Boot are enrolled (else --vars, or --pk, --kek, "
			"--db)");
	else if (!firmware->store_source && !firmware->databases[LIST_DBX].len)
		boot_remark(boot, PCR_SECURE_BOOT, "if dbx is not set, as none was given (--dbx)");
	if (!add_state(boot, firmware->secure_boot))
		return false;
	for (unsigned list = LIST_PK; list <= LIST_DBT; list++) {
		const struct database *d = &firmware->databases[list];

		if (list > always && !d->len)
			continue;
		if (!add_variable(boot, database_vendor(list), database_name(list), d))
			return false;
	}
	if (firmware->databases[LIST_DBR].len)
		boot_remark(boot, PCR_SECURE_BOOT, "as edk2 does, which does not measure dbr");
	return true;
}

static bool was_measured(struct firmware *firmware, size_t offset)
{
	for (size_t i = 0; i < firmware->authority_count; i++)
		if (firmware->authorities[i] == offset)
			return true;
	if (firmware->authority_count < AUTHORITIES_MAX)
		firmware->authorities[firmware->authority_count++] = offset;
	return false;
}

/* The entry of db, owner and certificate or hash, in the form of a variable named db. */
static bool add_authority(
	struct firmware *firmware, struct boot *boot, const struct signature *authority)
{
	const struct database *db = &firmware->databases[LIST_DB];
	char *subject = certificate_subject(authority->data, authority->len);
	struct boot_event *event = boot_add(boot, PCR_SECURE_BOOT, TCG_EFI_VARIABLE_AUTHORITY,
		RULE_AUTHORITY, "db",
		subject ? boot_text(boot, "trusted by db: %s", subject)
			: "trusted by db: the image's hash");

	free(subject);
	return finish_variable(boot, event, EFI_IMAGE_SECURITY_GUID, "db", authority->entry,
		       authority->entry_len) &&
	       database_pieces(db, authority->offset, authority->entry_len, boot, event);
}

bool secure_boot_authority(
	struct firmware *firmware, struct boot *boot, const struct boot_image *image)
{
	const struct database *db = &firmware->databases[LIST_DB];
	const struct database *dbx = &firmware->databases[LIST_DBX];
	struct trust trust = {db->data, dbx->data, db->len, dbx->len};
	struct signature authority;
	const char *why;

	if (firmware->secure_boot != SECURE_BOOT_ON || !firmware->keys_given)
		return true;
	if (!trust_image(&trust, image, &authority, &why))
		return complain("%s: firmware refuses it: %s; sign it with a key whose "
				"certificate is in db, or predict a boot with Secure Boot off",
			image->source, why);
	return was_measured(firmware, authority.offset) ||
	       add_authority(firmware, boot, &authority);
}
