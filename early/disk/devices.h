/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three devices of the boot, waited for with a deadline, and the state disk's name towards the
 * join service. The kernel announces devices on a netlink socket; there is no udev, nodes are
 * devtmpfs's.
 */
#ifndef EARLY_DISK_DEVICES_H
#define EARLY_DISK_DEVICES_H

#include "early/boot.h"

/*
 * Finds root, verity and state devices as b->config selects them and fills in their paths and
 * b->disk_id. `deadline` as in clock.h; the folders as in block.h.
 */
struct status devices_find(
	struct boot *b, const char *sys_class_block, const char *dev, uint64_t deadline) MUST_CHECK;

#endif
