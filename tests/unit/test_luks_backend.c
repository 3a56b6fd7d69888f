/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcryptsetup's crypto backend against published vectors: FIPS 180-4 examples, RFC 2202 and 4231,
 * RFC 6070 and 7914 for PBKDF2, IEEE 1619 and Wycheproof for AES-XTS, Wycheproof for HMAC.
 * argv[1]: the folder with Wycheproof's JSON files.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include "crypto/random.h"
#include "crypto/secret.h"
#include "crypto_backend.h"
#include "tests/unit/test.h"

static const char *vectors;

/* Decodes hex into out (max bytes) and returns how many bytes came out. */
static size_t unhex(const char *hex, uint8_t *out, size_t max)
{
	size_t len = strlen(hex) / 2;
	unsigned byte;

	if (len > max)
		abort();
	for (size_t i = 0; i < len; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			abort();
		out[i] = (uint8_t)byte;
	}
	return len;
}

static bool hex_equal(const void *got, const char *want_hex)
{
	uint8_t want[1024];
	size_t len = unhex(want_hex, want, sizeof(want));

	return memcmp(got, want, len) == 0;
}

static void test_hash_known_answer(void)
{
	static const char abc[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	struct crypt_hash *hash;
	char out[64];

	CHECK(crypt_hash_size("sha256") == 32);
	REQUIRE(crypt_hash_init(&hash, "sha256") == 0);
	/* Twice: finishing must begin a new digest. */
	for (int round = 0; round < 2; round++) {
		CHECK(crypt_hash_write(hash, "a", 1) == 0);
		CHECK(crypt_hash_write(hash, "bc", 2) == 0);
		CHECK(crypt_hash_final(hash, out, 32) == 0);
		CHECK(hex_equal(out, abc));
	}
	CHECK(crypt_hash_final(hash, out, 33) == -EINVAL);
	crypt_hash_destroy(hash);
}

static void test_unknown_algorithms_are_refused(void)
{
	struct crypt_hash *hash = NULL;
	struct crypt_hmac *hmac = NULL;
	char key[8];

	CHECK(crypt_hash_size("md5") == -EINVAL);
	CHECK(crypt_hash_size("sha1") == -EINVAL && crypt_hmac_size("sha512") == -EINVAL);
	CHECK(crypt_hash_init(&hash, "sha3-256") == -EINVAL && !hash);
	CHECK(crypt_hash_init(&hash, NULL) == -EINVAL && !hash);
	CHECK(crypt_hmac_init(&hmac, "ripemd160", "k", 1) == -EINVAL && !hmac);
	CHECK(crypt_pbkdf("argon2id", NULL, "p", 1, "s", 1, key, 8, 4, 1024, 1) == -ENOTSUP);
	CHECK(crypt_pbkdf("argon2i", "sha256", "p", 1, "s", 1, key, 8, 4, 1024, 1) == -ENOTSUP);
	CHECK(crypt_pbkdf("pbkdf2", "md5", "p", 1, "s", 1, key, 8, 1, 0, 0) == -EINVAL);
	CHECK(crypt_pbkdf("pbkdf2", "sha256", "p", 1, "s", 1, key, 8, 0, 0, 0) == -EINVAL);
	CHECK(crypt_pbkdf(NULL, "sha256", "p", 1, "s", 1, key, 8, 1, 0, 0) == -EINVAL);
}

static void test_hmac_known_answer(void)
{
	static const char message[] = "what do ya want for nothing?";
	struct crypt_hmac *hmac;
	char out[64];

	CHECK(crypt_hmac_size("sha256") == 32);
	REQUIRE(crypt_hmac_init(&hmac, "sha256", "Jefe", 4) == 0);
	for (int round = 0; round < 2; round++) {
		CHECK(crypt_hmac_write(hmac, message, sizeof(message) - 1) == 0);
		CHECK(crypt_hmac_final(hmac, out, 32) == 0);
		CHECK(hex_equal(
			out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	}
	CHECK(crypt_hmac_final(hmac, out, 33) == -EINVAL);
	crypt_hmac_destroy(hmac);
}

static void test_pbkdf2_known_answers(void)
{
	static const struct {
		const char *hash, *password, *salt, *key;
		uint32_t iterations;
	} cases[] = {
		{"sha256", "passwd", "salt",
			"55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
			"49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
			1},
		{"sha256", "Password", "NaCl",
			"4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
			"a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
			80000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char key[64];

		CHECK(crypt_pbkdf("pbkdf2", cases[i].hash, cases[i].password,
			      strlen(cases[i].password), cases[i].salt, strlen(cases[i].salt), key,
			      strlen(cases[i].key) / 2, cases[i].iterations, 0, 0) == 0);
		CHECK(hex_equal(key, cases[i].key));
	}
}

/* Runs one XTS vector both ways, in place, as keyslots are processed. */
static bool xts_agrees(const char *key_hex, const char *iv_hex, const char *msg, const char *ct)
{
	uint8_t key[64], data[1024];
	char iv[16] = {0};
	size_t key_len = unhex(key_hex, key, sizeof(key));
	size_t len = unhex(msg, data, sizeof(data));
	struct crypt_cipher *cipher;
	bool good;

	unhex(iv_hex, (uint8_t *)iv, sizeof(iv));
	if (crypt_cipher_init(&cipher, "aes", "xts", key, key_len) != 0)
		return false;
	good = crypt_cipher_encrypt(cipher, (char *)data, (char *)data, len, iv, 16) == 0;
	good = good && hex_equal(data, ct);
	good = good && crypt_cipher_decrypt(cipher, (char *)data, (char *)data, len, iv, 16) == 0;
	good = good && hex_equal(data, msg);
	crypt_cipher_destroy(cipher);
	return good;
}

static void test_xts_ieee_1619(void)
{
	/* Vectors 2 and 3 of annex B; vector 1 has equal key halves, which are refused. */
	CHECK(xts_agrees("1111111111111111111111111111111122222222222222222222222222222222",
		"3333333333", "4444444444444444444444444444444444444444444444444444444444444444",
		"c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0"));
	CHECK(xts_agrees("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f022222222222222222222222222222222",
		"3333333333", "4444444444444444444444444444444444444444444444444444444444444444",
		"af85336b597afc1a900b2eb21ec949d292df4c047e0b21532186a5971a227a89"));
}

static void test_xts_refuses_what_it_must(void)
{
	struct crypt_cipher *cipher = NULL;
	uint8_t key[64] = {0};
	char data[32] = {0}, iv[16] = {0};

	CHECK(crypt_cipher_init(&cipher, "aes", "xts", key, 32) == -EINVAL);
	CHECK(crypt_cipher_init(&cipher, "aes", "xts", key, 64) == -EINVAL);
	key[0] = 1;
	CHECK(crypt_cipher_init(&cipher, "aes", "xts", key, 48) == -EINVAL);
	CHECK(crypt_cipher_init(&cipher, "aes", "xts", key, 0) == -EINVAL);
	CHECK(crypt_cipher_init(&cipher, "aes", "cbc", key, 32) == -EINVAL);
	CHECK(crypt_cipher_init(&cipher, "serpent", "xts", key, 64) == -EINVAL);
	CHECK(crypt_cipher_init(&cipher, "cipher_null", "ecb", key, 0) == -EINVAL);
	REQUIRE(!cipher && crypt_cipher_init(&cipher, "aes", "xts", key, 64) == 0);
	CHECK(!crypt_cipher_kernel_only(cipher));
	CHECK(crypt_cipher_encrypt(cipher, data, data, 17, iv, 16) == -EINVAL);
	CHECK(crypt_cipher_decrypt(cipher, data, data, 16, iv, 8) == -EINVAL);
	crypt_cipher_destroy(cipher);
}

static const char *text_of(json_object *object, const char *field)
{
	return json_object_get_string(json_object_object_get(object, field));
}

/* Calls check for every test case of one of Wycheproof's files; returns how many there were. */
static size_t each_vector(const char *file, void (*check)(json_object *group, json_object *test))
{
	char path[512];
	json_object *all, *groups;
	size_t seen = 0;

	snprintf(path, sizeof(path), "%s/%s", vectors, file);
	all = json_object_from_file(path);
	groups = json_object_object_get(all, "testGroups");
	for (size_t g = 0; all && g < json_object_array_length(groups); g++) {
		json_object *group = json_object_array_get_idx(groups, g);
		json_object *tests = json_object_object_get(group, "tests");

		for (size_t t = 0; t < json_object_array_length(tests); t++, seen++)
			check(group, json_object_array_get_idx(tests, t));
	}
	json_object_put(all);
	return seen;
}

static unsigned xts_whole_blocks;

static void check_xts_vector(json_object *group, json_object *test)
{
	const char *msg = text_of(test, "msg"), *key_hex = text_of(test, "key");
	struct crypt_cipher *cipher = NULL;
	uint8_t key[64];
	size_t key_len = unhex(key_hex, key, sizeof(key));

	(void)group;
	if (key_len != 32 && key_len != 64) {
		CHECK(crypt_cipher_init(&cipher, "aes", "xts", key, key_len) == -EINVAL);
		return;
	}
	/* The backend takes whole blocks only; other lengths must be refused, not mangled. */
	if (strlen(msg) % 32 != 0) {
		CHECK(!xts_agrees(key_hex, text_of(test, "iv"), msg, text_of(test, "ct")));
		return;
	}
	xts_whole_blocks++;
	CHECK(strcmp(text_of(test, "result"), "valid") == 0);
	CHECK(xts_agrees(key_hex, text_of(test, "iv"), msg, text_of(test, "ct")));
}

static void test_xts_wycheproof(void)
{
	CHECK(each_vector("aes_xts_test.json", check_xts_vector) == 123);
	CHECK(xts_whole_blocks >= 20);
}

static void check_hmac_vector(json_object *group, json_object *test)
{
	uint8_t key[256], msg[512], tag[64];
	size_t key_len = unhex(text_of(test, "key"), key, sizeof(key));
	size_t msg_len = unhex(text_of(test, "msg"), msg, sizeof(msg));
	size_t tag_len = (size_t)json_object_get_int(json_object_object_get(group, "tagSize")) / 8;
	bool valid = strcmp(text_of(test, "result"), "valid") == 0;
	struct crypt_hmac *hmac;

	REQUIRE(crypt_hmac_init(&hmac, "sha256", key, key_len) == 0);
	CHECK(crypt_hmac_write(hmac, (char *)msg, msg_len) == 0);
	CHECK(crypt_hmac_final(hmac, (char *)tag, tag_len) == 0);
	CHECK(hex_equal(tag, text_of(test, "tag")) == valid);
	crypt_hmac_destroy(hmac);
}

static void test_hmac_wycheproof(void)
{
	CHECK(each_vector("hmac_sha256_test.json", check_hmac_vector) == 174);
}

static void test_random(void)
{
	char a[32], b[32];

	CHECK(crypt_backend_rng(a, sizeof(a), CRYPT_RND_KEY, 0) == 0);
	CHECK(crypt_backend_rng(b, sizeof(b), CRYPT_RND_KEY, 0) == 0);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK(crypt_backend_rng(a, sizeof(a), CRYPT_RND_KEY, 1) == -EINVAL);
	CHECK(crypt_backend_memeq(a, a, sizeof(a)) == 0);
	CHECK(crypt_backend_memeq(a, b, sizeof(a)) != 0);
	CHECK(crypt_backend_init(true) == -ENOTSUP && crypt_backend_init(false) == 0);
}

int main(int argc, char **argv)
{
	if (argc != 2 || failed(secret_pool_open(65536)) || failed(random_open()))
		return 2;
	vectors = argv[1];
	RUN(test_hash_known_answer);
	RUN(test_unknown_algorithms_are_refused);
	RUN(test_hmac_known_answer);
	RUN(test_pbkdf2_known_answers);
	RUN(test_xts_ieee_1619);
	RUN(test_xts_refuses_what_it_must);
	RUN(test_xts_wycheproof);
	RUN(test_hmac_wycheproof);
	RUN(test_random);
	return test_summary();
}
