/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding a block device by what names it: a partition's UUID, type or label from the GPT, or a
 * whole disk's serial as block_names.h has it. /sys/class/block lists the disks, each disk's table
 * is read by gpt.h, and the partition's node is the kernel's own for that number, checked to lie
 * where the table says. No name such as "vda" ever decides. The two folders are parameters so that
 * tests can bring theirs.
 */
#ifndef EARLY_DISK_BLOCK_H
#define EARLY_DISK_BLOCK_H

#include "early/disk/block_names.h"
#include "early/boot.h"

#define BLOCK_SELECTOR_MAX (CONFIG_TEXT_MAX + 16u) /* bytes of a selector as text, NUL included */

struct block_device {
	char path[DEVICE_PATH_MAX];
	char disk[BLOCK_NODE_MAX]; /* the whole disk that it is or lies on */
	bool partition;
	uint8_t guid[16];	     /* unique partition GUID as on the disk; of a partition */
	char serial[BLOCK_NAME_MAX]; /* of a whole disk: the name that matched */
};

/*
 * Looks once, at every disk. *out_count is the number of devices that match, 0, 1 or 2 (two or
 * more); *out is the first. A disk whose table is damaged counts as one that does not match, and
 * console_detail() then says why. A whole disk that is one of the disks named in `taken`, or holds
 * it, does not match: "serial:vol*" is then the one other volume of a machine that boots from a
 * volume. E_DEVICE_SCAN when the disks cannot be listed.
 */
struct status block_find(const char *sys_class_block, const char *dev, const struct selector *s,
	const struct block_device *const taken[], size_t taken_count, struct block_device *out,
	unsigned *out_count) MUST_CHECK;

/*
 * Says on the console which disks there are: size, names and partitions, in the words that
 * selectors take, so that an operator sees what would match. A few disks and partitions, and how
 * many more. The value is the number of disks.
 */
size_t block_say_disks(const char *sys_class_block, const char *dev);
/* A selector as the command line has it, for people. */
void block_selector_text(const struct selector *s, char out[BLOCK_SELECTOR_MAX]);

#endif
