/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state disk's header without a device mapper: MAC, sealed copy, the one form, the tables. The
 * header under test is made by the real code on a disk without integrity (which needs no device
 * mapper) and then given the rest of its form by editing it as a host could.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "early/contract/errors.h"
#include "early/disk/dm_check.h"
#include "early/disk/luks_header.h"
#include "early/disk/luks_profile.h"
#include "early/disk/mkfs.h"
#include "tests/unit/join/luks_edit.h"
#include "tests/unit/test.h"

static char folder[] = "/tmp/protostar-header-XXXXXX";
#define PLAIN_KEY "0123456789abcdef0123456789abcdef"

static uint8_t header[HEADER_LEN]; /* of the form, but for keys that fit */
static uint8_t key[DISK_KEY_LEN];
static const uint8_t disk_id[DISK_ID_LEN] = {1, 2, 3};

static void quiet(int level, const char *message, void *unused)
{
	(void)level, (void)message, (void)unused;
}

static bool spill(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(name, "wb");
	bool good = f && fwrite(data, 1, len, f) == len;

	return f && fclose(f) == 0 && good;
}

/* A header by luks_format() for a disk without integrity, on the file "plain". */
static void make_header(void)
{
	struct luks_profile plain = *luks_profile(CIPHER_AES_XTS_HMAC);
	char path[HEADER_PATH_MAX];
	struct crypt_device *cd;
	int fd, disk;

	plain.integrity = NULL;
	plain.key_bytes = 64;
	disk = open("plain", O_RDWR | O_CREAT, 0600);
	REQUIRE(disk >= 0 && ftruncate(disk, 64 << 20) == 0 && close(disk) == 0);
	REQUIRE(!failed(luks_header_new(&fd)));
	luks_header_path(fd, path);
	REQUIRE(crypt_init_data_device(&cd, path, "plain") == 0);
	CHECK(!failed(luks_format(cd, &plain, key, sizeof(key))));
	crypt_free(cd);
	REQUIRE(!failed(luks_header_seal(fd)));
	CHECK(!failed(luks_header_write(fd, "plain", 0)));
	CHECK(pread(fd, header, HEADER_LEN, 0) == HEADER_LEN);
	close(fd);
}

/* As dm-integrity beside it would have made it. */
static void complete_header(void)
{
	CHECK(edit_replace(header, "\"key_size\":64,\"af\"", "\"key_size\":96,\"af\""));
	CHECK(edit_replace(header, "\"258048\"", "\"385024\""));
	CHECK(edit_replace(header, "\"sector_size\":4096",
		"\"sector_size\":4096,\"integrity\":{\"type\":\"hmac(sha256)\","
		"\"journal_encryption\":\"none\",\"journal_integrity\":\"none\"}"));
	CHECK(spill("disk", header, HEADER_LEN));
}

static void test_stock_cryptsetup_opens_it(void)
{
	CHECK(spill("key", PLAIN_KEY, 32) && spill("wrong", PLAIN_KEY, 31));
	CHECK(system("cryptsetup luksDump plain >dump") == 0);
	CHECK(system("grep -q 'offset: 2097152' dump && grep -q 'sector: 4096' dump") == 0);
	CHECK(system("cryptsetup open --test-passphrase --key-file key plain") == 0);
	CHECK(system("cryptsetup open --test-passphrase --key-file wrong plain 2>/dev/null") != 0);
}

/* The same by Python: hmac and hashlib know nothing of this code. */
static void test_mac_is_the_specified_one(void)
{
	static const char script[] =
		"import hmac,hashlib,struct,sys\n"
		"h=lambda k,m:hmac.new(k,m,hashlib.sha256).digest()\n"
		"d=open('disk','rb').read()[:1<<20]; i=bytes([1,2,3])+bytes(13)\n"
		"k=h(h(b'protostar header v1',"
		"b'" PLAIN_KEY "'),i+b'\\1')\n"
		"open('mac','wb').write(h(k,struct.pack('>Q',7)+i+d))\n";
	uint8_t got[HEADER_MAC_LEN], want[HEADER_MAC_LEN];
	FILE *f;
	int fd;

	CHECK(spill("mac.py", script, strlen(script)) && system("python3 mac.py") == 0);
	f = fopen("mac", "rb");
	REQUIRE(f && fread(want, 1, sizeof(want), f) == sizeof(want) && fclose(f) == 0);
	REQUIRE(!failed(luks_header_read("disk", 0, &fd)));
	CHECK(!failed(luks_header_mac(fd, key, disk_id, 7, got)));
	CHECK_BYTES(got, want, sizeof(want));
	close(fd);
}

static bool mac_of_disk(const uint8_t *k, const uint8_t *id, uint64_t generation, uint8_t *out)
{
	bool good;
	int fd;

	if (failed(luks_header_read("disk", 0, &fd)))
		return false;
	good = !failed(luks_header_mac(fd, k, id, generation, out));
	close(fd);
	return good;
}

static void test_mac_depends_on_everything(void)
{
	uint8_t mac[HEADER_MAC_LEN], other[HEADER_MAC_LEN], k[DISK_KEY_LEN], id[DISK_ID_LEN];

	memcpy(k, key, sizeof(k));
	memcpy(id, disk_id, sizeof(id));
	REQUIRE(mac_of_disk(k, id, 7, mac));
	CHECK(mac_of_disk(k, id, 7, other) && memcmp(mac, other, sizeof(mac)) == 0);
	CHECK(mac_of_disk(k, id, 8, other) && memcmp(mac, other, sizeof(mac)) != 0);
	k[31] ^= 1;
	CHECK(mac_of_disk(k, id, 7, other) && memcmp(mac, other, sizeof(mac)) != 0);
	id[15] ^= 1;
	CHECK(mac_of_disk(key, id, 7, other) && memcmp(mac, other, sizeof(mac)) != 0);
}

/* Binary header, JSON, both copies, keyslot material, and what nobody uses. */
static void test_mac_sees_every_bit(void)
{
	uint8_t mac[HEADER_MAC_LEN], other[HEADER_MAC_LEN];
	int fd = open("disk", O_RDWR);

	REQUIRE(fd >= 0 && mac_of_disk(key, disk_id, 7, mac));
	for (size_t at = 0; at < HEADER_LEN; at += at < 36000 ? 911 : 77777) {
		uint8_t flipped = header[at] ^ (uint8_t)(1u << at % 8);

		CHECK(pwrite(fd, &flipped, 1, (off_t)at) == 1);
		CHECK(mac_of_disk(key, disk_id, 7, other) && memcmp(mac, other, sizeof(mac)) != 0);
		CHECK(pwrite(fd, &header[at], 1, (off_t)at) == 1);
	}
	CHECK(mac_of_disk(key, disk_id, 7, other) && memcmp(mac, other, sizeof(mac)) == 0);
	close(fd);
}

static void test_sealed_is_sealed(void)
{
	uint8_t mac[HEADER_MAC_LEN];
	char path[HEADER_PATH_MAX];
	int fd, again;

	REQUIRE(!failed(luks_header_new(&fd)));
	CHECK(luks_header_mac(fd, key, disk_id, 7, mac).code == E_HEADER_NOT_SEALED);
	close(fd);
	REQUIRE(!failed(luks_header_read("disk", 0, &fd)));
	CHECK(pwrite(fd, "x", 1, 0) == -1 && errno == EPERM);
	CHECK(ftruncate(fd, 0) == -1 && errno == EPERM);
	luks_header_path(fd, path);
	again = open(path, O_RDWR);
	CHECK(again < 0 || (pwrite(again, "x", 1, 0) == -1 && errno == EPERM));
	if (again >= 0)
		close(again);
	close(fd);
}

static void test_disks_that_cannot_be_read(void)
{
	int fd;

	CHECK(spill("short", header, HEADER_LEN - 1));
	CHECK(luks_header_read("short", 0, &fd).code == E_HEADER_READ);
	CHECK(luks_header_read("not there", 0, &fd).code == E_HEADER_OPEN);
}

/* What loading and checking a header says; 1 for a header that the library refuses by itself. */
static uint16_t judge(const uint8_t *h)
{
	struct crypt_device *cd;
	uint16_t code = 1;

	if (!spill("judged", h, HEADER_LEN) || crypt_init_data_device(&cd, "judged", "plain"))
		return 2;
	if (crypt_load(cd, CRYPT_LUKS2, NULL) == 0)
		code = luks_profile_check(cd, luks_profile(CIPHER_AES_XTS_HMAC)).code;
	crypt_free(cd);
	return code;
}

static void test_the_one_form(void)
{
	/* Where the library takes it, the form refuses it; some the library refuses by itself. */
	static const struct {
		const char *from, *to;
	} edits[] = {
		/* The null ciphers of the known attacks, keyslot and segment. */
		{"\"encryption\":\"aes-xts-plain64\",\"key_size\":64",
			"\"encryption\":\"cipher_null-ecb\",\"key_size\":64"},
		{"\"encryption\":\"aes-xts-plain64\",\"sector_size\"",
			"\"encryption\":\"cipher_null-ecb\",\"sector_size\""},
		{"\"encryption\":\"aes-xts-plain64\",\"sector_size\"",
			"\"encryption\":\"capi:xts(ecb(aes-generic))-plain64\",\"sector_size\""},
		{"\"type\":\"crypt\"", "\"type\":\"linear\""},
		{"\"tokens\":{}", "\"tokens\":{\"0\":{\"type\":\"x\",\"keyslots\":[]}}"},
		{"\"keyslots_size\":\"1015808\"",
			"\"keyslots_size\":\"1015808\",\"flags\":[\"allow-discards\"]"},
		{"\"keyslots_size\":\"1015808\"",
			"\"keyslots_size\":\"1015808\",\"requirements\":{\"mandatory\":[\"online-"
			"reencrypt-v2\"]}"},
		{"\"size\":\"dynamic\"", "\"size\":\"4096\""},
		{"\"iv_tweak\":\"0\"", "\"iv_tweak\":\"8\""},
		{"\"offset\":\"2097152\"", "\"offset\":\"1048576\""},
		{"\"sector_size\":4096", "\"sector_size\":512"},
		{"\"stripes\":4000", "\"stripes\":4001"},
		{"\"integrity\":{\"type\":\"hmac(sha256)\"", "\"integrity\":{\"type\":\"none\""},
		{"\"journal_integrity\":\"none\"", "\"journal_integrity\":\"hmac(sha256)\""},
		{"\"kdf\":{\"type\":\"pbkdf2\"", "\"priority\":2,\"kdf\":{\"type\":\"pbkdf2\""},
		{"\"segments\":[\"0\"]", "\"segments\":[]"},
		{"\"key_size\":96", "\"key_size\":64"},
		{"\"segments\":{\"0\":{",
			"\"segments\":{\"1\":{\"type\":\"crypt\",\"offset\":\"2097152\",\"size\":"
			"\"dynamic\",\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\","
			"\"sector_size\":4096},\"0\":{"},
	};
	static uint8_t changed[HEADER_LEN];
	unsigned by_form = 0;

	CHECK(judge(header) == 0);
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		uint16_t code;

		memcpy(changed, header, HEADER_LEN);
		CHECK(edit_replace(changed, edits[i].from, edits[i].to));
		code = judge(changed);
		CHECK(code == 1 || code == E_LUKS_PROFILE);
		by_form += code == E_LUKS_PROFILE;
		CHECK(!luks_json_matches(edit_json(changed), luks_profile(CIPHER_AES_XTS_HMAC)));
	}
	CHECK(by_form > 10);
	CHECK(luks_json_matches(edit_json(header), luks_profile(CIPHER_AES_XTS_HMAC)));
	CHECK(!luks_json_matches(edit_json(header), luks_profile(CIPHER_AEGIS128)));
	CHECK(!luks_json_matches("", luks_profile(CIPHER_AEGIS128)));
	CHECK(!luks_json_matches("[[[[", luks_profile(CIPHER_AEGIS128)));
}

/* 32 hex digits of key. */
#define HEX16	    "00112233445566778899aabbccddeeff"
#define HMAC_CIPHER "capi:authenc(hmac(sha256),xts(aes))-plain64 "

static void test_crypt_table(void)
{
	static const struct {
		enum state_cipher cipher;
		const char *parameters;
		bool fits;
	} cases[] = {
		{CIPHER_AEGIS128,
			"capi:aegis128-random " HEX16 " 0 253:0 0 2 integrity:32:aead "
			"sector_size:4096",
			true},
		{CIPHER_AES_XTS_HMAC,
			HMAC_CIPHER HEX16 HEX16 HEX16 HEX16 HEX16 HEX16
			" 0 253:0 0 2 integrity:32:aead sector_size:4096",
			true},
		{CIPHER_AES_XTS_HMAC,
			"capi:aegis128-random " HEX16 " 0 253:0 0 2 integrity:32:aead "
			"sector_size:4096",
			false},
		{CIPHER_AEGIS128,
			"cipher_null-ecb - 0 253:0 0 2 integrity:32:aead sector_size:4096", false},
		{CIPHER_AEGIS128,
			"capi:aegis128-random - 0 253:0 0 2 integrity:32:aead "
			"sector_size:4096",
			false},
		{CIPHER_AEGIS128,
			"capi:aegis128-random " HEX16 " 8 253:0 0 2 integrity:32:aead "
			"sector_size:4096",
			false},
		{CIPHER_AEGIS128,
			"capi:aegis128-random " HEX16 " 0 253:1 0 2 integrity:32:aead "
			"sector_size:4096",
			false},
		{CIPHER_AEGIS128,
			"capi:aegis128-random " HEX16 " 0 253:0 8 2 integrity:32:aead "
			"sector_size:4096",
			false},
		{CIPHER_AEGIS128,
			"capi:aegis128-random " HEX16 " 0 253:0 0 3 integrity:32:aead "
			"sector_size:4096 allow_discards",
			false},
		{CIPHER_AEGIS128, "capi:aegis128-random " HEX16 " 0 253:0 0 1 sector_size:4096",
			false},
		{CIPHER_AEGIS128, "capi:aegis128-random " HEX16 " 0 253:0 0", false},
		{CIPHER_AEGIS128, "", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dm_target t = {.sectors = 8, .type = "crypt"};

		strcpy(t.parameters, cases[i].parameters);
		CHECK(dm_crypt_fits(&t, luks_profile(cases[i].cipher), makedev(253, 0)) ==
			cases[i].fits);
		strcpy(t.type, "linear");
		CHECK(!dm_crypt_fits(&t, luks_profile(cases[i].cipher), makedev(253, 0)));
		strcpy(t.type, "crypt");
		t.start = 8;
		CHECK(!dm_crypt_fits(&t, luks_profile(cases[i].cipher), makedev(253, 0)));
	}
}

#define TAIL                                                                               \
	"block_size:4096 journal_sectors:792 interleave_sectors:32768 buffer_sectors:128 " \
	"journal_watermark:50 commit_time:10000 fix_padding"

static void test_integrity_table(void)
{
	static const struct {
		const char *parameters;
		bool fits;
	} cases[] = {
		{"254:0 4096 32 J 7 " TAIL, true},
		{"254:0 4096 32 J 1 block_size:4096", true},
		{"254:0 4096 32 J 6 " TAIL, false},
		{"254:1 4096 32 J 7 " TAIL, false},
		{"254:0 2048 32 J 7 " TAIL, false},
		{"254:0 4096 16 J 7 " TAIL, false},
		{"254:0 4096 32 D 7 " TAIL, false},
		{"254:0 4096 32 J 8 " TAIL " recalculate", false},
		{"254:0 4096 32 J 8 " TAIL " meta_device:254:16", false},
		{"254:0 4096 32 J 8 " TAIL " internal_hash:crc32c", false},
		{"254:0 4096 32 J 8 " TAIL " fix_padding", false},
		{"254:0 4096 32 J 1 block_size:512", false},
		{"254:0 4096 32 J 1 fix_padding", false},
		{"254:0 4096 32 J 2 block_size:4096 commit_time:1x", false},
		{"254:0 4096 32 J 2 block_size:4096 commit_time:", false},
		{"254:0 4096 32 J", false},
		{"", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dm_target t = {.sectors = 8, .type = "integrity"};

		strcpy(t.parameters, cases[i].parameters);
		CHECK(dm_integrity_fits(&t, makedev(254, 0)) == cases[i].fits);
	}
}

static void test_journal_is_bounded(void)
{
	CHECK(mkfs_journal_mib(0) == 4);
	CHECK(mkfs_journal_mib(UINT64_C(128) << 20) == 8);
	CHECK(mkfs_journal_mib(UINT64_C(1) << 50) == 32);
}

int main(void)
{
	char command[96];

	if (failed(secret_pool_open(1u << 16)) || failed(random_open()) || !mkdtemp(folder) ||
		chdir(folder))
		return 1;
	/* Where Debian has cryptsetup, whoever runs the tests. */
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 1);
	memcpy(key, PLAIN_KEY, sizeof(key));
	crypt_set_log_callback(NULL, quiet, NULL);
	(void)crypt_metadata_locking(NULL, 0);
	RUN(make_header);
	RUN(test_stock_cryptsetup_opens_it);
	RUN(complete_header);
	RUN(test_mac_is_the_specified_one);
	RUN(test_mac_depends_on_everything);
	RUN(test_mac_sees_every_bit);
	RUN(test_sealed_is_sealed);
	RUN(test_disks_that_cannot_be_read);
	RUN(test_the_one_form);
	RUN(test_crypt_table);
	RUN(test_integrity_table);
	RUN(test_journal_is_bounded);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CHECK(chdir("/") == 0 && system(command) == 0);
	secret_pool_close();
	return test_summary();
}
