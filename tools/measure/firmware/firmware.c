/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/firmware/firmware.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/firmware_private.h"
#include "tools/measure/model/application.h"

/* PFP 3.3.4.5 and 3.3.4.6: the texts are hashed without their NUL. */
#define CALLING	    "Calling EFI Application from Boot Option"
#define RETURNING   "Returning from EFI Application from Boot Option"
#define EXIT_CALLED "Exit Boot Services Invocation"
#define EXIT_DONE   "Exit Boot Services Returned with Success"

struct firmware *firmware_open(const struct firmware_request *request, struct boot *boot)
{
	const char *name = request->profile ? request->profile : PROFILE_DEFAULT;
	const struct profile *profile = profile_find(name);
	struct firmware *firmware;

	if (!profile)
		return NULL;
	firmware = must_alloc(sizeof(*firmware));
	*firmware = (struct firmware){.request = *request, .profile = profile};
	if ((request->code && !firmware_code_read(&firmware->code, boot, request->code)) ||
		!secure_boot_open(firmware, boot)) {
		firmware_close(firmware);
		return NULL;
	}
	return firmware;
}

void firmware_close(struct firmware *firmware)
{
	vars_store_free(&firmware->store);
	free(firmware);
}

bool firmware_secure_boot(const struct firmware *firmware)
{
	return firmware->secure_boot == SECURE_BOOT_ON;
}

bool firmware_secure_boot_known(const struct firmware *firmware)
{
	return firmware->secure_boot != SECURE_BOOT_UNSTATED;
}

static bool add_text(struct boot *boot, unsigned pcr, enum boot_rule rule, const char *text)
{
	return boot_add_shown(boot, pcr, TCG_EFI_ACTION, rule, "", text, text, strlen(text)) !=
	       NULL;
}

static bool add_separator(struct boot *boot, unsigned pcr)
{
	static const uint8_t zeros[4];

	return boot_add_shown(boot, pcr, TCG_SEPARATOR, RULE_SEPARATOR, "", "separator", zeros,
		       sizeof(zeros)) != NULL;
}

/* What the platform hides, whatever files were given. */
static void say_what_is_unknown(const struct firmware *firmware, struct boot *boot)
{
	for (unsigned pcr = 0; pcr < PROFILE_PCRS; pcr++) {
		const struct register_rule *rule = &firmware->profile->pcrs[pcr];

		if (rule->kind == REGISTER_UNKNOWN)
			boot_unknown(boot, pcr, rule->text);
		if (rule->kind == REGISTER_BARE) {
			boot_unknown(boot, pcr, NULL);
			boot_remark(boot, pcr, rule->text);
		}
		if (firmware->code.source && !firmware->code.measures)
			boot_unknown(boot, pcr, "the firmware image has no driver that measures");
	}
}

bool firmware_begin(struct firmware *firmware, struct boot *boot)
{
	bool fine = firmware_code_events(&firmware->code, boot) &&
		    secure_boot_variables(firmware, boot) && add_separator(boot, PCR_SECURE_BOOT) &&
		    boot_option_events(firmware, boot) &&
		    add_text(boot, PCR_APPLICATION, RULE_CALLING, CALLING);

	for (unsigned pcr = 0; fine && pcr < PCR_SECURE_BOOT; pcr++)
		fine = add_separator(boot, pcr);
	for (unsigned i = 0; fine && i < firmware->request.failed_attempts; i++)
		fine = add_text(boot, PCR_APPLICATION, RULE_RETURNING, RETURNING) &&
		       add_text(boot, PCR_APPLICATION, RULE_CALLING, CALLING);
	say_what_is_unknown(firmware, boot);
	return fine;
}

bool firmware_start_image(
	struct firmware *firmware, struct boot *boot, const struct boot_image *image)
{
	if (!firmware->behind_shim && !secure_boot_authority(firmware, boot, image))
		return false;
	if (image->disk && !firmware->partition_table_done) {
		if (!partition_table_event(boot, image))
			return false;
		firmware->partition_table_done = true;
	}
	if (!boot_add_application(boot, RULE_APPLICATION, image, 0, image->name,
		    boot_text(boot, "%s (Authenticode)", image->name)))
		return false;
	return stage_started(firmware, boot, image);
}

bool firmware_end(struct firmware *firmware, struct boot *boot)
{
	if (!firmware->partition_table_done && !boot->unknown[PCR_PARTITION_TABLE])
		boot_unknown(boot, PCR_PARTITION_TABLE,
			"the image was given without a disk whose GUID partition table is "
			"measured");
	return add_text(boot, PCR_PARTITION_TABLE, RULE_EXIT_CALLED, EXIT_CALLED) &&
	       add_text(boot, PCR_PARTITION_TABLE, RULE_EXIT_DONE, EXIT_DONE);
}
