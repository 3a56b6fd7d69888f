/* The KEK file, the service's key file, and the derivation of disk keys. */
#include "crypto/random.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/lib/hex.h"
#include "tools/serve/identity.h"
#include "tools/serve/key_service.h"
#include "tools/serve/private_file.h"

static struct why why;

/* Computed with Python's hmac from PROTOCOL.md section 7. */
static void test_derivation_vectors(void)
{
	uint8_t kek[KEK_LEN], disk[DISK_ID_LEN], got[DISK_KEY_LEN], want[DISK_KEY_LEN];

	for (uint8_t i = 0; i < KEK_LEN; i++)
		kek[i] = i;
	for (uint8_t i = 0; i < DISK_ID_LEN; i++)
		disk[i] = i;
	disk_key_derive(kek, "default", disk, 1, got);
	REQUIRE(hex_decode_text(
		"3f0da9645015b70bbd8625c0cef895ec12c5f1943b8fefb768df8afc836409db", 64, want, 32));
	CHECK_BYTES(got, want, 32);
	memset(kek, 0xff, sizeof(kek));
	memset(disk, 0, sizeof(disk));
	disk[0] = 0x80;
	disk_key_derive(kek, "acme", disk, 7, got);
	REQUIRE(hex_decode_text(
		"be99dd0ac8d61b194d6c4a810f08bbf04a76901c95773518059785dc54d0358d", 64, want, 32));
	CHECK_BYTES(got, want, 32);
}

static void test_created_once(void)
{
	const char *path = scratch_path("kek");
	struct key_service *k = NULL;
	uint8_t disk[DISK_ID_LEN] = {1}, first[DISK_KEY_LEN], second[DISK_KEY_LEN];
	struct stat st;

	REQUIRE(key_service_open(path, &k, &why));
	CHECK(key_service_version(k) == 1);
	CHECK(key_service_disk_key(k, 1, "default", disk, first));
	CHECK(!key_service_disk_key(k, 2, "default", disk, second));
	key_service_close(k);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	REQUIRE(key_service_open(path, &k, &why));
	CHECK(key_service_disk_key(k, 1, "default", disk, second));
	CHECK_BYTES(first, second, DISK_KEY_LEN);
	key_service_close(k);
	CHECK(!private_file_create(path, first, sizeof(first), &why)); /* never overwritten */
	REQUIRE(key_service_open(path, &k, &why));
	key_service_close(k);
}

static void test_wide_permissions(void)
{
	static const unsigned modes[] = {0640, 0604, 0660, 0644, 0601, 0610, 0666};
	const char *path = scratch_path("kek");
	struct key_service *k = NULL;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		REQUIRE(chmod(path, modes[i]) == 0);
		CHECK(!key_service_open(path, &k, &why));
	}
	REQUIRE(chmod(path, 0400) == 0);
	CHECK(key_service_open(path, &k, &why));
	key_service_close(k);
	CHECK(symlink(path, scratch_path("link")) == 0);
	CHECK(!key_service_open(scratch_path("link"), &k, &why));
	CHECK(!key_service_open(scratch, &k, &why));
}

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static bool takes(const char *text)
{
	const char *path = scratch_path("kek-text");
	struct key_service *k = NULL;
	bool good;

	scratch_write(path, text, strlen(text), 0600);
	good = key_service_open(path, &k, &why);
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
	uint8_t disk[DISK_ID_LEN] = {1}, one[DISK_KEY_LEN], five[DISK_KEY_LEN];

	scratch_write(path, text, sizeof(text) - 1, 0600);
	REQUIRE(key_service_open(path, &k, &why));
	CHECK(key_service_version(k) == 5);
	CHECK(key_service_disk_key(k, 1, "default", disk, one));
	CHECK(key_service_disk_key(k, 5, "default", disk, five));
	CHECK(memcmp(one, five, DISK_KEY_LEN) != 0);
	key_service_close(k);
}

static void test_identity(void)
{
	const char *path = scratch_path("service-key");
	struct key_pair first, second;
	uint8_t der[256], pin[32], again[32];
	FILE *f;
	size_t len;

	REQUIRE(identity_open(path, &first, &why));
	REQUIRE(identity_open(path, &second, &why));
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
		CHECK(!identity_open(path, &second, &why));
	}
	for (size_t i = 0; i < len; i++) {
		der[i] ^= 1;
		scratch_write(path, der, len, 0600);
		CHECK(!identity_open(path, &second, &why)); /* public and private must agree */
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
	if (failed(secret_room_open(1u << 17)) || failed(random_open()))
		return 1;
	scratch_open();
	RUN(test_derivation_vectors);
	RUN(test_created_once);
	RUN(test_wide_permissions);
	RUN(test_kek_text);
	RUN(test_newest_version);
	RUN(test_identity);
	RUN(test_hex);
	scratch_close();
	secret_room_close();
	return test_summary();
}
