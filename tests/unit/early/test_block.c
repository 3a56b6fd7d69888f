/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device selection on a made-up /sys/class/block and /dev in a temporary folder. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "early/disk/block.h"
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
	return block_find(sys_folder, dev_folder, &s, NULL, 0, d, count).code;
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

/* A VPD page as the kernel shows it: type, number, length and the contents. */
static void put_page(
	const char *disk, const char *file, uint8_t number, const void *data, size_t len)
{
	uint8_t page[300] = {0, number, (uint8_t)(len >> 8), (uint8_t)len};

	memcpy(page + 4, data, len);
	put_file(page, 4 + len, "%s/%s/device/%s", sys_folder, disk, file);
}

static bool finds(const char *serial, const char *node, const char *name)
{
	struct block_device d;
	unsigned n;

	return find(by_text(SELECT_SERIAL, serial), &d, &n) == 0 && n == 1 && !d.partition &&
	       strcmp(strrchr(d.path, '/') + 1, node) == 0 && strcmp(d.serial, name) == 0;
}

static bool finds_none(const char *serial)
{
	struct block_device d;
	unsigned n;

	return find(by_text(SELECT_SERIAL, serial), &d, &n) == 0 && n == 0;
}

/* As AWS, Azure and Google show them: one controller a volume, or one for all namespaces. */
static void test_nvme(void)
{
	struct block_device d;
	unsigned n;

	start();
	put_disk("nvme0n1", NULL);
	put_text("nvme0n1", "device/serial", "vol0123456789abcdef0\n");
	put_text("nvme0n1", "device/model", "Amazon Elastic Block Store              \n");
	put_text("nvme0n1", "wwid",
		"nvme.1d0f-766f6c30-416d617a6f6e20456c617374696320426c6f636b2053746f72-00000001\n");
	put_disk("nvme1n1", NULL);
	put_text("nvme1n1", "device/serial", "state-7             \n");
	put_text("nvme1n1", "wwid", "uuid.5b3d2f0a-0000-4000-8000-000000000001\n");
	CHECK(finds("vol0123456789abcdef0", "nvme0n1", "vol0123456789abcdef0"));
	CHECK(finds("state-*", "nvme1n1", "state-7"));
	CHECK(finds("state-7", "nvme1n1", "state-7"));
	CHECK(finds_none("Amazon*"));
	CHECK(finds("uuid.5b3d*", "nvme1n1", "uuid.5b3d2f0a-0000-4000-8000-000000000001"));
	/* Both names match: one disk all the same, by the first. */
	put_text("nvme1n1", "device/serial", "uuid.5\n");
	CHECK(finds("uuid.5*", "nvme1n1", "uuid.5"));
	/* A second namespace of the controller: only its own identifier tells it apart. */
	put_disk("nvme1n2", NULL);
	put_text("nvme1n2", "device/serial", "uuid.5\n");
	put_text("nvme1n2", "wwid", "eui.0025385b71b00a2f\n");
	CHECK(find(by_text(SELECT_SERIAL, "uuid.5"), &d, &n) == 0 && n == 2);
	CHECK(finds("eui.*", "nvme1n2", "eui.0025385b71b00a2f"));
	/* A path of a controller with several, which the kernel hides, is not a disk. */
	put_disk("nvme2c0n1", NULL);
	put_text("nvme2c0n1", "hidden", "1\n");
	put_text("nvme2c0n1", "device/serial", "vol0123456789abcdef0\n");
	CHECK(finds("vol*", "nvme0n1", "vol0123456789abcdef0"));
	put_text("nvme0n1", "hidden", "0\n");
	CHECK(finds("vol*", "nvme0n1", "vol0123456789abcdef0"));
}

/* QEMU and Google: serials, Google's device name; Hyper-V: an identifier alone. */
static void test_scsi(void)
{
	static const uint8_t google[] = {1, 3, 0, 8, 0x50, 0, 0, 0, 0, 0, 0, 1, /* NAA, binary */
		2, 0, 0, 17, 'p', 'e', 'r', 's', 'i', 's', 't', 'e', 'n', 't', '-', 'd', 'i', 's',
		'k', '-', '1'};

	start();
	put_disk("sda", NULL);
	put_page("sda", "vpd_pg80", 0x80, "      state-1   ", 16);
	CHECK(finds("state-1", "sda", "state-1"));
	CHECK(finds("state*", "sda", "state-1"));
	put_disk("sdb", NULL);
	put_page("sdb", "vpd_pg83", 0x83, google, sizeof(google));
	CHECK(finds("persistent-disk-1", "sdb", "persistent-disk-1"));
	put_disk("sdc", NULL);
	put_text("sdc", "device/wwid", "naa.60022480a4c4b4a4f8f0cd1b4e0f4d2a\n");
	CHECK(finds("naa.60022480*", "sdc", "naa.60022480a4c4b4a4f8f0cd1b4e0f4d2a"));
	put_text("sda", "device/wwid", "t10.ATA     QEMU HARDDISK   state-1\n");
	CHECK(finds("t10.ATA     QEMU HARDDISK   state-1", "sda",
		"t10.ATA     QEMU HARDDISK   state-1"));
}

/* Xen's disks have no name at all but where they are attached; that is none. */
static void test_xen(void)
{
	start();
	put_disk("xvda", NULL);
	put_text("xvda", "device/devtype", "vbd\n");
	put_text("xvda", "device/nodename", "device/vbd/51712\n");
	put_partition("xvda", "xvda1", "1\n", "34\n", "7\n");
	put_partition("xvda", "xvda2", "2\n", "41\n", "10\n");
	CHECK(finds_none("*"));
	put_disk("vdb", "");
	put_disk("vdc", " \n");
	CHECK(finds_none("*"));
}

/* Pages cut or lengthened by a byte, of another number, and with text that is none. */
static void test_hostile_names(void)
{
	static const uint8_t page[] = {0, 0x80, 0, 5, 's', 't', 'a', 't', 'e', 'X'};
	static const uint8_t names[] = {0, 0x83, 0, 9, 2, 0, 0, 5, 's', 't', 'a', 't', 'e', 'X'};
	char out[BLOCK_NAME_MAX];
	uint8_t copy[2048] = {0, 0x80, 0, 0};

	for (size_t len = 0; len <= 10; len++)
		CHECK(vpd_serial(page, len, out) == (len == 9));
	for (size_t len = 0; len <= 14; len++)
		CHECK(vpd_name(names, len, out) == (len == 13));
	for (unsigned other = 0; other < 256; other++) {
		memcpy(copy, page, 9);
		copy[1] = (uint8_t)other;
		CHECK(vpd_serial(copy, 9, out) == (other == 0x80));
		memcpy(copy, page, 9);
		copy[8] = (uint8_t)other;
		CHECK(vpd_serial(copy, 9, out) == (other >= 0x20 && other <= 0x7e));
		/* A descriptor that says another length than it has. */
		memcpy(copy, names, 13);
		copy[7] = (uint8_t)other;
		CHECK(vpd_name(copy, 13, out) == (other >= 1 && other <= 5));
		memcpy(copy, names, 13);
		copy[5] = (uint8_t)other;
		CHECK(vpd_name(copy, 13, out) == ((other & 0x3f) == 0));
	}
	memset(copy, 'x', sizeof(copy));
	memcpy(copy, (uint8_t[]){0, 0x80, 0, 255}, 4);
	CHECK(vpd_serial(copy, 4 + 255, out) && strlen(out) == 255);
	memcpy(copy, (uint8_t[]){0, 0x80, 1, 0}, 4);
	CHECK(!vpd_serial(copy, 4 + 256, out));
	memcpy(copy, (uint8_t[]){0, 0x83, 0, 8, 1, 3, 0, 0, 1, 3, 0, 0}, 12);
	CHECK(!vpd_name(copy, 12, out));
}

static void test_hostile_files(void)
{
	static uint8_t longest[4096] = {0, 0x80, 0x0f, 0xfc};
	char text[400];

	start();
	memset(longest + 4, ' ', sizeof(longest) - 4);
	memcpy(longest + 4, "state", 5);
	put_file(longest, sizeof(longest), "%s/sda/device/vpd_pg80", sys_folder);
	put_disk("sda", NULL);
	CHECK(finds_none("state*"));
	memset(text, 's', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	put_text("sda", "device/serial", text);
	put_text("sda", "wwid", "line\nstate\n");
	put_text("sda", "device/wwid", "\033[2Jstate\n");
	CHECK(finds_none("s*"));
	CHECK(finds_none("line*"));
	CHECK(finds_none("\033*"));
	text[255] = '\0';
	put_text("sda", "device/serial", text);
	CHECK(finds("sss*", "sda", text));
}

/* The disk that the machine boots from is no state disk, whatever it is called. */
static void test_taken(void)
{
	const struct selector volumes = by_text(SELECT_SERIAL, "vol*");
	struct block_device root, d;
	const struct block_device *const taken[] = {&root};
	unsigned n;

	start();
	put_disk("vda", "vol1");
	put_disk("vdb", "vol2");
	REQUIRE(find(by_guid(SELECT_PARTUUID, 0x11), &root, &n) == 0 && n == 1);
	CHECK(strcmp(root.disk, "vda") == 0);
	CHECK(find(volumes, &d, &n) == 0 && n == 2);
	CHECK(block_find(sys_folder, dev_folder, &volumes, taken, 1, &d, &n).code == 0);
	CHECK(n == 1 && strcmp(d.disk, "vdb") == 0 && strcmp(d.serial, "vol2") == 0);
	/* Partitions of it are others. */
	CHECK(block_find(sys_folder, dev_folder,
		      &(struct selector){.kind = SELECT_PARTLABEL, .text = "verity"}, taken, 1, &d,
		      &n)
			.code == 0);
	CHECK(n == 1 && strcmp(strrchr(d.path, '/'), "/vda2") == 0);
}

static char said[65536];

/* What block_say_disks() writes; the value is what it returned. */
static size_t say(void)
{
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO);
	size_t disks, len;

	if (!file || before < 0 || dup2(fileno(file), STDERR_FILENO) < 0)
		abort();
	disks = block_say_disks(sys_folder, dev_folder);
	(void)dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	len = fread(said, 1, sizeof(said) - 1, file);
	said[len] = '\0';
	(void)fclose(file);
	return disks;
}

static size_t count_lines(const char *what)
{
	size_t n = 0;

	for (const char *p = said; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void test_said(void)
{
	start();
	put_disk("vdb", "state-1\n");
	put_text("vdb", "device/serial", "state-1   \n");
	put_text("vdb", "wwid", "eui.1\n");
	image[1024 + 128 * 5] ^= 1;
	put_disk("vdc", NULL);
	put_text("loop0", "size", "0\n");
	CHECK(say() == 3);
	CHECK(strstr(said, "protostar: disk vda: 64 KiB, no serial\n"));
	CHECK(strstr(said, "  partition 2 of vda: 5 KiB, "
			   "partuuid:22222222-2222-2222-2222-222222222222 "
			   "parttype:bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb partlabel:verity\n"));
	CHECK(strstr(said, "disk vdb: 64 KiB, \"serial:state-1\", \"serial:eui.1\"\n"));
	CHECK(strstr(said, "disk vdc: 64 KiB, no serial, "));
	CHECK(strstr(said, error_text(E_GPT_ENTRIES_CRC)));
	CHECK(!strstr(said, "loop0"));
}

/* However many the host attaches, and whatever it calls them. */
static void test_said_is_bounded(void)
{
	char name[BLOCK_NODE_MAX], text[256];

	start();
	for (unsigned i = 3; i <= 16; i++)
		image_add(image, i, 0xbb, (uint8_t)i, 60, 60, "label\x1b[2J\nprotostar: joined");
	image_seal(image);
	memset(text, 'w', sizeof(text));
	text[255] = '\0';
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "sd%u", i);
		put_disk(name, text);
		put_text(name, "wwid", text);
		put_text(name, "device/wwid", text);
		put_page(name, "vpd_pg80", 0x80, text, 255);
	}
	CHECK(say() == 41);
	CHECK(count_lines("protostar: disk ") == 16 && count_lines("  partition ") == 32);
	CHECK(count_lines("protostar: ") == 16 + 32 + 2 + count_lines("protostar: joined"));
	CHECK(count_lines("\n") == 16 + 32 + 2 && !strchr(said, 0x1b));
	CHECK(strstr(said, "protostar: and 25 more disks\n"));
	CHECK(strstr(said, " more partitions\n"));
	start();
	(void)rmdir(sys_folder);
	put_text("vda", "size", "0\n");
	CHECK(say() == 0 && !*said);
	CHECK(block_say_disks("/nonexistent", dev_folder) == 0);
}

static void test_selector_text(void)
{
	struct selector s = by_guid(SELECT_PARTTYPE, 0);
	char text[BLOCK_SELECTOR_MAX];

	for (uint8_t i = 0; i < 16; i++)
		s.guid[i] = i;
	block_selector_text(&s, text);
	CHECK(strcmp(text, "parttype:03020100-0504-0706-0809-0a0b0c0d0e0f") == 0);
	s = by_text(SELECT_SERIAL, "state*");
	block_selector_text(&s, text);
	CHECK(strcmp(text, "serial:state*") == 0);
	memset(s.text, 'x', sizeof(s.text) - 1);
	s.kind = SELECT_PARTLABEL;
	block_selector_text(&s, text);
	CHECK(strlen(text) == 10 + sizeof(s.text) - 1);
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
	CHECK(block_find("/nonexistent", dev_folder, &(struct selector){0}, NULL, 0, &d, &n).code ==
		E_DEVICE_SCAN);
	CHECK(block_find(sys_folder, "/nonexistent", &(struct selector){0}, NULL, 0, &d, &n).code ==
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
	RUN(test_nvme);
	RUN(test_scsi);
	RUN(test_xen);
	RUN(test_hostile_names);
	RUN(test_hostile_files);
	RUN(test_taken);
	RUN(test_said);
	RUN(test_said_is_bounded);
	RUN(test_selector_text);
	RUN(test_ambiguous);
	RUN(test_kernel_differs);
	RUN(test_damage);
	RUN(test_odd_trees);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	result = test_summary();
	return system(command) ? 1 : result;
}
