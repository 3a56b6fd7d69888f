/* Device selection on a made-up /sys/class/block and /dev in a temporary folder. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "early/block.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "tests/unit/early/gpt_image.h"
#include "tests/unit/test.h"

static char folder[] = "/tmp/test_block.XXXXXX";
static char sys_folder[64], dev_folder[64];
static uint8_t image[IMAGE_LEN];

static void put_file(const void *data, size_t len, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes a file, its folders made on the way. */
static void put_file(const void *data, size_t len, const char *format, ...)
{
	char path[256];
	va_list args;
	int fd;

	va_start(args, format);
	(void)vsnprintf(path, sizeof(path), format, args);
	va_end(args);
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

static void put_text(const char *path, const char *name, const char *text)
{
	put_file(text, strlen(text), "%s/%s/%s", sys_folder, path, name);
}

static void put_disk(const char *name, const char *serial)
{
	put_text(name, "size", "128\n");
	put_text(name, "queue/logical_block_size", "512\n");
	if (serial)
		put_text(name, "serial", serial);
	put_file(image, sizeof(image), "%s/%s", dev_folder, name);
}

static void put_partition(
	const char *disk, const char *name, const char *number, const char *start, const char *size)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s", disk, name);
	put_text(path, "partition", number);
	put_text(path, "start", start);
	put_text(path, "size", size);
	/* The kernel lists partitions beside disks, too. */
	put_text(name, "partition", number);
}

static void start(void)
{
	char command[96];

	(void)snprintf(command, sizeof(command), "rm -rf %s/sys %s/dev", folder, folder);
	if (system(command) || mkdir(sys_folder, 0700) || mkdir(dev_folder, 0700))
		abort();
	image_start(image);
	image_add(image, 1, 0xaa, 0x11, 34, 40, "root");
	image_add(image, 2, 0xbb, 0x22, 41, 50, "verity");
	image_seal(image);
	put_disk("vda", NULL);
	put_partition("vda", "vda1", "1\n", "34\n", "7\n");
	put_partition("vda", "vda2", "2\n", "41\n", "10\n");
}

static uint16_t find(struct selector s, struct block_device *d, unsigned *count)
{
	*count = 99;
	console_detail("%s", "");
	return block_find(sys_folder, dev_folder, &s, d, count).code;
}

static struct selector by_guid(enum selector_kind kind, uint8_t fill)
{
	struct selector s = {.kind = kind};

	memset(s.guid, fill, sizeof(s.guid));
	return s;
}

static struct selector by_text(enum selector_kind kind, const char *text)
{
	struct selector s = {.kind = kind};

	(void)snprintf(s.text, sizeof(s.text), "%s", text);
	return s;
}

static void test_partitions(void)
{
	struct block_device d;
	unsigned n;

	start();
	REQUIRE(find(by_guid(SELECT_PARTUUID, 0x22), &d, &n) == 0 && n == 1);
	CHECK(strcmp(strrchr(d.path, '/'), "/vda2") == 0 && d.partition && d.guid[0] == 0x22);
	REQUIRE(find(by_guid(SELECT_PARTTYPE, 0xaa), &d, &n) == 0 && n == 1);
	CHECK(strcmp(strrchr(d.path, '/'), "/vda1") == 0 && d.guid[0] == 0x11);
	REQUIRE(find(by_text(SELECT_PARTLABEL, "verity"), &d, &n) == 0 && n == 1);
	CHECK(strcmp(strrchr(d.path, '/'), "/vda2") == 0);
	CHECK(find(by_text(SELECT_PARTLABEL, "verit"), &d, &n) == 0 && n == 0);
	CHECK(find(by_guid(SELECT_PARTUUID, 0x33), &d, &n) == 0 && n == 0);
	CHECK(find(by_text(SELECT_SERIAL, "state"), &d, &n) == 0 && n == 0);
}

static void test_serial(void)
{
	struct block_device d;
	unsigned n;

	start();
	put_disk("vdb", "state");
	put_disk("vdc", "state2\n");
	REQUIRE(find(by_text(SELECT_SERIAL, "state"), &d, &n) == 0 && n == 1);
	CHECK(strcmp(strrchr(d.path, '/'), "/vdb") == 0 && !d.partition);
	CHECK(strcmp(d.serial, "state") == 0);
	put_disk("vdd", "state\n");
	CHECK(find(by_text(SELECT_SERIAL, "state"), &d, &n) == 0 && n == 2);
}

/* One image, many nodes: what is found keeps its own serial, which names the disk. */
static void test_serial_prefix(void)
{
	struct block_device d;
	unsigned n;

	start();
	put_disk("vdb", "state-7\n");
	put_disk("vdc", "stat*\n");
	put_disk("vdd", "my-state-7\n");
	REQUIRE(find(by_text(SELECT_SERIAL, "state*"), &d, &n) == 0 && n == 1);
	CHECK(strcmp(strrchr(d.path, '/'), "/vdb") == 0 && strcmp(d.serial, "state-7") == 0);
	CHECK(find(by_text(SELECT_SERIAL, "state"), &d, &n) == 0 && n == 0);
	CHECK(find(by_text(SELECT_SERIAL, "st*te-7"), &d, &n) == 0 && n == 0);
	put_disk("vde", "state\n");
	CHECK(find(by_text(SELECT_SERIAL, "state*"), &d, &n) == 0 && n == 2);
}

static void test_ambiguous(void)
{
	struct block_device d;
	unsigned n;

	start();
	image_add(image, 3, 0xbb, 0x33, 60, 61, "verity");
	image_seal(image);
	put_disk("vda", NULL);
	put_partition("vda", "vda3", "3\n", "60\n", "2\n");
	CHECK(find(by_text(SELECT_PARTLABEL, "verity"), &d, &n) == 0 && n == 2);
	CHECK(find(by_guid(SELECT_PARTTYPE, 0xbb), &d, &n) == 0 && n == 2);
	CHECK(find(by_guid(SELECT_PARTUUID, 0x33), &d, &n) == 0 && n == 1);
	/* The same disk given twice. */
	put_disk("vdb", NULL);
	put_partition("vdb", "vdb3", "3\n", "60\n", "2\n");
	CHECK(find(by_guid(SELECT_PARTUUID, 0x33), &d, &n) == 0 && n == 2);
}

/* The kernel read another table than we did: no match, and the reason is told. */
static void test_kernel_differs(void)
{
	static const char *const wrong[][3] = {{"2\n", "42\n", "10\n"}, {"2\n", "41\n", "11\n"},
		{"3\n", "41\n", "10\n"}, {"2\n", "41", ""}, {"2\n", "x\n", "10\n"},
		{"2\n", "18446744073709551657\n", "10\n"}};
	struct block_device d;
	unsigned n;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		start();
		put_partition("vda", "vda2", wrong[i][0], wrong[i][1], wrong[i][2]);
		CHECK(find(by_guid(SELECT_PARTUUID, 0x22), &d, &n) == 0 && n == 0);
		CHECK(strstr(console_detail_text(), error_text(E_GPT_KERNEL)));
	}
}

static void test_damage(void)
{
	static const char *const sizes[] = {
		"0\n", "", "-1\n", "64\n", "99999999999999999999\n", "18446744073709551615\n"};
	static const char *const blocks[] = {"0\n", "256\n", "8192\n", "513\n", "x\n", "4096\n"};
	struct block_device d;
	unsigned n;

	start();
	image[1024 + 128 * 5] ^= 1;
	put_disk("vda", NULL);
	CHECK(find(by_guid(SELECT_PARTUUID, 0x22), &d, &n) == 0 && n == 0);
	CHECK(strstr(console_detail_text(), error_text(E_GPT_ENTRIES_CRC)));
	start();
	put_file(image, 1500, "%s/vda", dev_folder);
	CHECK(find(by_guid(SELECT_PARTUUID, 0x22), &d, &n) == 0 && n == 0);
	CHECK(strstr(console_detail_text(), error_text(E_GPT_ENTRIES_READ)));
	start();
	put_file(image, 600, "%s/vda", dev_folder);
	CHECK(find(by_guid(SELECT_PARTUUID, 0x22), &d, &n) == 0 && n == 0);
	CHECK(strstr(console_detail_text(), error_text(E_GPT_READ)));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		start();
		put_text("vda", "size", sizes[i]);
		CHECK(find(by_guid(SELECT_PARTUUID, 0x22), &d, &n) == 0 && n == 0);
	}
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		start();
		put_text("vda", "queue/logical_block_size", blocks[i]);
		CHECK(find(by_guid(SELECT_PARTUUID, 0x22), &d, &n) == 0 && n == 0);
	}
}

/* Names that are no kernel's, disks without a node, and no disks at all. */
static void test_odd_trees(void)
{
	struct block_device d;
	unsigned n;

	start();
	put_text("vd b", "serial", "state");
	put_text("abcdefghijklmnopqrstuvwxyz0123456789", "serial", "state");
	CHECK(find(by_text(SELECT_SERIAL, "state"), &d, &n) == 0 && n == 0);
	start();
	put_file("", 0, "%s/x", dev_folder);
	put_text("vdz", "size", "128\n");
	put_text("vdz", "queue/logical_block_size", "512\n");
	CHECK(find(by_guid(SELECT_PARTUUID, 0x22), &d, &n) == 0 && n == 1);
	CHECK(block_find("/nonexistent", dev_folder, &(struct selector){0}, &d, &n).code ==
		E_DEVICE_SCAN);
	CHECK(block_find(sys_folder, "/nonexistent", &(struct selector){0}, &d, &n).code ==
		E_DEVICE_SCAN);
}

int main(void)
{
	char command[64];
	int result;

	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(sys_folder, sizeof(sys_folder), "%s/sys", folder);
	(void)snprintf(dev_folder, sizeof(dev_folder), "%s/dev", folder);
	RUN(test_partitions);
	RUN(test_serial);
	RUN(test_serial_prefix);
	RUN(test_ambiguous);
	RUN(test_kernel_differs);
	RUN(test_damage);
	RUN(test_odd_trees);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	result = test_summary();
	return system(command) ? 1 : result;
}
