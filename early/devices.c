#include "early/devices.h"

#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "early/block.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/netlink.h"

#define WAIT_MS	      30000u
#define UEVENT_GROUP  1u /* the kernel's own announcements; udev's would be 2 */
#define DISK_ID_LABEL "protostar disk v1"

struct wait {
	const char *sys_class_block, *dev;
	int watch;
	uint64_t deadline;
};

/* The device that s names, as soon as it is there. `missing` is the code when it never comes. */
static struct status wait_for(
	const struct wait *w, const struct selector *s, uint16_t missing, struct block_device *out)
{
	unsigned count;

	console_detail("%s", "");
	for (;;) {
		TRY(block_find(w->sys_class_block, w->dev, s, out, &count));
		if (count == 1)
			return OK;
		if (count > 1) {
			console_detail("%s and another", out->path);
			return fail(E_DEVICE_AMBIGUOUS);
		}
		if (!clock_left(w->deadline, 1))
			return fail(missing);
		TRY(watch_wait(w->watch, w->deadline, E_UEVENT_WAIT));
	}
}

/* PROTOCOL.md section 4. */
static void make_disk_id(const struct block_device *d, uint8_t out[DISK_ID_LEN])
{
	uint8_t input[sizeof(DISK_ID_LABEL) + 4 + CONFIG_TEXT_MAX], digest[SHA256_LEN];
	struct wire_writer w;

	if (d->partition) {
		memcpy(out, d->guid, DISK_ID_LEN);
		return;
	}
	wire_write_start(&w, input, sizeof(input));
	wire_put_bytes(&w, (const uint8_t *)DISK_ID_LABEL, strlen(DISK_ID_LABEL));
	wire_put_field(
		&w, (struct span){(const uint8_t *)d->serial, strlen(d->serial)}, CONFIG_TEXT_MAX);
	sha256(input, w.len, digest);
	memcpy(out, digest, DISK_ID_LEN);
}

static struct status find_all(struct boot *b, const struct wait *w)
{
	struct block_device root, verity, state;

	TRY(wait_for(w, &b->config.root, E_DEVICE_ROOT, &root));
	TRY(wait_for(w, &b->config.verity, E_DEVICE_VERITY, &verity));
	TRY(wait_for(w, &b->config.state, E_DEVICE_STATE, &state));
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
