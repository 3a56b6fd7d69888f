/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware measures: PCR 0 (its own code), 1 (boot options), 4 (what it starts), 5 (partition
 * table, end of boot services) and 7 (Secure Boot), and why some of them cannot be known.
 *
 * Order: firmware_open(); firmware_begin(); firmware_start_image() for each image in the order in
 * which they are started; the stub's events; firmware_end(); firmware_close().
 */
#ifndef TOOLS_MEASURE_FIRMWARE_FIRMWARE_H
#define TOOLS_MEASURE_FIRMWARE_FIRMWARE_H

#include "tools/measure/firmware/database.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"

enum secure_boot {
	SECURE_BOOT_UNSTATED, /* from the variables, when they are given; else PCR 7 is not known */
	SECURE_BOOT_UNSET,    /* off, and the variable SecureBoot measured as empty */
	SECURE_BOOT_OFF,      /* off, and measured as one byte 0 */
	SECURE_BOOT_ON,
};

#define FIRMWARE_BOOT_OPTIONS_MAX 16u

struct firmware_request {
	const char *profile; /* a name of profiles.def; NULL: PROFILE_DEFAULT */
	const char *code;    /* an OVMF image: CODE, or CODE and VARS in one; NULL: not given */
	const char *vars;    /* its variable store; NULL: not given */
	enum secure_boot secure_boot;
	/* Files with EFI_SIGNATURE_LISTs or X.509 certificates (DER, PEM), concatenated in order.
	 */
	const char *lists[LIST_COUNT][FIRMWARE_LISTS_MAX];
	size_t list_counts[LIST_COUNT];
	unsigned failed_attempts; /* boot options that gave up before the one that boots */
	/* Boot#### contents, files in boot order, for PCR 1 and RTMR 0. */
	const char *boot_options[FIRMWARE_BOOT_OPTIONS_MAX];
	size_t boot_option_count;
};

/* Why PCR 1 is unknown when all else of it is known: who has the tables can go on from there. */
#define FIRMWARE_ACPI_UNKNOWN "this firmware measures the machine's ACPI tables there"

struct firmware;

/* Reads and checks what was asked for. Complains and returns NULL when it makes no sense. */
struct firmware *firmware_open(const struct firmware_request *request, struct boot *boot);
void firmware_close(struct firmware *firmware);

/* Whether Secure Boot is on, as far as known: decides what stubs do. Not known counts as off. */
bool firmware_secure_boot(const struct firmware *firmware);
bool firmware_secure_boot_known(const struct firmware *firmware);

/* Power-on until the boot option is called. Says of each PCR that cannot be known why. */
bool firmware_begin(struct firmware *firmware, struct boot *boot);
/*
 * Loading and starting one image: the authority that its signature is trusted by (Secure Boot on;
 * an image that is not trusted is refused here as firmware would), the partition table of its disk
 * (once), the application.
 */
bool firmware_start_image(
	struct firmware *firmware, struct boot *boot, const struct boot_image *image);
/* The release of systemd-boot that an image says it is; 0: it is something else. */
unsigned firmware_systemd_boot(const struct boot_image *image);
/* The kernel leaves boot services. */
bool firmware_end(struct firmware *firmware, struct boot *boot);

#endif
