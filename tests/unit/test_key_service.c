/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The KEK file, the service's key file, and the derivation of disk keys. */
#include "crypto/random.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/lib/hex.h"
#include "tools/serve/keys/identity.h"
#include "tools/serve/keys/key_service.h"
#include "tools/lib/private_file.h"

/* Computed with Python's hmac from PROTOCOL.md section 7. */
static void test_derivation_vectors(void)
{
	uint8_t kek[KEK_LEN], disk[DISK_ID_LEN], salt[DISK_SALT_LEN], got[DISK_KEY_LEN];
	uint8_t want[DISK_KEY_LEN];
	struct disk_key_name name = {"default", disk, 1, salt};

	for (uint8_t i = 0; i < KEK_LEN; i++)
		kek[i] = i;
	for (uint8_t i = 0; i < DISK_ID_LEN; i++)
		disk[i] = i;
	for (uint8_t i = 0; i < DISK_SALT_LEN; i++)
		salt[i] = (uint8_t)(0x50 + i);
	disk_key_derive(kek, &name, got);
	REQUIRE(hex_decode_text(
		"9bb295d0b44460f71043abef1a7d563be2b01de27933dd521287fc30ae555e01", 64, want, 32));
	CHECK_BYTES(got, want, 32);
	memset(kek, 0xff, sizeof(kek));
	memset(disk, 0, sizeof(disk));
	disk[0] = 0x80;
	memset(salt, 0x33, sizeof(salt));
	name = (struct disk_key_name){"acme", disk, 7, salt};
	disk_key_derive(kek, &name, got);
	REQUIRE(hex_decode_text(
		"d18acb95a1feafea49a1232feff47b0786dcdbf714ce444a81fe79b241af4a49", 64, want, 32));
	CHECK_BYTES(got, want, 32);
}

static void test_created_once(void)
{
	const char *path = scratch_path("kek");
	struct key_service *k = NULL;
	const uint8_t disk[DISK_ID_LEN] = {1}, salt[DISK_SALT_LEN] = {2};
	const struct disk_key_name name = {"default", disk, 1, salt};
	const struct disk_key_name later = {"default", disk, 2, salt};
	uint8_t first[DISK_KEY_LEN], second[DISK_KEY_LEN];
	struct stat st;

	CHECK(!done(key_service_open(path, false, &k)));
	CHECK(access(path, F_OK) != 0);
	REQUIRE(done(key_service_open(path, true, &k)));
	CHECK(key_service_version(k) == 1);
	CHECK(key_service_disk_key(k, &name, first));
	CHECK(!key_service_disk_key(k, &later, second));
	key_service_close(k);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	REQUIRE(done(key_service_open(path, true, &k)));
	CHECK(key_service_disk_key(k, &name, second));
	CHECK_BYTES(first, second, DISK_KEY_LEN);
	key_service_close(k);
	CHECK(!done(private_file_create(path, first, sizeof(first)))); /* never overwritten */
	REQUIRE(done(key_service_open(path, true, &k)));
	key_service_close(k);
}

static void test_wide_permissions(void)
{
	static const unsigned modes[] = {0640, 0604, 0660, 0644, 0601, 0610, 0666};
	const char *path = scratch_path("kek");
	struct key_service *k = NULL;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		REQUIRE(chmod(path, modes[i]) == 0);
		CHECK(!done(key_service_open(path, true, &k)));
	}
	REQUIRE(chmod(path, 0400) == 0);
	CHECK(done(key_service_open(path, true, &k)));
	key_service_close(k);
	CHECK(symlink(path, scratch_path("link")) == 0);
	CHECK(done(key_service_open(scratch_path("link"), true, &k)));
	key_service_close(k);
	/* A link to nothing is no reason to make new keys. */
	CHECK(symlink("nothing", scratch_path("to-nothing")) == 0);
	CHECK(!done(key_service_open(scratch_path("to-nothing"), true, &k)));
	CHECK(access(scratch_path("nothing"), F_OK) != 0);
	CHECK(!done(key_service_open(scratch, true, &k)));
}

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static bool takes(const char *text)
{
	const char *path = scratch_path("kek-text");
	struct key_service *k = NULL;
	bool good;

	scratch_write(path, text, strlen(text), 0600);
	good = done(key_service_open(path, true, &k));
	if (good)
		key_service_close(k);
	return good;
}

static void test_kek_text(void)
{
	static const char two[] = "protostar-kek 1\n1 " HEX32 "\n4294967295 " HEX32 "\n";
	char cut[sizeof(two)];
	size_t first = strlen("protostar-kek 1\n1 " HEX32 "\n");

	CHECK(takes(two));
	for (size_t len = 1; len < sizeof(two) - 1; len++) {
		memcpy(cut, two, len);
		cut[len] = 0;
		CHECK(takes(cut) == (len == first));
	}
	CHECK(!takes("protostar-kek 2\n1 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n0 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n2 " HEX32 "\n1 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n1 " HEX32 "\n1 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n4294967296 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n1  " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n 1 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n1 " HEX32 "0\n"));
	CHECK(!takes("protostar-kek 1\n1 g" HEX32 "\n"));
}

static void test_newest_version(void)
{
	const char *path = scratch_path("kek-two");
	struct key_service *k = NULL;
	static const char text[] = "protostar-kek 1\n1 " HEX32 "\n5 " HEX32 "\n";
	const uint8_t disk[DISK_ID_LEN] = {1}, salt[DISK_SALT_LEN] = {2},
		      other[DISK_SALT_LEN] = {3};
	struct disk_key_name name = {"default", disk, 1, salt};
	uint8_t one[DISK_KEY_LEN], five[DISK_KEY_LEN], salted[DISK_KEY_LEN];

	scratch_write(path, text, sizeof(text) - 1, 0600);
	REQUIRE(done(key_service_open(path, true, &k)));
	CHECK(key_service_version(k) == 5);
	CHECK(key_service_disk_key(k, &name, one));
	name.version = 5;
	CHECK(key_service_disk_key(k, &name, five));
	CHECK(memcmp(one, five, DISK_KEY_LEN) != 0);
	/* The next record of the same disk has another key. */
	name.salt = other;
	CHECK(key_service_disk_key(k, &name, salted));
	CHECK(memcmp(salted, five, DISK_KEY_LEN) != 0);
	key_service_close(k);
}

/* Computed with Python's hmac. */
static void test_check_values(void)
{
	const char *path = scratch_path("kek-two");
	uint8_t got[KEK_CHECK_LEN], want[KEK_CHECK_LEN];
	struct key_service *k = NULL;
	uint32_t version;

	REQUIRE(done(key_service_open(path, false, &k)));
	CHECK(key_service_check(k, 0, &version, got) && version == 1);
	REQUIRE(hex_decode_text("f969c14aa84a72a034df0c731eaac763d1b887e8916a897c6cecb0158e3ee43f",
		64, want, sizeof(want)));
	CHECK_BYTES(got, want, sizeof(want));
	CHECK(key_service_check(k, 1, &version, got) && version == 5);
	CHECK(memcmp(got, want, sizeof(want)) != 0);
	CHECK(!key_service_check(k, 2, &version, got));
	key_service_close(k);
}

static void test_identity(void)
{
	const char *path = scratch_path("service-key");
	struct key_pair first, second;
	uint8_t der[256], pin[32], again[32];
	FILE *f;
	size_t len;

	REQUIRE(done(identity_open(path, true, &first)));
	REQUIRE(done(identity_open(path, true, &second)));
	identity_pin(&first, pin);
	identity_pin(&second, again);
	CHECK_BYTES(pin, again, 32);
	key_free(&second);
	f = fopen(path, "rb");
	REQUIRE(f != NULL);
	len = fread(der, 1, sizeof(der), f);
	fclose(f);
	CHECK(len == 121);
	for (size_t cut = 1; cut < len; cut++) {
		scratch_write(path, der, cut, 0600);
		CHECK(!done(identity_open(path, true, &second)));
	}
	for (size_t i = 0; i < len; i++) {
		der[i] ^= 1;
		scratch_write(path, der, len, 0600);
		CHECK(!done(
			identity_open(path, true, &second))); /* public and private must agree */
		der[i] ^= 1;
	}
	key_free(&first);
}

static void test_hex(void)
{
	uint8_t all[256], back[256];
	char text[513];

	for (unsigned i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	hex_encode(all, sizeof(all), text);
	CHECK(memcmp(text + 2 * 0x9a, "9a9b", 4) == 0);
	CHECK(hex_decode_text(text, 512, back, sizeof(back)));
	CHECK_BYTES(all, back, sizeof(all));
	for (unsigned c = 0; c < 256; c++) {
		char pair[2] = {(char)c, '0'};
		bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
			     (c >= 'A' && c <= 'F');

		CHECK(hex_decode_text(pair, 2, back, 1) == digit);
	}
	CHECK(!hex_decode_text("abc", 3, back, 1) && !hex_decode_text("ab", 2, back, 2));
}

int main(void)
{
	if (failed(secret_pool_open(1u << 17)) || failed(random_open()))
		return 1;
	scratch_open();
	RUN(test_derivation_vectors);
	RUN(test_created_once);
	RUN(test_wide_permissions);
	RUN(test_kek_text);
	RUN(test_newest_version);
	RUN(test_check_values);
	RUN(test_identity);
	RUN(test_hex);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
