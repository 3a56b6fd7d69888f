/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state disk's key changes: the new header, the choice between what lies on the disk, and a
 * power cut at each step. The disk is a file; the service is the record that its commits leave.
 * Headers are made by the real code, without the superblock of dm-integrity, which is no part of
 * them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "early/contract/errors.h"
#include "early/disk/luks_rekey.h"
#include "early/disk/state_header.h"
#include "tests/unit/join/luks_edit.h"
#include "tests/unit/test.h"

#define PAGE  4096u
#define PAGES (HEADER_LEN / PAGE)
#define BOTH  DATA_AT /* bytes: header and spare room */

#define OLD_KEY "0123456789abcdef0123456789abcdef"
#define NEW_KEY "fedcba9876543210fedcba9876543210"

static char folder[] = "/tmp/protostar-rotate-XXXXXX";
static const uint8_t disk_id[DISK_ID_LEN] = {1, 2, 3};
static const uint8_t old_key[] = OLD_KEY, new_key[] = NEW_KEY;
static uint8_t first_header[HEADER_LEN];
static uint8_t volume_key[96];

static off_t bad_byte = -1; /* of the disk, in a block that its medium does not give any more */

/* In place of the C library's. */
ssize_t pread(int fd, void *data, size_t len, off_t at)
{
	struct stat disk, it;

	if (at <= bad_byte && bad_byte < at + (off_t)len && !stat("disk", &disk) &&
		!fstat(fd, &it) && disk.st_dev == it.st_dev && disk.st_ino == it.st_ino) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, data, len, at);
}

static void quiet(int level, const char *message, void *unused)
{
	(void)level, (void)message, (void)unused;
}

static bool put(const char *name, const void *data, size_t len, off_t at)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);
	bool good = fd >= 0 && pwrite(fd, data, len, at) == (ssize_t)len;

	return fd >= 0 && close(fd) == 0 && good;
}

static bool get(const char *name, void *data, size_t len, off_t at)
{
	int fd = open(name, O_RDONLY);
	bool good = fd >= 0 && pread(fd, data, len, at) == (ssize_t)len;

	return fd >= 0 && close(fd) == 0 && good;
}

static const struct luks_profile *profile(void)
{
	return luks_profile(CIPHER_AES_XTS_HMAC);
}

/* What luks_format() does, on a file: the key's length is that of a disk with integrity. */
static bool format_plain(struct crypt_device *cd)
{
	struct crypt_params_luks2 params = {.sector_size = LUKS_SECTOR};

	return crypt_set_metadata_size(cd, 16384, HEADER_LEN - 32768) == 0 &&
	       crypt_set_data_offset(cd, DATA_AT / 512) == 0 && luks_set_pbkdf(cd) == 0 &&
	       crypt_format(cd, CRYPT_LUKS2, profile()->cipher, profile()->mode, NULL,
		       (const char *)volume_key, sizeof(volume_key), &params) == 0 &&
	       crypt_keyslot_set_encryption(cd, "aes-xts-plain64", 64) == 0 &&
	       crypt_keyslot_add_by_volume_key(
		       cd, 0, (const char *)volume_key, sizeof(volume_key), OLD_KEY, 32) == 0;
}

static void make_header(void)
{
	char path[HEADER_PATH_MAX];
	struct crypt_device *cd;
	int fd;

	REQUIRE(!failed(random_bytes(volume_key, sizeof(volume_key))));
	REQUIRE(put("disk", "", 1, (64 << 20) - 1));
	REQUIRE(!failed(luks_header_new(&fd)));
	luks_header_path(fd, path);
	REQUIRE(crypt_init_data_device(&cd, path, "disk") == 0);
	CHECK(format_plain(cd));
	crypt_free(cd);
	CHECK(pread(fd, first_header, HEADER_LEN, 0) == HEADER_LEN);
	close(fd);
	CHECK(edit_replace(first_header, "\"sector_size\":4096",
		"\"sector_size\":4096,\"integrity\":{\"type\":\"hmac(sha256)\","
		"\"journal_encryption\":\"none\",\"journal_integrity\":\"none\"}"));
	CHECK(put("disk", first_header, HEADER_LEN, 0));
}

/* Whether this key opens the header, and finds the volume key in it. */
static bool opens(int header, const uint8_t *key)
{
	char found[96], path[HEADER_PATH_MAX];
	size_t len = sizeof(found);
	struct crypt_device *cd;
	bool good;

	luks_header_path(header, path);
	if (crypt_init(&cd, path))
		return false;
	good = crypt_load(cd, CRYPT_LUKS2, NULL) == 0 &&
	       !failed(luks_profile_check(cd, profile())) &&
	       crypt_volume_key_get(cd, 0, found, &len, (const char *)key, 32) >= 0 &&
	       len == sizeof(volume_key) && memcmp(found, volume_key, len) == 0;
	crypt_free(cd);
	return good;
}

/* The same; once for a header that boot after boot finds again. */
static bool still_opens(int header, const uint8_t *key)
{
	static uint8_t found[HEADER_LEN], last[HEADER_LEN];
	static const uint8_t *last_key;

	CHECK(pread(header, found, HEADER_LEN, 0) == HEADER_LEN);
	if (key == last_key && memcmp(found, last, HEADER_LEN) == 0)
		return true;
	if (!opens(header, key))
		return false;
	memcpy(last, found, HEADER_LEN);
	last_key = key;
	return true;
}

/* A sealed header in memory; -1 when it cannot be had. */
static int memory(const uint8_t *bytes)
{
	int fd;

	if (!put("header", bytes, HEADER_LEN, 0) || failed(luks_header_read("header", 0, &fd)))
		return -1;
	return fd;
}

static void test_rekey(void)
{
	static uint8_t before[HEADER_LEN], after[HEADER_LEN], disk[BOTH], still[BOTH];
	int fd = memory(first_header), next;

	REQUIRE(fd >= 0 && get("disk", disk, BOTH, 0));
	REQUIRE(!failed(luks_rekey(fd, profile(), old_key, new_key, &next)));
	CHECK(opens(fd, old_key) && !opens(fd, new_key));
	CHECK(opens(next, new_key) && !opens(next, old_key));
	CHECK(pread(fd, before, HEADER_LEN, 0) == HEADER_LEN);
	CHECK(memcmp(before, first_header, HEADER_LEN) == 0);
	CHECK(pread(next, after, HEADER_LEN, 0) == HEADER_LEN);
	CHECK(pwrite(next, "x", 1, 0) < 0);
	/* No sector of the old key's material is left. */
	for (size_t at = 32768; at < 32768 + profile()->area_bytes; at += 512)
		CHECK(memcmp(before + at, after + at, 512) != 0);
	CHECK(get("disk", still, BOTH, 0) && memcmp(disk, still, BOTH) == 0);
	close(fd);
	/* And once more, back to the first key. */
	REQUIRE(!failed(luks_rekey(next, profile(), new_key, old_key, &fd)));
	CHECK(opens(fd, old_key) && !opens(fd, new_key));
	close(fd);
	close(next);
}

static void test_stock_cryptsetup_opens_the_new_one(void)
{
	int fd = memory(first_header), next;

	REQUIRE(fd >= 0 && !failed(luks_rekey(fd, profile(), old_key, new_key, &next)));
	CHECK(put("stock", "", 1, (64 << 20) - 1));
	CHECK(!failed(luks_header_write(next, "stock", 0)));
	CHECK(put("old", OLD_KEY, 32, 0) && put("new", NEW_KEY, 32, 0));
	CHECK(system("cryptsetup open --test-passphrase --key-file new stock") == 0);
	CHECK(system("cryptsetup open --test-passphrase --key-file old stock 2>/dev/null") != 0);
	/* A header in the spare room does not disturb it. */
	CHECK(!failed(luks_header_write(fd, "stock", SPARE_AT)));
	CHECK(system("cryptsetup open --test-passphrase --key-file new stock") == 0);
	CHECK(system("cryptsetup open --test-passphrase --key-file old stock 2>/dev/null") != 0);
	close(next);
	close(fd);
}

static uint16_t rekey_of(const uint8_t *bytes, const uint8_t *key)
{
	int fd = memory(bytes), next;
	uint16_t code = luks_rekey(fd, profile(), key, new_key, &next).code;

	if (!code)
		close(next);
	close(fd);
	return code;
}

static void test_rekey_refuses(void)
{
	static uint8_t changed[HEADER_LEN];
	int fd = memory(first_header), next;

	CHECK(rekey_of(first_header, old_key) == 0);
	CHECK(rekey_of(first_header, new_key) == E_REKEY_OPEN);
	CHECK(rekey_of(changed, old_key) == E_REKEY_LOAD);
	memcpy(changed, first_header, HEADER_LEN);
	changed[32768 + 5000] ^= 1;
	CHECK(rekey_of(changed, old_key) == E_REKEY_OPEN);
	memcpy(changed, first_header, HEADER_LEN);
	CHECK(edit_replace(
		changed, "\"tokens\":{}", "\"tokens\":{\"0\":{\"type\":\"x\",\"keyslots\":[]}}"));
	CHECK(rekey_of(changed, old_key) == E_LUKS_PROFILE);
	CHECK(luks_rekey(fd, luks_profile(CIPHER_AEGIS128), old_key, new_key, &next).code ==
		E_LUKS_PROFILE);
	close(fd);
}

/* What the service knows of the disk: what the last COMMIT that it stored says. */
static struct record {
	bool rotated; /* the disk's key is the new one, and nothing is to change */
	uint64_t generation;
	uint8_t mac[HEADER_MAC_LEN], next_mac[HEADER_MAC_LEN];
} record;

static struct state_grant grant(void)
{
	struct state_grant g = {.generation = record.generation,
		.disk_key = record.rotated ? new_key : old_key,
		.header_mac = record.mac};

	if (!record.rotated) {
		g.next_key = new_key;
		g.next_header_mac = record.next_mac;
	}
	return g;
}

/* The disk and the record as the format left them. */
static void begin(void)
{
	static const uint8_t nothing[HEADER_LEN];
	int fd = memory(first_header);

	CHECK(put("disk", first_header, HEADER_LEN, 0));
	CHECK(put("disk", nothing, HEADER_LEN, SPARE_AT));
	record = (struct record){.generation = 7};
	CHECK(!failed(luks_header_mac(fd, old_key, disk_id, 7, record.mac)));
	close(fd);
}

enum moment {
	IN_REPAIR, /* of the header at 0 from the spare room */
	IN_SPARE,
	BEFORE_COMMIT,
	BEFORE_ACK,
	IN_MAIN,
	BEFORE_SECOND,
	NEVER,
};

/* Where the power is cut; in a write, how many pages of it are on the disk by then. */
struct cut {
	enum moment at;
	unsigned pages;
	bool backwards; /* the last pages were written first */
};

static uint8_t before[BOTH];

/* Takes from the disk what was not written yet when the power was cut. */
static bool torn(const struct cut *cut, enum moment now, off_t at)
{
	size_t kept = cut->pages * PAGE, lost = HEADER_LEN - kept;
	off_t from = at + (off_t)(cut->backwards ? 0 : kept);

	if (cut->at == now)
		CHECK(put("disk", before + from, lost, from));
	return cut->at == now;
}

static bool rotate(const struct cut *cut, const struct state_grant *g, int header)
{
	uint8_t mac[HEADER_MAC_LEN];
	bool done = false;
	int next;

	CHECK(get("disk", before, BOTH, 0));
	if (failed(state_header_next("disk", disk_id, g, profile(), header, &next, mac))) {
		CHECK(!"the next header is made");
		return false;
	}
	if (!torn(cut, IN_SPARE, SPARE_AT) && cut->at != BEFORE_COMMIT) {
		record.generation++;
		CHECK(!failed(
			luks_header_mac(header, old_key, disk_id, record.generation, record.mac)));
		memcpy(record.next_mac, mac, sizeof(mac));
		done = cut->at != BEFORE_ACK;
	}
	if (done) {
		CHECK(get("disk", before, BOTH, 0));
		CHECK(!failed(luks_header_write(next, "disk", 0)));
		done = !torn(cut, IN_MAIN, 0) && cut->at != BEFORE_SECOND;
	}
	if (done) {
		record = (struct record){.rotated = true, .generation = record.generation + 1};
		CHECK(!failed(
			luks_header_mac(next, new_key, disk_id, record.generation, record.mac)));
	}
	close(next);
	return done;
}

/* One boot, as state_disk.c and join_exchange.c go. False when it did not find its disk. */
static bool boots(const struct cut *cut)
{
	const struct state_grant g = grant();
	bool with_next, good;
	int header;

	CHECK(get("disk", before, BOTH, 0));
	if (failed(state_header_find("disk", disk_id, &g, &header, &with_next)))
		return false;
	if (torn(cut, IN_REPAIR, 0)) {
		close(header);
		return true;
	}
	good = still_opens(header, with_next ? new_key : g.disk_key);
	if (good && g.next_key && !with_next) {
		(void)rotate(cut, &g, header);
	} else if (good && cut->at != BEFORE_COMMIT) {
		record.rotated = true;
		record.generation++;
		CHECK(!failed(
			luks_header_mac(header, new_key, disk_id, record.generation, record.mac)));
	}
	close(header);
	return good;
}

static const struct cut cuts[] = {
	{IN_SPARE, 4, false},
	{IN_SPARE, 50, true},
	{BEFORE_COMMIT, 0, false},
	{BEFORE_ACK, 0, false},
	{IN_MAIN, 0, false},
	{IN_MAIN, 8, false},
	{IN_MAIN, PAGES, false},
	{BEFORE_SECOND, 0, false},
	{NEVER, 0, false},
};

/*
 * The power is cut here, and again in the boot after it: in the repair, where there is one, or as
 * the rotation begins anew. Two more boots must find their disk.
 */
static void test_cuts(void)
{
	static const struct cut never = {NEVER, 0, false};
	static const struct cut seconds[] = {{IN_REPAIR, 20, true}, {IN_SPARE, 4, false},
		{BEFORE_ACK, 0, false}, {IN_MAIN, 8, false}};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		for (size_t j = 0; j < sizeof(seconds) / sizeof(seconds[0]); j++) {
			bool good;

			begin();
			good = boots(&cuts[i]) && boots(&seconds[j]) && boots(&never) &&
			       boots(&never);
			CHECK(good && record.rotated);
			if (!good || !record.rotated)
				printf("    cuts %zu and %zu\n", i, j);
		}
	}
}

static uint8_t whole[BOTH]; /* the disk once the new header lies at 0 */

/* The same, but the write of the header at 0 ended after so many pages. True for one to repair. */
static bool finds_torn(unsigned pages, bool backwards)
{
	const struct state_grant g = grant();
	size_t kept = pages * PAGE, lost = HEADER_LEN - kept, from = backwards ? 0 : kept;
	bool with_next, is_old, is_new;
	int fd;

	memcpy(before, whole, BOTH);
	memcpy(before + from, first_header + from, lost);
	is_old = memcmp(before, first_header, HEADER_LEN) == 0;
	is_new = memcmp(before, whole, HEADER_LEN) == 0;
	CHECK(put("disk", before, BOTH, 0));
	if (failed(state_header_find("disk", disk_id, &g, &fd, &with_next))) {
		CHECK(!"one of them is found");
		return false;
	}
	close(fd);
	CHECK(with_next == !is_old);
	CHECK(get("disk", before, BOTH, 0));
	CHECK(is_old || memcmp(before, whole, BOTH) == 0);
	return !is_old && !is_new;
}

/*
 * The power is cut in the write at 0, whose pages come in either order: behind each page of the
 * JSON areas and the first ones of the keyslot's material, and behind some of the others.
 */
static void test_main_torn(void)
{
	static const struct cut second = {BEFORE_SECOND, 0, false};
	unsigned repaired = 0;

	begin();
	REQUIRE(boots(&second) && get("disk", whole, BOTH, 0));
	/* Behind the keyslot's material the two headers are the same. */
	for (unsigned n = 0; n < PAGES; n += n < 12 ? 1 : 10)
		repaired += finds_torn(n, false);
	for (unsigned n = 140; n < PAGES; n += 8)
		repaired += finds_torn(n, true);
	CHECK(repaired > 30);
}

/* The code of a boot with what lies there, which leaves the disk as it is. */
static uint16_t refusal(void)
{
	static uint8_t after[BOTH];
	const struct state_grant g = grant();
	bool with_next;
	uint16_t code;
	int fd;

	CHECK(get("disk", before, BOTH, 0));
	code = state_header_find("disk", disk_id, &g, &fd, &with_next).code;
	if (!code)
		close(fd);
	CHECK(get("disk", after, BOTH, 0) && memcmp(before, after, BOTH) == 0);
	return code;
}

/* What a host has kept of a disk, and puts back later. */
static void test_host_puts_back(void)
{
	static uint8_t old[BOTH], new[BOTH];
	static const struct cut second = {BEFORE_SECOND, 0, false}, commit = {BEFORE_COMMIT, 0, 0},
				never = {NEVER, 0, false};

	begin();
	CHECK(get("disk", old, BOTH, 0));
	CHECK(boots(&commit) && get("disk", new, BOTH, 0));
	/* A new header in the spare room that no COMMIT names: the old one opens. */
	CHECK(memcmp(new + SPARE_AT, old + SPARE_AT, HEADER_LEN) != 0 && refusal() == 0);
	/* It is not taken when the old one is away. */
	CHECK(put("disk", new + SPARE_AT, HEADER_LEN, 0) && refusal() == E_HEADER_MAC);
	CHECK(put("disk", old, BOTH, 0) && boots(&second) && get("disk", new, BOTH, 0));
	/* Between the two COMMITs both are good, at 0; in the spare room the new one alone. */
	CHECK(put("disk", old, BOTH, 0) && refusal() == 0);
	CHECK(put("disk", new, HEADER_LEN, 0) && refusal() == 0);
	CHECK(put("disk", old, HEADER_LEN, SPARE_AT));
	CHECK(put("disk", old + SPARE_AT, HEADER_LEN, 0) && refusal() == E_HEADER_MAC);
	CHECK(put("disk", new, BOTH, 0) && boots(&never) && record.rotated);
	CHECK(refusal() == 0);
	/* Afterwards the old one is nothing any more, wherever it lies, and the spare room neither.
	 */
	CHECK(put("disk", old, BOTH, 0) && refusal() == E_HEADER_MAC);
	CHECK(put("disk", old, HEADER_LEN, SPARE_AT) && refusal() == E_HEADER_MAC);
	CHECK(put("disk", new + SPARE_AT, HEADER_LEN, SPARE_AT) && refusal() == E_HEADER_MAC);
	CHECK(put("disk", new, BOTH, 0) && refusal() == 0);
}

/* Bits of either header, and grants that fit neither. */
static void test_hostile(void)
{
	static const struct cut second = {BEFORE_SECOND, 0, false};
	static const size_t places[] = {0, 100, 4096 + 50, 16384 + 10, 40000, HEADER_LEN - 1};
	struct record good;

	begin();
	CHECK(boots(&second) && refusal() == 0);
	good = record;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint8_t byte = before[places[i]] ^ 1;

		CHECK(put("disk", &byte, 1, (off_t)places[i]));
		CHECK(put("disk", &byte, 1, (off_t)(SPARE_AT + places[i])));
		CHECK(refusal() == E_HEADER_MAC);
		byte ^= 1;
		CHECK(put("disk", &byte, 1, (off_t)places[i]));
		CHECK(put("disk", &byte, 1, (off_t)(SPARE_AT + places[i])));
	}
	CHECK(refusal() == 0);
	record.generation++;
	CHECK(refusal() == E_HEADER_MAC);
	record = good;
	record.next_mac[31] ^= 1;
	CHECK(refusal() == E_HEADER_MAC);
	/* Zeros name no header, whatever its MAC. */
	memset(record.next_mac, 0, sizeof(record.next_mac));
	CHECK(refusal() == E_HEADER_MAC);
	record = good;
	CHECK(refusal() == 0);
}

/* The code of a boot whose disk has a bad block there. */
static uint16_t find_beside(off_t bad, int *out_fd, bool *out_next)
{
	const struct state_grant g = grant();
	uint16_t code;

	bad_byte = bad;
	code = state_header_find("disk", disk_id, &g, out_fd, out_next).code;
	bad_byte = -1;
	return code;
}

/* A write that was cut may leave a block that cannot be read until it is written again. */
static void test_main_that_cannot_be_read(void)
{
	static const off_t blocks[] = {0, 4096, 20000, 300000, HEADER_LEN - 1};
	static const struct cut second = {BEFORE_SECOND, 0, false};
	struct record committed;
	bool with_next;
	int fd = -1;

	begin();
	/* Without a new header on record there is nothing to open, and nothing is written. */
	CHECK(get("disk", before, BOTH, 0));
	CHECK(find_beside(4096, &fd, &with_next) == E_HEADER_READ);
	CHECK(get("disk", whole, BOTH, 0) && memcmp(before, whole, BOTH) == 0);
	CHECK(boots(&second) && get("disk", whole, BOTH, 0));
	committed = record;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		CHECK(put("disk", first_header, HEADER_LEN, 0));
		REQUIRE(find_beside(blocks[i], &fd, &with_next) == 0);
		CHECK(with_next && still_opens(fd, new_key));
		CHECK(get("disk", before, BOTH, 0) && memcmp(before, whole, BOTH) == 0);
		close(fd);
	}
	memset(record.next_mac, 0, sizeof(record.next_mac));
	CHECK(find_beside(0, &fd, &with_next) == E_HEADER_READ);
	record = committed;
}

/* Then neither header is there. */
static void test_spare_that_cannot_be_read(void)
{
	static const struct cut second = {BEFORE_SECOND, 0, false};
	const uint8_t byte = 0;
	struct state_grant g;
	bool with_next;
	int fd = -1;

	begin();
	CHECK(boots(&second) && put("disk", &byte, 1, 0) && get("disk", before, BOTH, 0));
	CHECK(find_beside(SPARE_AT, &fd, &with_next) == E_HEADER_READ);
	CHECK(find_beside(BOTH - 1, &fd, &with_next) == E_HEADER_READ);
	CHECK(get("disk", whole, BOTH, 0) && memcmp(before, whole, BOTH) == 0);
	g = grant();
	CHECK(state_header_find("not there", disk_id, &g, &fd, &with_next).code == E_HEADER_OPEN);
}

int main(void)
{
	char command[96];

	if (failed(secret_pool_open(1u << 16)) || failed(random_open()) || !mkdtemp(folder) ||
		chdir(folder))
		return 1;
	/* Where Debian has cryptsetup, whoever runs the tests. */
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 1);
	crypt_set_log_callback(NULL, quiet, NULL);
	(void)crypt_metadata_locking(NULL, 0);
	RUN(make_header);
	RUN(test_rekey);
	RUN(test_stock_cryptsetup_opens_the_new_one);
	RUN(test_rekey_refuses);
	RUN(test_cuts);
	RUN(test_main_torn);
	RUN(test_host_puts_back);
	RUN(test_hostile);
	RUN(test_main_that_cannot_be_read);
	RUN(test_spare_that_cannot_be_read);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CHECK(chdir("/") == 0 && system(command) == 0);
	secret_pool_close();
	return test_summary();
}
