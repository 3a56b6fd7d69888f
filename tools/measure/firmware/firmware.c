#include "tools/measure/firmware/firmware.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/state.h"
#include "tools/measure/model/application.h"

#define PCR_APPLICATION 4u
#define PCR_CONFIG	5u
#define PCR_SECURE_BOOT 7u

/* PFP 3.3.4.5 and 3.3.4.6: the texts are hashed without their NUL. */
#define CALLING	    "Calling EFI Application from Boot Option"
#define RETURNING   "Returning from EFI Application from Boot Option"
#define EXIT_CALLED "Exit Boot Services Invocation"
#define EXIT_DONE   "Exit Boot Services Returned with Success"

struct firmware *firmware_open(const struct firmware_request *request, struct boot *boot)
{
	const char *name = request->profile ? request->profile : "qemu-ovmf";
	const struct profile *profile = profile_find(name);
	struct firmware *firmware;

	(void)boot;
	if (!profile)
		return NULL;
	firmware = must_alloc(sizeof(*firmware));
	*firmware = (struct firmware){.request = *request, .profile = profile};
	return firmware;
}

void firmware_close(struct firmware *firmware)
{
	free(firmware);
}

bool firmware_secure_boot(const struct firmware *firmware)
{
	return firmware->request.secure_boot == SECURE_BOOT_ON;
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

static void say_what_is_unknown(const struct firmware *firmware, struct boot *boot)
{
	boot_unknown(boot, 0, "the firmware volumes are measured after they have run");
	boot_unknown(boot, 1, "boot options and ACPI tables follow the machine's devices");
	for (unsigned pcr = 0; pcr < 8; pcr++)
		if (firmware->profile->unknown[pcr])
			boot_unknown(boot, pcr, firmware->profile->unknown[pcr]);
	if (!firmware->profile->bare)
		return;
	boot_remark(boot, 2, "when no device brings an option ROM");
	boot_remark(boot, 3, "when no device brings an option ROM");
}

bool firmware_begin(struct firmware *firmware, struct boot *boot)
{
	bool fine = secure_boot_variables(firmware, boot) && add_separator(boot, PCR_SECURE_BOOT) &&
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
	if (image->disk && !firmware->partition_table_done) {
		if (!partition_table_event(boot, image))
			return false;
		firmware->partition_table_done = true;
	}
	if (!firmware->partition_table_done)
		boot_unknown(boot, PCR_CONFIG,
			"the image was given without its disk, whose partition table is measured");
	else
		boot->unknown[PCR_CONFIG] = firmware->profile->unknown[PCR_CONFIG];
	return boot_add_application(boot, RULE_APPLICATION, image, 0, image->name,
		       boot_text(boot, "%s (Authenticode)", image->name)) != NULL;
}

bool firmware_end(struct firmware *firmware, struct boot *boot)
{
	(void)firmware;
	return add_text(boot, PCR_CONFIG, RULE_EXIT_CALLED, EXIT_CALLED) &&
	       add_text(boot, PCR_CONFIG, RULE_EXIT_DONE, EXIT_DONE);
}
