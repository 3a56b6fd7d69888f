/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of this room share: one firmware while its events are being listed.
 */
#ifndef TOOLS_MEASURE_FIRMWARE_FIRMWARE_PRIVATE_H
#define TOOLS_MEASURE_FIRMWARE_FIRMWARE_PRIVATE_H

#include "tools/lib/vars_store.h"
#include "tools/measure/firmware/code.h"
#include "tools/measure/firmware/database.h"
#include "tools/measure/firmware/firmware.h"
#include "tools/measure/firmware/profile.h"

#define PCR_BOOT_CONFIG	    1u
#define PCR_APPLICATION	    4u
#define PCR_PARTITION_TABLE 5u
#define PCR_SECURE_BOOT	    7u
#define PCR_SHIM	    14u

#define AUTHORITIES_MAX 32u

struct firmware {
	struct firmware_request request;
	const struct profile *profile;
	struct firmware_code code;
	const char *store_source; /* NULL: no variable store was given */
	struct vars_store store;
	struct database databases[LIST_COUNT];
	bool keys_given;	      /* the databases are known, all of them */
	enum secure_boot secure_boot; /* UNSTATED: not known */
	bool partition_table_done;
	bool behind_shim; /* shim starts what follows, by rules of its own */
	/* Entries of db that were measured, by their offset in it. */
	size_t authorities[AUTHORITIES_MAX];
	size_t authority_count;
};

/* The boot disk's partition table, for PCR 5. Complains and returns false when it has none. */
bool partition_table_event(struct boot *boot, const struct boot_image *image);

/*
 * Reads the Secure Boot variables that were asked for and settles whether Secure Boot is on.
 * Complains and returns false when what was asked for contradicts itself.
 */
bool secure_boot_open(struct firmware *firmware, struct boot *boot);
/* PCR 7 up to its separator. */
bool secure_boot_variables(struct firmware *firmware, struct boot *boot);
/* The authority that an image is trusted by, once each; complains about what is not trusted. */
bool secure_boot_authority(
	struct firmware *firmware, struct boot *boot, const struct boot_image *image);

/* BootOrder and the options that it lists, for PCR 1. */
bool boot_option_events(struct firmware *firmware, struct boot *boot);

/*
 * What an image that was just started measures by itself, and which PCRs that makes unknown: shim,
 * systemd-boot. Complains and returns false when its settings cannot be read.
 */
bool stage_started(struct firmware *firmware, struct boot *boot, const struct boot_image *image);

/*
 * UEFI_VARIABLE_DATA (PFP 10.4.1) up to the contents: vendor, lengths of name and contents, name.
 * vendor is the text of a GUID, name ASCII. Kept by the boot.
 */
const uint8_t *variable_head(struct boot *boot, const char *vendor, const char *name,
	size_t contents_len, size_t *head_len);

#endif
