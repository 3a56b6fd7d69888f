/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices stage on a made-up tree, the kernel's real announcements beside it. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "early/disk/block_names.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/disk/devices.h"
#include "tests/unit/early/gpt_image.h"
#include "tests/unit/test.h"

static char folder[] = "/tmp/test_devices.XXXXXX";
static char sys_folder[64], dev_folder[64];
static uint8_t image[IMAGE_LEN];

static void put(const char *base, const char *name, const void *data, size_t len)
{
	char path[192];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(path, 0700);
		*p = '/';
	}
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void put_text(const char *name, const char *text)
{
	put(sys_folder, name, text, strlen(text));
}

static void put_partition(const char *number, const char *start, const char *size)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "vda/vda%s/partition", number);
	put_text(name, number);
	(void)snprintf(name, sizeof(name), "vda/vda%s/start", number);
	put_text(name, start);
	(void)snprintf(name, sizeof(name), "vda/vda%s/size", number);
	put_text(name, size);
}

static void put_state_disk(void)
{
	put_text("vdb/serial", "state");
}

/* Root and verity on vda; no state disk yet. */
static void start(struct boot *b)
{
	char command[96];

	memset(b, 0, sizeof(*b));
	b->config.root.kind = b->config.verity.kind = SELECT_PARTUUID;
	memset(b->config.root.guid, 0x11, 16);
	memset(b->config.verity.guid, 0x22, 16);
	b->config.state.kind = SELECT_SERIAL;
	(void)snprintf(b->config.state.text, sizeof(b->config.state.text), "state");
	(void)snprintf(command, sizeof(command), "rm -rf %s/sys %s/dev", folder, folder);
	if (system(command))
		abort();
	image_start(image);
	image_add(image, 1, 0xaa, 0x11, 34, 40, "root");
	image_add(image, 2, 0xbb, 0x22, 41, 50, "verity");
	image_seal(image);
	put_text("vda/size", "128");
	put_text("vda/queue/logical_block_size", "512");
	put_partition("1", "34", "7");
	put_partition("2", "41", "10");
	put(dev_folder, "vda", image, sizeof(image));
}

static uint16_t find(struct boot *b, unsigned wait_ms)
{
	return devices_find(b, sys_folder, dev_folder, clock_ms() + wait_ms).code;
}

static void test_whole_disk(void)
{
	static const uint8_t input[] = "protostar disk v1\0\0\0\5state";
	uint8_t want[SHA256_LEN];
	struct boot b;

	start(&b);
	put_state_disk();
	REQUIRE(find(&b, 0) == 0);
	CHECK(strcmp(strrchr(b.root_device, '/'), "/vda1") == 0);
	CHECK(strcmp(strrchr(b.verity_device, '/'), "/vda2") == 0);
	CHECK(strcmp(strrchr(b.state_device, '/'), "/vdb") == 0);
	sha256(input, sizeof(input) - 1, want);
	CHECK_BYTES(b.disk_id, want, DISK_ID_LEN);
}

static void test_partition(void)
{
	struct boot b;
	uint8_t want[DISK_ID_LEN];

	start(&b);
	image_add(image, 3, 0xcc, 0x33, 60, 61, "state");
	image_seal(image);
	put(dev_folder, "vda", image, sizeof(image));
	put_partition("3", "60", "2");
	b.config.state.kind = SELECT_PARTLABEL;
	REQUIRE(find(&b, 0) == 0);
	memset(want, 0x33, sizeof(want));
	CHECK(strcmp(strrchr(b.state_device, '/'), "/vda3") == 0);
	CHECK_BYTES(b.disk_id, want, DISK_ID_LEN);
}

static void test_missing(void)
{
	struct boot b;
	uint64_t begin = clock_ms();

	start(&b);
	CHECK(find(&b, 300) == E_DEVICE_STATE && !b.root_device[0]);
	CHECK(clock_ms() - begin >= 300);
	b.config.verity.guid[0] = 1;
	CHECK(find(&b, 0) == E_DEVICE_VERITY);
	b.config.root.guid[0] = 1;
	CHECK(find(&b, 0) == E_DEVICE_ROOT);
}

/* What an operator reads besides the code. */
static void test_told(void)
{
	char command[96];
	struct boot b;

	start(&b);
	put_text("vdb/serial", "other");
	put_text("vdb/size", "1");
	put_text("vdb/queue/logical_block_size", "512");
	CHECK(find(&b, 0) == E_DEVICE_STATE);
	CHECK(strcmp(console_detail_text(), "serial:state; disks seen: 2") == 0);
	put_state_disk();
	put_text("vdc/serial", "state\n");
	CHECK(find(&b, 0) == E_DEVICE_AMBIGUOUS);
	CHECK(strncmp(console_detail_text(), "serial:state: ", 14) == 0 &&
		strstr(console_detail_text(), " and another"));
	start(&b);
	image[1024 + 128 * 5] ^= 1;
	put(dev_folder, "vda", image, sizeof(image));
	CHECK(find(&b, 0) == E_DEVICE_ROOT);
	CHECK(strstr(console_detail_text(), "partuuid:11111111-1111-") &&
		strstr(console_detail_text(), error_text(E_GPT_ENTRIES_CRC)));
	(void)snprintf(command, sizeof(command), "rm -rf %s/vda", sys_folder);
	CHECK(system(command) == 0 && find(&b, 0) == E_DEVICE_ROOT);
	CHECK(strstr(console_detail_text(), "no disks at all: a driver may be missing") &&
		strstr(console_detail_text(), "--platform or --module"));
}

/* One image for machines whose disks get their names from the cloud. */
static void test_other_volume(void)
{
	struct boot b;

	start(&b);
	put_text("vda/serial", "vol0a");
	put_text("vdb/serial", "vol0b");
	(void)snprintf(b.config.state.text, sizeof(b.config.state.text), "vol*");
	REQUIRE(find(&b, 0) == 0);
	CHECK(strcmp(strrchr(b.state_device, '/'), "/vdb") == 0);
	put_text("vdc/serial", "vol0c");
	CHECK(find(&b, 0) == E_DEVICE_AMBIGUOUS);
}

/* The longest name that a disk can have names it to the service, too. */
static void test_long_name(void)
{
	char name[BLOCK_NAME_MAX];
	uint8_t first[DISK_ID_LEN];
	struct boot b;

	start(&b);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(b.config.state.text, sizeof(b.config.state.text), "nnn*");
	put_text("vdb/wwid", name);
	REQUIRE(find(&b, 0) == 0);
	memcpy(first, b.disk_id, sizeof(first));
	name[sizeof(name) - 2] = 'x';
	put_text("vdb/wwid", name);
	REQUIRE(find(&b, 0) == 0);
	CHECK(memcmp(first, b.disk_id, sizeof(first)) != 0);
}

static void test_ambiguous_and_shared(void)
{
	struct boot b;

	start(&b);
	put_state_disk();
	put_text("vdc/serial", "state\n");
	CHECK(find(&b, 0) == E_DEVICE_AMBIGUOUS);
	start(&b);
	b.config.state = b.config.verity;
	CHECK(find(&b, 0) == E_DEVICE_SHARED);
	b.config.state = b.config.root;
	CHECK(find(&b, 0) == E_DEVICE_SHARED);
	b.config.verity = b.config.root;
	CHECK(find(&b, 0) == E_DEVICE_SHARED && !b.root_device[0]);
}

static void test_late(void)
{
	struct boot b;
	int status = -1;
	pid_t pid;

	start(&b);
	pid = fork();
	if (pid == 0) {
		usleep(400000);
		put_state_disk();
		_exit(0);
	}
	CHECK(find(&b, 10000) == 0);
	waitpid(pid, &status, 0);
	CHECK(status == 0);
}

int main(void)
{
	char command[64];
	int result;

	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(sys_folder, sizeof(sys_folder), "%s/sys", folder);
	(void)snprintf(dev_folder, sizeof(dev_folder), "%s/dev", folder);
	RUN(test_whole_disk);
	RUN(test_partition);
	RUN(test_missing);
	RUN(test_told);
	RUN(test_other_volume);
	RUN(test_long_name);
	RUN(test_ambiguous_and_shared);
	RUN(test_late);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	result = test_summary();
	return system(command) ? 1 : result;
}
