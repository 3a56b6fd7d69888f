/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/devices.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "early/disk/block.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/net/netlink.h"

#define WAIT_MS	      30000u
#define UEVENT_GROUP  1u /* the kernel's own announcements; udev's would be 2 */
#define DISK_ID_LABEL "protostar disk v1"

struct wait {
	const char *sys_class_block, *dev;
	int watch;
	uint64_t deadline;
};

/* Tells the operator which disks there are, and why none of them matches, or more than one. */
static struct status not_found(const struct wait *w, const struct selector *s, uint16_t code,
	const struct block_device *first)
{
	char selector[BLOCK_SELECTOR_MAX], damage[CONSOLE_DETAIL_MAX];
	size_t disks;

	block_selector_text(s, selector);
	(void)snprintf(damage, sizeof(damage), "%s", console_detail_text());
	disks = block_say_disks(w->sys_class_block, w->dev);
	if (first)
		console_detail("%.80s: %s and another", selector, first->path);
	else if (!disks)
		console_detail("%.80s: no disks at all: a driver may be missing: build with "
			       "--platform or --module",
			selector);
	else
		console_detail("%.80s; disks seen: %zu%s%s", selector, disks, damage[0] ? "; " : "",
			damage);
	return fail(code);
}

/*
 * The device that s names, as soon as it is there. `missing` is the code when it never comes;
 * taken: devices whose disks are in use.
 */
static struct status wait_for(const struct wait *w, const struct selector *s, uint16_t missing,
	const struct block_device *const taken[], size_t taken_count, struct block_device *out)
{
	unsigned count;

	console_detail("%s", "");
	for (;;) {
		TRY(block_find(w->sys_class_block, w->dev, s, taken, taken_count, out, &count));
		if (count == 1)
			return OK;
		if (count > 1)
			return not_found(w, s, E_DEVICE_AMBIGUOUS, out);
		if (!clock_left(w->deadline, 1))
			return not_found(w, s, missing, NULL);
		TRY(watch_wait(w->watch, w->deadline, E_UEVENT_WAIT));
	}
}

/* PROTOCOL.md section 4. */
static void make_disk_id(const struct block_device *d, uint8_t out[DISK_ID_LEN])
{
	uint8_t input[sizeof(DISK_ID_LABEL) + 4 + BLOCK_NAME_MAX], digest[SHA256_LEN];
	struct wire_writer w;

	if (d->partition) {
		memcpy(out, d->guid, DISK_ID_LEN);
		return;
	}
	wire_write_start(&w, input, sizeof(input));
	wire_put_bytes(&w, (const uint8_t *)DISK_ID_LABEL, strlen(DISK_ID_LABEL));
	wire_put_field(&w, (struct span){(const uint8_t *)d->serial, strlen(d->serial)}, 0,
		BLOCK_NAME_MAX);
	sha256(input, w.len, digest);
	memcpy(out, digest, DISK_ID_LEN);
}

static struct status find_all(struct boot *b, const struct wait *w)
{
	struct block_device root, verity, state;
	const struct block_device *const taken[] = {&root, &verity};

	TRY(wait_for(w, &b->config.root, E_DEVICE_ROOT, NULL, 0, &root));
	TRY(wait_for(w, &b->config.verity, E_DEVICE_VERITY, NULL, 0, &verity));
	TRY(wait_for(w, &b->config.state, E_DEVICE_STATE, taken, 2, &state));
	if (strcmp(root.path, verity.path) == 0 || strcmp(root.path, state.path) == 0 ||
		strcmp(verity.path, state.path) == 0) {
		console_detail("root %s, verity %s, state %s", root.path, verity.path, state.path);
		return fail(E_DEVICE_SHARED);
	}
	memcpy(b->root_device, root.path, sizeof(b->root_device));
	memcpy(b->verity_device, verity.path, sizeof(b->verity_device));
	memcpy(b->state_device, state.path, sizeof(b->state_device));
	make_disk_id(&state, b->disk_id);
	return OK;
}

struct status devices_find(
	struct boot *b, const char *sys_class_block, const char *dev, uint64_t deadline)
{
	struct wait w = {.sys_class_block = sys_class_block, .dev = dev, .deadline = deadline};
	struct status s;

	/* Listening starts before the first look, so that nothing falls between the two. */
	TRY(watch_open(NETLINK_KOBJECT_UEVENT, UEVENT_GROUP, E_UEVENT_OPEN, &w.watch));
	s = find_all(b, &w);
	close(w.watch);
	return s;
}

struct status stage_devices(struct boot *b)
{
	TRY(devices_find(b, "/sys/class/block", "/dev", clock_ms() + WAIT_MS));
	console_say("devices root %s verity %s state %s", b->root_device, b->verity_device,
		b->state_device);
	return OK;
}
