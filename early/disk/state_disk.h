/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state disk: LUKS2 with AEAD (dm-crypt over dm-integrity). Section 7 of PROTOCOL.md in
 * early/contract says what is granted and what is committed.
 *
 * The host can write anything to the disk. So the join service decides between formatting and
 * opening, never the disk: a header that does not fit is an error, not a reason to format. On
 * opening, the first MiB is read once into sealed memory, and its MAC is compared before a byte of
 * it is parsed. From then on only that copy is used; the header on the disk is not read again.
 * LUKS2 is there for stock cryptsetup, which opens such a disk too; nothing is believed because it
 * is LUKS2. So the table that the kernel got is read back and compared.
 *
 * Order: state_disk_format() or state_disk_open(); the service's ACK; state_disk_mount(). When
 * state_disk_open() began a rotation, state_disk_rotate() and another ACK stand before the mount.
 * When the boot does not get as far, state_disk_close(). One state disk a boot.
 */
#ifndef EARLY_DISK_STATE_DISK_H
#define EARLY_DISK_STATE_DISK_H

#include "early/boot.h"
#include "early/disk/state_header.h"

#define STATE_MAPPING "state" /* its name in the device mapper */
#define STATE_NODE    "/dev/mapper/" STATE_MAPPING

/* Whether the disk is blank (enum disk_contents), for the claims. It can only stop a boot. */
struct status state_disk_contents(const struct boot *b, uint8_t *out) MUST_CHECK;

/*
 * Makes a new header of the given generation, opens the disk with it, makes the file system with
 * the root file system's mkfs.ext4 (SYSROOT must be mounted) and flushes. Everything on the disk is
 * lost. *out_mac is the new header's MAC. Unless `overwrite`, E_STATE_NOT_BLANK for a disk that is
 * not blank, which is left as it is. After any other failure nothing is open, and the disk may be
 * written in part: until the service has a COMMIT it may be formatted again.
 */
struct status state_disk_format(const struct boot *b, const uint8_t disk_key[DISK_KEY_LEN],
	uint64_t generation, bool overwrite, uint8_t out_mac[HEADER_MAC_LEN]) MUST_CHECK;

/* What there is to commit: MACs under the generation after the granted one. */
struct state_opened {
	bool with_next; /* the disk's key is next_key already; nothing is left to rotate */
	uint8_t mac[HEADER_MAC_LEN];	  /* of the header in use, under the key that opened it */
	uint8_t next_mac[HEADER_MAC_LEN]; /* of the new header; zeros when there is none */
};

/*
 * Opens the disk whose header has a MAC that the grant names. E_HEADER_MAC for any other header:
 * nothing was written and nothing parsed then. With a next_key that is not the disk's yet, a new
 * header for it is made and stored in the spare room, unless g is to open only; its place has the
 * old one until state_disk_rotate(). After a failure nothing is open.
 */
struct status state_disk_open(
	const struct boot *b, const struct state_grant *g, struct state_opened *out) MUST_CHECK;

/*
 * Puts the new header into its place, once the service has stored both MACs. *out_mac is its MAC
 * under the granted generation plus 2. After a failure the spare room still has it.
 */
struct status state_disk_rotate(const struct boot *b, const struct state_grant *g,
	uint8_t out_mac[HEADER_MAC_LEN]) MUST_CHECK;

/* Mounts the opened disk where the configuration says: below SYSROOT, or below /run as it is. */
struct status state_disk_mount(const struct boot *b) MUST_CHECK;

/* Closes the disk when it is open. */
void state_disk_close(void);

#endif
