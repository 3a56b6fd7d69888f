/*
 * Finding a block device by what names it: a partition's UUID, type or label from the GPT, or a
 * virtio serial. /sys/class/block lists the disks, each disk's table is read by gpt.h, and the
 * partition's node is the kernel's own for that number, checked to lie where the table says. No
 * name such as "vda" ever decides. The two folders are parameters so that tests can bring theirs.
 */
#ifndef EARLY_BLOCK_H
#define EARLY_BLOCK_H

#include "early/boot.h"

struct block_device {
	char path[DEVICE_PATH_MAX];
	bool partition;
	uint8_t guid[16];	      /* unique partition GUID as on the disk; of a partition */
	char serial[CONFIG_TEXT_MAX]; /* of a whole disk */
};

/*
 * Looks once, at every disk. *out_count is the number of devices that match, 0, 1 or 2 (two or
 * more); *out is the first. A disk whose table is damaged counts as one that does not match, and
 * console_detail() then says why. E_DEVICE_SCAN when the disks cannot be listed.
 */
struct status block_find(const char *sys_class_block, const char *dev, const struct selector *s,
	struct block_device *out, unsigned *out_count) MUST_CHECK;

#endif
