/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a whole disk is called by those who made it, as sysfs tells: the selector serial: may name
 * any of these. The host chooses all of them: each is bounded, and either printable text or absent.
 *
 *   serial           virtio-blk: the serial that the host gave
 *   device/serial    NVMe: the controller's serial, which its namespaces share
 *   device/vpd_pg80  SCSI: the unit's serial number (SPC, VPD page 80h)
 *   device/vpd_pg83  SCSI: a name of the maker's own in ASCII (page 83h); Google's device name
 *   wwid             NVMe: the namespace's identifier: "uuid.", "eui." or "nvme." and more
 *   device/wwid      SCSI: the unit's identifier: "naa.", "eui.", "t10." and more
 */
#ifndef EARLY_DISK_BLOCK_NAMES_H
#define EARLY_DISK_BLOCK_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_NODE_MAX	 32u  /* bytes of a kernel device name, NUL included */
#define BLOCK_NAME_MAX	 256u /* bytes of a name, NUL included */
#define BLOCK_NAME_KINDS 6u
#define VPD_MAX		 1024u /* bytes of a page; a longer one is not looked at */

struct block_names {
	char text[BLOCK_NAME_KINDS][BLOCK_NAME_MAX]; /* in the order above; empty: it has none */
};

/* The names of the disk whose folder in sysfs is open as sys. */
void block_names_read(int sys, struct block_names *out);

/*
 * A serial out of VPD page 80h, or a name out of page 83h, without the spaces around it. False when
 * the page is not one of that number, is longer than it says, says that it is longer than it is, or
 * holds no printable ASCII text that fits.
 */
bool vpd_serial(const uint8_t *page, size_t len, char out[BLOCK_NAME_MAX]);
bool vpd_name(const uint8_t *page, size_t len, char out[BLOCK_NAME_MAX]);

#endif
