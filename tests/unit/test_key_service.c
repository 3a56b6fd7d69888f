/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The KEK file, the service's key file, and the derivation of disk keys. */
#include "crypto/random.h"
#include "tests/unit/local_keys.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/lib/hex.h"
#include "tools/serve/keys/identity.h"
#include "tools/lib/private_file.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FULL  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static bool opens(const char *path, bool create, struct kek_engine **out)
{
	return done(kek_engine_open(path, NULL, create, out));
}

static bool can_open(const char *path, bool create)
{
	struct kek_engine *e = NULL;
	bool good = opens(path, create, &e);

	kek_engine_close(e);
	return good;
}

/* Computed with Python's hmac from PROTOCOL.md section 7. */
static void test_derivation_vectors(void)
{
	static const char text[] = "protostar-kek 1\n1 " HEX32 "\n7 " FULL "\n";
	uint8_t disk[DISK_ID_LEN], salt[DISK_SALT_LEN], got[DISK_KEY_LEN], want[DISK_KEY_LEN];
	const char *path = scratch_path("vectors");
	struct disk_key_name name = {"default", disk, 1, salt};
	struct kek_engine *e = NULL;

	scratch_write(path, text, sizeof(text) - 1, 0600);
	REQUIRE(opens(path, false, &e));
	for (uint8_t i = 0; i < DISK_ID_LEN; i++)
		disk[i] = i;
	for (uint8_t i = 0; i < DISK_SALT_LEN; i++)
		salt[i] = (uint8_t)(0x50 + i);
	CHECK(disk_key_derive(e, &name, got) == KEK_DONE);
	REQUIRE(hex_decode_text(
		"d2e6e776a1719c5392455f8178701d1f0de66164eda2f44cfe174018d8759302", 64, want, 32));
	CHECK_BYTES(got, want, 32);
	memset(disk, 0, sizeof(disk));
	disk[0] = 0x80;
	memset(salt, 0x33, sizeof(salt));
	name = (struct disk_key_name){"acme", disk, 7, salt};
	CHECK(disk_key_derive(e, &name, got) == KEK_DONE);
	REQUIRE(hex_decode_text(
		"5d08f393461571817e470cd411d2c4dab9f683ef81bf8e6e237def7f12f1cab1", 64, want, 32));
	CHECK_BYTES(got, want, 32);
	name.version = 6;
	CHECK(disk_key_derive(e, &name, got) == KEK_NO_VERSION);
	kek_engine_close(e);
}

/* Each part of a disk's name counts, and a tenant that cannot be has no key. */
static void test_name_counts(void)
{
	static const char text[] = "protostar-kek 1\n1 " HEX32 "\n5 " HEX32 "\n";
	const uint8_t disk[DISK_ID_LEN] = {1}, disk_2[DISK_ID_LEN] = {2}, salt[DISK_SALT_LEN] = {2},
		      salt_2[DISK_SALT_LEN] = {3};
	static char long_name[TENANT_MAX + 2];
	const struct disk_key_name names[] = {{"default", disk, 1, salt}, {"other", disk, 1, salt},
		{"default", disk_2, 1, salt}, {"default", disk, 5, salt},
		{"default", disk, 1, salt_2}};
	uint8_t keys[5][DISK_KEY_LEN];
	struct kek_engine *e = NULL;

	scratch_write(scratch_path("two"), text, sizeof(text) - 1, 0600);
	REQUIRE(opens(scratch_path("two"), false, &e));
	for (size_t i = 0; i < 5; i++) {
		CHECK(disk_key_derive(e, &names[i], keys[i]) == KEK_DONE);
		for (size_t j = 0; j < i; j++)
			CHECK(memcmp(keys[i], keys[j], DISK_KEY_LEN) != 0);
	}
	CHECK(disk_key_derive(e, &(struct disk_key_name){"", disk, 1, salt}, keys[0]) ==
		KEK_NO_VERSION);
	memset(long_name, 'a', TENANT_MAX);
	CHECK(disk_key_derive(e, &(struct disk_key_name){long_name, disk, 1, salt}, keys[0]) ==
		KEK_DONE);
	long_name[TENANT_MAX] = 'a';
	CHECK(disk_key_derive(e, &(struct disk_key_name){long_name, disk, 1, salt}, keys[0]) ==
		KEK_NO_VERSION);
	kek_engine_close(e);
}

static void test_created_once(void)
{
	const char *path = scratch_path("kek");
	const uint8_t disk[DISK_ID_LEN] = {1}, salt[DISK_SALT_LEN] = {2};
	const struct disk_key_name name = {"default", disk, 1, salt};
	uint8_t first[DISK_KEY_LEN], second[DISK_KEY_LEN];
	uint32_t versions[KEK_VERSIONS_MAX];
	struct kek_engine *e = NULL;
	struct stat st;
	size_t count = 0;

	CHECK(!can_open(path, false));
	CHECK(access(path, F_OK) != 0);
	REQUIRE(opens(path, true, &e));
	CHECK(kek_versions(e, versions, &count) == KEK_DONE && count == 1 && versions[0] == 1);
	CHECK(disk_key_derive(e, &name, first) == KEK_DONE);
	kek_engine_close(e);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	REQUIRE(opens(path, true, &e));
	CHECK(disk_key_derive(e, &name, second) == KEK_DONE);
	CHECK_BYTES(first, second, DISK_KEY_LEN);
	kek_engine_close(e);
	CHECK(!done(private_file_create(path, first, sizeof(first)))); /* never overwritten */
	CHECK(can_open(path, true));
}

static void test_wide_permissions(void)
{
	static const unsigned modes[] = {0640, 0604, 0660, 0644, 0601, 0610, 0666};
	const char *path = scratch_path("kek");

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		REQUIRE(chmod(path, modes[i]) == 0);
		CHECK(!can_open(path, true));
	}
	REQUIRE(chmod(path, 0400) == 0);
	CHECK(can_open(path, true));
	REQUIRE(chmod(path, 0600) == 0);
	CHECK(symlink(path, scratch_path("link")) == 0);
	CHECK(can_open(scratch_path("link"), true));
	/* A link to nothing is no reason to make new keys. */
	CHECK(symlink("nothing", scratch_path("to-nothing")) == 0);
	CHECK(!can_open(scratch_path("to-nothing"), true));
	CHECK(access(scratch_path("nothing"), F_OK) != 0);
	CHECK(!can_open(scratch, true));
}

static bool takes(const char *text)
{
	const char *path = scratch_path("kek-text");

	scratch_write(path, text, strlen(text), 0600);
	return can_open(path, true);
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
	CHECK(!takes("protostar-kek 1\n01 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n2 " HEX32 "\n1 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n1 " HEX32 "\n1 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n4294967296 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n1  " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n 1 " HEX32 "\n"));
	CHECK(!takes("protostar-kek 1\n1 " HEX32 "0\n"));
	CHECK(!takes("protostar-kek 1\n1 g" HEX32 "\n"));
}

static bool has_versions(struct kek_engine *e, size_t want, uint32_t last)
{
	uint32_t versions[KEK_VERSIONS_MAX];
	size_t count = 0;

	return kek_versions(e, versions, &count) == KEK_DONE && count == want &&
	       versions[count - 1] == last;
}

/* What one process adds, another one that has the file open finds; keys stay what they were. */
static void test_added(void)
{
	const char *path = scratch_path("added");
	struct kek_engine *running = NULL, *rotating = NULL;
	uint8_t before[KEK_CHECK_LEN], after[KEK_CHECK_LEN], own[KEK_CHECK_LEN];

	REQUIRE(opens(path, true, &running) && opens(path, false, &rotating));
	CHECK(kek_check_value(running, 1, before) == KEK_DONE);
	CHECK(kek_check_value(running, 2, after) == KEK_NO_VERSION);
	CHECK(!done(rotating->ops->add(rotating, 0)) && !done(rotating->ops->add(rotating, 1)));
	CHECK(done(rotating->ops->add(rotating, 2)) && has_versions(rotating, 2, 2));
	CHECK(kek_check_value(running, 2, after) == KEK_DONE);
	CHECK(kek_check_value(rotating, 2, own) == KEK_DONE);
	CHECK_BYTES(after, own, sizeof(own));
	CHECK(kek_check_value(running, 1, after) == KEK_DONE);
	CHECK_BYTES(before, after, sizeof(after));
	/* The other way round: what it adds to has what was added meanwhile. */
	CHECK(done(rotating->ops->add(rotating, 9)));
	CHECK(done(running->ops->add(running, 10)) && has_versions(running, 4, 10));
	CHECK(!done(rotating->ops->add(rotating, 10)) && has_versions(rotating, 4, 10));
	kek_engine_close(rotating);
	kek_engine_close(running);
}

/* Other keys in place of known ones are not taken, and nothing is written over them. */
static void test_replaced(void)
{
	static const char other[] = "protostar-kek 1\n1 " FULL "\n2 " FULL "\n";
	const char *path = scratch_path("replaced");
	uint8_t before[KEK_CHECK_LEN], after[KEK_CHECK_LEN];
	struct kek_engine *e = NULL;

	REQUIRE(opens(path, true, &e));
	CHECK(kek_check_value(e, 1, before) == KEK_DONE);
	scratch_write(path, other, sizeof(other) - 1, 0600);
	CHECK(has_versions(e, 1, 1));
	CHECK(kek_check_value(e, 2, after) == KEK_NO_VERSION);
	CHECK(kek_check_value(e, 1, after) == KEK_DONE);
	CHECK_BYTES(before, after, sizeof(after));
	CHECK(!done(e->ops->add(e, 3)));
	kek_engine_close(e);
	REQUIRE(opens(path, false, &e));
	CHECK(has_versions(e, 2, 2));
	kek_engine_close(e);
}

/* The line of a retired version is taken out, and then one is added: who runs finds the new one. */
static void test_removed(void)
{
	static const char without_1[] = "protostar-kek 1\n2 " FULL "\n";
	static const char both[] = "protostar-kek 1\n1 " HEX32 "\n2 " FULL "\n";
	const char *path = scratch_path("removed");
	struct kek_engine *running = NULL, *rotating = NULL;
	uint8_t before[KEK_CHECK_LEN], after[KEK_CHECK_LEN], new[KEK_CHECK_LEN];

	scratch_write(path, both, sizeof(both) - 1, 0600);
	REQUIRE(opens(path, false, &running));
	CHECK(kek_check_value(running, 1, before) == KEK_DONE);
	scratch_write(path, without_1, sizeof(without_1) - 1, 0600);
	REQUIRE(opens(path, false, &rotating));
	CHECK(done(rotating->ops->add(rotating, 3)) && has_versions(rotating, 2, 3));
	CHECK(kek_check_value(rotating, 3, new) == KEK_DONE);
	CHECK(kek_check_value(running, 3, after) == KEK_DONE);
	CHECK_BYTES(after, new, sizeof(after));
	/* What it had it keeps, in their order. */
	CHECK(kek_check_value(running, 1, after) == KEK_DONE && has_versions(running, 3, 3));
	CHECK_BYTES(after, before, sizeof(after));
	kek_engine_close(rotating);
	kek_engine_close(running);
}

static void test_full(void)
{
	struct kek_engine *e = NULL;

	REQUIRE(opens(scratch_path("full"), true, &e));
	for (uint32_t version = 2; version <= KEK_VERSIONS_MAX; version++)
		CHECK(done(e->ops->add(e, version)));
	CHECK(!done(e->ops->add(e, UINT32_MAX)));
	CHECK(has_versions(e, KEK_VERSIONS_MAX, KEK_VERSIONS_MAX));
	kek_engine_close(e);
	CHECK(can_open(scratch_path("full"), false));
}

/* Computed with Python's hmac. */
static void test_check_values(void)
{
	uint8_t got[KEK_CHECK_LEN], want[KEK_CHECK_LEN];
	struct key_service *k = NULL;
	struct key_status status;

	REQUIRE(local_keys_open(scratch_path("two"), &k));
	REQUIRE(done(key_service_status(k, &status)) && status.count == 2);
	CHECK(status.versions[0].version == 1 && status.versions[1].version == 5);
	REQUIRE(hex_decode_text("f969c14aa84a72a034df0c731eaac763d1b887e8916a897c6cecb0158e3ee43f",
		64, want, sizeof(want)));
	CHECK_BYTES(status.versions[0].check, want, sizeof(want));
	memcpy(got, status.versions[1].check, sizeof(got));
	CHECK(memcmp(got, want, sizeof(want)) != 0);
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
	RUN(test_name_counts);
	RUN(test_created_once);
	RUN(test_wide_permissions);
	RUN(test_kek_text);
	RUN(test_added);
	RUN(test_replaced);
	RUN(test_removed);
	RUN(test_full);
	RUN(test_check_values);
	RUN(test_identity);
	RUN(test_hex);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
