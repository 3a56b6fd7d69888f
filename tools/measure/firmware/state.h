/*
 * What the parts of this room share: one firmware while its events are being listed.
 */
#ifndef TOOLS_MEASURE_FIRMWARE_STATE_H
#define TOOLS_MEASURE_FIRMWARE_STATE_H

#include "tools/measure/firmware/firmware.h"
#include "tools/measure/firmware/profile.h"

struct firmware {
	struct firmware_request request;
	const struct profile *profile;
	bool partition_table_done;
};

/* The boot disk's partition table, for PCR 5. Complains and returns false when it has none. */
bool partition_table_event(struct boot *boot, const struct boot_image *image);

/* PCR 7 up to its separator. */
bool secure_boot_variables(struct firmware *firmware, struct boot *boot);

#endif
