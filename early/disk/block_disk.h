/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disks of this machine, one after another: each entry of /sys/class/block that is no partition
 * and that the kernel does not hide, with what its partition table says. Inside block*.c only.
 */
#ifndef EARLY_DISK_BLOCK_DISK_H
#define EARLY_DISK_BLOCK_DISK_H

#include "early/disk/block_names.h"
#include "early/disk/gpt.h"

struct disk {
	char name[BLOCK_NODE_MAX]; /* "vda": letters, digits, '-' and '_' */
	int sys;		   /* its folder in sysfs; open while it is looked at */
	int dev;		   /* the folder of device nodes */
	uint64_t block_len, blocks;
	struct gpt table;
	const uint8_t *entries; /* of the table; valid until another disk's is read */
};

/* Calls look() with each disk. E_DEVICE_SCAN when they cannot be listed. */
struct status disks_look(const char *sys_class_block, const char *dev,
	void (*look)(struct disk *d, void *context), void *context) MUST_CHECK;

/* Fills in the geometry. False for what has no blocks of a known size. */
bool disk_geometry(struct disk *d);
/* Reads the partition table of a disk whose geometry is known. */
struct status disk_table(struct disk *d) MUST_CHECK;
/* The kernel's name for partition `number`, checked to lie where entry e says. */
struct status disk_partition(const struct disk *d, uint64_t number, const struct gpt_entry *e,
	char out[BLOCK_NODE_MAX]) MUST_CHECK;

#endif
