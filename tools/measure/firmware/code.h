/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an OVMF code image says of the firmware in it: its version, the volume that it measures, and
 * two traits of its build that decide about other registers.
 */
#ifndef TOOLS_MEASURE_FIRMWARE_CODE_H
#define TOOLS_MEASURE_FIRMWARE_CODE_H

#include "tools/lib/firmware_volume.h"
#include "tools/measure/model/boot.h"

struct firmware_code {
	const char *source; /* NULL: no image was given */
	const struct mapped *file;
	struct firmware_volumes volumes;
	const struct firmware_volume *dxe; /* holds the DXE core; NULL: there is none */
	bool measures;			   /* has a driver that measures into a TPM or RTMRs */
	bool has_secure_boot, measures_acpi;
	bool version_known;
	const uint8_t *version;		   /* UTF-16LE with its NUL */
	size_t version_len;		   /* bytes */
	const struct firmware_volume *pei; /* that has it */
};

/* Reads the image at path; what it points to lives as long as the boot. */
bool firmware_code_read(struct firmware_code *out, struct boot *boot, const char *path);

/* Appends what PCR 0 is known to get, and says why the whole of it is not known. */
bool firmware_code_events(const struct firmware_code *code, struct boot *boot);

#endif
