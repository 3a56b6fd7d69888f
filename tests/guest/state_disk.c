/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state disk on a real kernel: PID 1 of a small guest that loads modules, formats the disk,
 * opens it again, and tries what a host would do to it. One line a check on the console, and "guest
 * passed" or "guest failed" at the end; then the machine goes off.
 *
 * The initrd has /modules (one path a line), the module files, and in SYSROOT a mkfs.ext4 with what
 * it needs. The disk is the virtio disk /dev/vda.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto/random.h"
#include "early/boot.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/disk/header_mac.h"
#include "early/disk/state_disk.h"

#define DISK	"/dev/vda"
#define MOUNTED "/run/state"

static struct boot boot;
static uint8_t key[DISK_KEY_LEN], next_key[DISK_KEY_LEN], mac[HEADER_MAC_LEN];
static struct state_opened opened; /* by the last open_disk() */
static unsigned failures;

#define CHECK(cond)                                                                            \
	do {                                                                                   \
		bool good_ = (cond);                                                           \
		printf("%s %s (%s)\n", good_ ? "ok  " : "FAIL", #cond, console_detail_text()); \
		failures += !good_;                                                            \
	} while (0)

static void load_modules(void)
{
	char path[256];
	FILE *list = fopen("/modules", "r");

	while (list && fgets(path, sizeof(path), list)) {
		path[strcspn(path, "\n")] = '\0';
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (syscall(SYS_finit_module, fd, "", 0))
			printf("module %s: %s\n", path, strerror(errno));
		close(fd);
	}
	if (list)
		fclose(list);
}

static void prepare(void)
{
	(void)mkdir("/proc", 0755);
	(void)mkdir("/sys", 0755);
	(void)mkdir("/dev", 0755);
	(void)mkdir("/run", 0755);
	(void)mount("proc", "/proc", "proc", 0, NULL);
	(void)mount("sysfs", "/sys", "sysfs", 0, NULL);
	(void)mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	(void)mount("tmpfs", "/run", "tmpfs", 0, NULL);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(open("/dev/console", O_RDWR), fd);
	setvbuf(stdout, NULL, _IONBF, 0);
	load_modules();
	for (int i = 0; i < 100 && access(DISK, F_OK); i++)
		usleep(50000);
}

static void poke(off_t at)
{
	uint8_t byte;
	int fd = open(DISK, O_RDWR | O_SYNC | O_CLOEXEC);

	CHECK(pread(fd, &byte, 1, at) == 1);
	byte ^= 1;
	CHECK(pwrite(fd, &byte, 1, at) == 1);
	close(fd);
}

static bool write_file(const char *path, size_t bytes)
{
	static uint8_t data[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool good = fd >= 0;

	memset(data, 0x42, sizeof(data));
	for (size_t at = 0; good && at < bytes; at += sizeof(data))
		good = write(fd, data, sizeof(data)) == (ssize_t)sizeof(data);
	good = good && fsync(fd) == 0;
	close(fd);
	return good;
}

static bool read_file(const char *path, size_t bytes)
{
	static uint8_t data[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, data, sizeof(data))) > 0) {
		got += (size_t)n;
		if (data[0] != 0x42 || data[n - 1] != 0x42)
			break;
	}
	close(fd);
	return got == bytes;
}

/* Every block of the device that the file system may look at must be readable. */
static void look_where_probers_look(void)
{
	static const long long places[] = {0, 65536, 1 << 20, (2 << 20) - 4096};
	uint8_t block[4096];
	int fd = open(STATE_NODE, O_RDONLY | O_CLOEXEC);
	off_t end = lseek(fd, 0, SEEK_END);

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		CHECK(pread(fd, block, 4096, places[i]) == 4096 &&
			pread(fd, block, 4096, end - places[i] - 4096) == 4096);
	close(fd);
}

static void format_and_use(bool overwrite)
{
	uint64_t before = clock_ms();

	CHECK(!failed(state_disk_format(&boot, key, 1, overwrite, mac)));
	printf("format took %llu ms\n", (unsigned long long)(clock_ms() - before));
	look_where_probers_look();
	CHECK(!failed(state_disk_mount(&boot)));
	CHECK(write_file(MOUNTED "/file", 8 << 20));
	CHECK(umount(MOUNTED) == 0);
	state_disk_close();
	CHECK(access(STATE_NODE, F_OK) != 0);
}

static struct status open_disk(uint64_t generation, const uint8_t *header_mac)
{
	const struct state_grant g = {
		.generation = generation, .disk_key = key, .header_mac = header_mac};

	return state_disk_open(&boot, &g, &opened);
}

/* The next generation's MAC opens the same disk: whoever lost the ACK gets in. */
static void open_next_generation(void)
{
	uint8_t next[HEADER_MAC_LEN];

	memcpy(next, opened.mac, sizeof(next));
	CHECK(!failed(open_disk(2, next)));
	state_disk_close();
}

static void format_only_what_is_blank(void)
{
	uint8_t contents, next[HEADER_MAC_LEN];

	CHECK(!failed(state_disk_contents(&boot, &contents)) && contents == DISK_NOT_BLANK);
	CHECK(state_disk_format(&boot, key, 1, false, next).code == E_STATE_NOT_BLANK);
	CHECK(!failed(open_disk(1, mac)));
	state_disk_close();
}

static void open_again(void)
{
	uint64_t before = clock_ms();

	CHECK(!failed(open_disk(1, mac)));
	CHECK(memcmp(mac, opened.mac, sizeof(mac)) != 0 && !opened.with_next);
	printf("open took %llu ms\n", (unsigned long long)(clock_ms() - before));
	CHECK(!failed(state_disk_mount(&boot)));
	CHECK(read_file(MOUNTED "/file", 8 << 20));
	/* Fill a good part of the disk, so that the kernel meets inode tables never written. */
	for (int i = 0; i < 300; i++) {
		char name[64];

		snprintf(name, sizeof(name), MOUNTED "/many%d", i);
		if (!write_file(name, i % 10 ? 0 : 65536))
			CHECK(!"a file can be made");
	}
	CHECK(umount(MOUNTED) == 0);
	state_disk_close();
}

static void refuse(void)
{
	static const off_t places[] = {0, 100, 4096 + 50, 16384 + 10, 16384 + 4096 + 7,
		32768 + 5000, 600000, HEADER_LEN - 1};

	CHECK(open_disk(2, mac).code == E_HEADER_MAC);
	key[0] ^= 1;
	CHECK(open_disk(1, mac).code == E_HEADER_MAC);
	key[0] ^= 1;
	boot.disk_id[0] ^= 1;
	CHECK(open_disk(1, mac).code == E_HEADER_MAC);
	boot.disk_id[0] ^= 1;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		poke(places[i]);
		CHECK(open_disk(1, mac).code == E_HEADER_MAC);
		CHECK(access(STATE_NODE, F_OK) != 0);
		poke(places[i]);
	}
	CHECK(!failed(open_disk(1, mac)));
	state_disk_close();
	boot.config.state_cipher ^= 1;
	CHECK(open_disk(1, mac).code == E_LUKS_PROFILE);
	boot.config.state_cipher ^= 1;
}

static bool superblock(uint8_t block[4096], bool write)
{
	int fd = open(DISK, O_RDWR | O_SYNC | O_CLOEXEC);
	ssize_t n = write ? pwrite(fd, block, 4096, DATA_AT) : pread(fd, block, 4096, DATA_AT);

	close(fd);
	return n == 4096;
}

/*
 * dm-integrity's own superblock lies behind the headers and is not under its MAC. Whatever the host
 * writes there: refused, or no file system to be found, or the right bytes; never others.
 */
static void change_integrity_superblock(void)
{
	static const off_t fields[] = {0, 8, 10, 16, 24, 28, 9};
	uint8_t block[4096];

	CHECK(superblock(block, false));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		bool opened, mounted;

		poke(DATA_AT + fields[i]);
		opened = !failed(open_disk(1, mac));
		mounted = opened && !failed(state_disk_mount(&boot));
		CHECK(!mounted || read_file(MOUNTED "/file", 8 << 20));
		if (mounted)
			CHECK(umount(MOUNTED) == 0);
		state_disk_close();
		CHECK(superblock(block, true));
	}
	CHECK(!failed(open_disk(1, mac)));
	state_disk_close();
}

static void file_is_there(void)
{
	CHECK(!failed(state_disk_mount(&boot)));
	CHECK(read_file(MOUNTED "/file", 8 << 20));
	CHECK(umount(MOUNTED) == 0);
}

static bool headers(uint8_t out[DATA_AT])
{
	int fd = open(DISK, O_RDONLY | O_CLOEXEC);
	ssize_t n = pread(fd, out, DATA_AT, 0);

	close(fd);
	return n == DATA_AT;
}

/* The key was about to change when the power was cut: a recovery opens the disk as it is. */
static void recover(void)
{
	static const uint8_t none[HEADER_MAC_LEN];
	static uint8_t before[DATA_AT], after[DATA_AT];
	uint8_t old_mac[HEADER_MAC_LEN], next_mac[HEADER_MAC_LEN] = {0};
	struct state_grant g = {.generation = 1,
		.disk_key = key,
		.header_mac = mac,
		.next_key = next_key,
		.next_header_mac = next_mac};

	CHECK(!failed(state_disk_open(&boot, &g, &opened)) && !opened.with_next);
	memcpy(old_mac, opened.mac, sizeof(old_mac));
	memcpy(next_mac, opened.next_mac, sizeof(next_mac));
	state_disk_close();
	g.generation = 2;
	g.header_mac = old_mac;
	g.open_only = true;
	CHECK(headers(before));
	CHECK(!failed(state_disk_open(&boot, &g, &opened)) && !opened.with_next);
	CHECK(memcmp(opened.next_mac, none, sizeof(none)) == 0);
	file_is_there();
	state_disk_close();
	CHECK(headers(after) && memcmp(before, after, sizeof(after)) == 0);
}

/* The key changes while the disk is open; in between the header at 0 is destroyed twice. */
static void rotate(void)
{
	uint8_t old_mac[HEADER_MAC_LEN], next_mac[HEADER_MAC_LEN], last[HEADER_MAC_LEN];
	struct state_grant g = {.generation = 1,
		.disk_key = key,
		.header_mac = mac,
		.next_key = next_key,
		.next_header_mac = next_mac};

	memset(next_mac, 0, sizeof(next_mac));
	CHECK(!failed(state_disk_open(&boot, &g, &opened)) && !opened.with_next);
	memcpy(old_mac, opened.mac, sizeof(old_mac));
	memcpy(next_mac, opened.next_mac, sizeof(next_mac));
	CHECK(!failed(state_disk_rotate(&boot, &g, last)));
	file_is_there();
	state_disk_close();
	CHECK(open_disk(1, mac).code == E_HEADER_MAC);
	/* What a boot finds that comes after a cut in the last write. */
	poke(40000);
	g.generation = 2;
	g.header_mac = old_mac;
	g.open_only = true;
	CHECK(!failed(state_disk_open(&boot, &g, &opened)) && opened.with_next);
	file_is_there();
	state_disk_close();
	poke(40000);
	g.open_only = false;
	CHECK(!failed(state_disk_open(&boot, &g, &opened)) && opened.with_next);
	file_is_there();
	state_disk_close();
	memcpy(key, next_key, sizeof(key));
	CHECK(!failed(open_disk(3, last)) && !opened.with_next);
	file_is_there();
	state_disk_close();
}

int main(void)
{
	prepare();
	if (failed(secret_pool_open(1u << 16)) || failed(random_open()))
		printf("FAIL secrets\n");
	memset(next_key, 0x6c, sizeof(next_key));
	snprintf(boot.state_device, sizeof(boot.state_device), "%s", DISK);
	snprintf(boot.config.state_mount, sizeof(boot.config.state_mount), "%s", MOUNTED);
	for (int cipher = 0; cipher < 2; cipher++) {
		boot.config.state_cipher = (enum state_cipher)cipher;
		memset(key, 0x6b, sizeof(key));
		printf("cipher %d\n", cipher);
		format_and_use(cipher > 0);
		format_only_what_is_blank();
		open_again();
		open_next_generation();
		refuse();
		change_integrity_superblock();
		recover();
		rotate();
	}
	printf("guest %s\n", failures ? "failed" : "passed");
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
