/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TPM and a state disk that do as they are told, for the join client's tests: the client is
 * linked with these in place of early/tpm*.c and early/disk/state_disk.c.
 */
#ifndef TESTS_UNIT_JOIN_FAKES_H
#define TESTS_UNIT_JOIN_FAKES_H

#include "early/disk/state_disk.h"

struct fakes {
	uint16_t quote_fails, hcl_fails, activate_fails, disk_fails, mount_fails,
		rotate_fails; /* codes; 0: succeeds */
	unsigned formats, opens, closes, mounts, rotates;
	uint64_t generation; /* that the disk was last asked for */
	uint8_t disk_key[DISK_KEY_LEN];
	bool disk_open;
	bool with_next;			 /* the disk is found to have the next key */
	bool next_given, next_committed; /* of the last grant to open: what it said */
	bool open_only;
	uint8_t next_key[DISK_KEY_LEN];
	unsigned commits_before_rotate; /* that the service had then */
	bool not_blank;			/* what the disk looks like */
};

extern struct fakes fakes;
/* What stands for an open TPM in a boot. */
struct tpm *fake_tpm(void);

/* The MACs that a format, an open and the steps of a rotation give: every byte of them. */
#define FAKE_NEW_MAC	 0x99
#define FAKE_NEXT_MAC	 0x9a
#define FAKE_ROTATE_MAC	 0x9b
#define FAKE_ROTATED_MAC 0x9c

#endif
