/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KEKs in a token, SoftHSM's: what is made there cannot leave it, what is unfit is refused, and the
 * engine finds its way back to a token that went away. argv: token_tool, the failing module.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/interop/keys/token_scene.h"
#include "tools/keys/derive.h"
#include "tools/lib/bytes.h"

#define IMPORTED "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_made_and_found_again(void)
{
	uint8_t first[32], again[32], second[32];
	uint32_t list[KEK_VERSIONS_MAX];

	begin();
	CHECK(refuses(s.uri, false, "has no key protostar-kek"));
	REQUIRE(opens(s.uri, true));
	REQUIRE(hmac(1, first) == KEK_DONE);
	CHECK(answers(2) == KEK_NO_VERSION);
	CHECK(versions(list) == 1 && list[0] == 1);
	CHECK(!done(engine->ops->add(engine, 1)));
	REQUIRE(done(engine->ops->add(engine, 7)));
	CHECK(!done(engine->ops->add(engine, 6)));
	CHECK(versions(list) == 2 && list[0] == 1 && list[1] == 7);
	REQUIRE(hmac(7, second) == KEK_DONE);
	CHECK(memcmp(first, second, 32) != 0);
	REQUIRE(opens(s.uri, true)); /* makes nothing where there is one */
	CHECK(versions(list) == 2);
	CHECK(hmac(1, again) == KEK_DONE);
	CHECK_BYTES(first, again, 32);
	end();
}

/* Each try of somebody who has the PIN, with what PKCS#11 says to it. */
static void test_does_not_leave(void)
{
	char said[1024];

	begin();
	REQUIRE(opens(s.uri, true));
	end();
	REQUIRE(token_setting_tool(&s, "attack", "1", NULL, said, sizeof(said)));
	CHECK(strcmp(said, "read 11\n"		  /* ATTRIBUTE_SENSITIVE */
			   "wrap 6a\n"		  /* KEY_UNEXTRACTABLE */
			   "set-extractable 1b\n" /* ACTION_PROHIBITED */
			   "set-readable 1b\n"
			   "set-derive 1b\n"
			   "copy-extractable 1b\n"
			   "copy-derive 1b\n") == 0);
	printf("%s", said);
}

/* A key of known bytes gives what the same key in a file gives: disks may move between the two. */
static void test_same_bits(void)
{
	static const char kek_file[] = "protostar-kek 1\n3 " IMPORTED "\n";
	static const uint8_t disk[DISK_ID_LEN] = {1, 2, 3}, salt[DISK_SALT_LEN] = {9, 8, 7};
	const struct disk_key_name name = {"acme", disk, 3, salt};
	uint8_t want[32], got[32], long_data[5000];
	struct kek_engine *file = NULL;

	begin();
	REQUIRE(token_setting_tool(&s, "import", "3", IMPORTED, NULL, 0));
	REQUIRE(opens(s.uri, false));
	scratch_write(scratch_path("kek"), kek_file, sizeof(kek_file) - 1, 0600);
	REQUIRE(done(kek_engine_open(scratch_path("kek"), NULL, false, &file)));
	memset(long_data, 0x17, sizeof(long_data));
	for (size_t len = 0; len <= sizeof(long_data); len += 625) {
		const struct span one = {long_data, len};

		CHECK(kek_hmac(file, 3, one, want) == KEK_DONE);
		CHECK(kek_hmac(engine, 3, one, got) == KEK_DONE);
		CHECK_BYTES(got, want, 32);
	}
	CHECK(disk_key_derive(file, &name, want) == KEK_DONE);
	CHECK(disk_key_derive(engine, &name, got) == KEK_DONE);
	CHECK_BYTES(got, want, 32);
	CHECK(kek_check_value(file, 3, want) == KEK_DONE);
	CHECK(kek_check_value(engine, 3, got) == KEK_DONE);
	CHECK_BYTES(got, want, 32);
	kek_engine_close(file);
	end();
}

/* OpenSC's tool, another implementation, has the token sign the same. */
static void test_other_tool(void)
{
	const char *data_path = scratch_path("data"), *mac_path = scratch_path("mac");
	const char *const sign[] = {"pkcs11-tool", "--module", TOKEN_MODULE, "--token-label",
		TOKEN_LABEL, "--login", "--pin", TOKEN_PIN, "--sign", "-m", "SHA256-HMAC", "--id",
		"00000001", "-i", data_path, "-o", mac_path, NULL};
	const char *const make[] = {"pkcs11-tool", "--module", TOKEN_MODULE, "--token-label",
		TOKEN_LABEL, "--login", "--pin", TOKEN_PIN, "--keygen", "--key-type", "GENERIC:32",
		"--sensitive", "--private", "--usage-sign", "--label", "protostar-kek", "--id",
		"00000002", NULL};
	uint8_t want[32], got[32] = {0};
	FILE *f;

	begin();
	REQUIRE(opens(s.uri, true));
	REQUIRE(hmac(1, want) == KEK_DONE);
	end();
	scratch_write(data_path, data.data, data.len, 0600);
	REQUIRE(token_setting_run(sign, NULL, 0));
	f = fopen(mac_path, "rb");
	REQUIRE(f && fread(got, 1, sizeof(got), f) == sizeof(got) && fgetc(f) == EOF);
	fclose(f);
	CHECK_BYTES(got, want, 32);
	/* And a key that it made may be a KEK, as the manual shows. */
	REQUIRE(token_setting_run(make, NULL, 0));
	REQUIRE(opens(s.uri, false));
	CHECK(answers(2) == KEK_DONE);
	end();
}

static void test_unfit_keys(void)
{
	static const struct {
		const char *kind, *why;
	} cases[] = {
		{"readable", "CKA_SENSITIVE"},
		{"extractable", "CKA_EXTRACTABLE"},
		{"derive", "CKA_DERIVE"},
		{"public", "CKA_PRIVATE"},
		{"mute", "CKA_SIGN"},
		{"aes", "no generic secret"},
		{"short", "no generic secret"},
		{"id", "CKA_ID that is no version"},
	};

	begin();
	REQUIRE(opens(s.uri, true));
	end();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		REQUIRE(token_setting_tool(&s, "make", "2", cases[i].kind, NULL, 0));
		CHECK(refuses(s.uri, false, cases[i].why));
		CHECK(refuses(s.uri, true, cases[i].why));
		begin();
		REQUIRE(opens(s.uri, true));
		end();
	}
	REQUIRE(token_setting_tool(&s, "import", "1", IMPORTED, NULL, 0));
	CHECK(refuses(s.uri, false, "two keys of version 1"));
}

/* An unfit key that appears while the engine runs: nothing is signed until somebody looked. */
static void test_unfit_later(void)
{
	begin();
	REQUIRE(opens(s.uri, true));
	REQUIRE(token_setting_tool(&s, "make", "2", "extractable", NULL, 0));
	CHECK(answers(2) == KEK_AWAY);
	REQUIRE(token_setting_tool(&s, "destroy", "2", NULL, NULL, 0));
	CHECK(answers(2) == KEK_NO_VERSION);
	CHECK(answers(1) == KEK_DONE);
	end();
}

static void test_made_by_another(void)
{
	uint32_t list[KEK_VERSIONS_MAX];

	begin();
	REQUIRE(opens(s.uri, true));
	REQUIRE(token_setting_tool(&s, "import", "2", IMPORTED, NULL, 0));
	CHECK(answers(2) == KEK_DONE);
	CHECK(versions(list) == 2);
	end();
}

/* A token of the same label with another key, whoever brought it: nothing is made with that one. */
static void test_another_key(void)
{
	char tokens[256], other[256];

	begin();
	REQUIRE(opens(s.uri, true));
	REQUIRE(answers(1) == KEK_DONE);
	REQUIRE(token_setting_tool(&s, "destroy", "1", NULL, NULL, 0));
	CHECK(answers(1) == KEK_AWAY);
	REQUIRE(token_setting_tool(&s, "import", "1", IMPORTED, NULL, 0));
	CHECK(answers(1) == KEK_AWAY);
	REQUIRE(opens(s.uri, false)); /* a start takes what it finds */
	CHECK(answers(1) == KEK_DONE);
	REQUIRE(token_setting_pull(&s, true) && token_setting_add(TOKEN_LABEL));
	REQUIRE(token_setting_tool(&s, "import", "2", IMPORTED, NULL, 0));
	CHECK(answers(1) == KEK_NO_VERSION);
	CHECK(answers(2) == KEK_DONE);
	snprintf(tokens, sizeof(tokens), "%s/tokens", s.folder);
	snprintf(other, sizeof(other), "%s/other", s.folder);
	REQUIRE(rename(tokens, other) == 0);
	REQUIRE(token_setting_plug(&s));
	CHECK(answers(1) == KEK_DONE);
	end();
}

static void test_one_key_by_id(void)
{
	char *uri;
	uint32_t list[KEK_VERSIONS_MAX];

	begin();
	REQUIRE(opens(s.uri, true));
	REQUIRE(done(engine->ops->add(engine, 2)));
	uri = must_format("pkcs11:id=%%00%%00%%00%%02;%s", s.uri + strlen("pkcs11:"));
	REQUIRE(opens(uri, false));
	free(uri);
	CHECK(versions(list) == 1 && list[0] == 2);
	CHECK(answers(1) == KEK_NO_VERSION);
	CHECK(answers(2) == KEK_DONE);
	CHECK(!done(engine->ops->add(engine, 3)));
	CHECK(strstr(last_failure.text, "leave the id out"));
	end();
}

static void test_many_versions(void)
{
	uint32_t list[KEK_VERSIONS_MAX];

	begin();
	REQUIRE(opens(s.uri, true));
	for (uint32_t v = 2; v <= KEK_VERSIONS_MAX; v++)
		REQUIRE(done(engine->ops->add(engine, v)));
	REQUIRE(versions(list) == KEK_VERSIONS_MAX);
	for (uint32_t v = 1; v <= KEK_VERSIONS_MAX; v++)
		CHECK(list[v - 1] == v && answers(v) == KEK_DONE);
	CHECK(!done(engine->ops->add(engine, KEK_VERSIONS_MAX + 1)));
	CHECK(strstr(last_failure.text, "destroy one"));
	REQUIRE(token_setting_tool(&s, "import", "900", IMPORTED, NULL, 0));
	CHECK(refuses(s.uri, false, "more than 64"));
}

/* The token goes and comes back while the engine runs. */
static void pull_and_plug(bool empty)
{
	uint8_t before[32], after[32];
	uint32_t list[KEK_VERSIONS_MAX];

	begin();
	REQUIRE(opens(s.uri, true));
	REQUIRE(hmac(1, before) == KEK_DONE);
	REQUIRE(token_setting_pull(&s, empty));
	CHECK(versions(list) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(answers(1) == KEK_AWAY);
	CHECK(!done(engine->ops->add(engine, 2)));
	REQUIRE(token_setting_plug(&s));
	REQUIRE(hmac(1, after) == KEK_DONE);
	CHECK_BYTES(before, after, 32);
	CHECK(versions(list) == 1);
	CHECK(done(engine->ops->add(engine, 2)));
	/* Gone and back between two calls: nobody notices. */
	REQUIRE(token_setting_pull(&s, empty) && token_setting_plug(&s));
	CHECK(answers(2) == KEK_DONE);
	end();
}

static void test_pulled(void)
{
	pull_and_plug(true);
	pull_and_plug(false);
}

/* A service may start before its token is there, but makes no key for one. */
static void test_away_at_the_start(void)
{
	for (int empty = 0; empty < 2; empty++) {
		begin();
		REQUIRE(opens(s.uri, true));
		end();
		REQUIRE(token_setting_pull(&s, empty));
		CHECK(refuses(s.uri, true, empty ? "no token that fits" : "does not start"));
		REQUIRE(opens(s.uri, false));
		CHECK(answers(1) == KEK_AWAY);
		REQUIRE(token_setting_plug(&s));
		CHECK(answers(1) == KEK_DONE);
		end();
	}
}

static void test_two_of_one_label(void)
{
	begin();
	REQUIRE(opens(s.uri, true));
	REQUIRE(token_setting_add(TOKEN_LABEL));
	CHECK(answers(1) == KEK_DONE); /* the session is of the token that was chosen */
	CHECK(refuses(s.uri, false, "2 tokens fit"));
	end();
}

int main(int argc, char **argv)
{
	scene_open(argc, argv);
	RUN(test_made_and_found_again);
	RUN(test_does_not_leave);
	RUN(test_same_bits);
	RUN(test_other_tool);
	RUN(test_unfit_keys);
	RUN(test_unfit_later);
	RUN(test_made_by_another);
	RUN(test_another_key);
	RUN(test_one_key_by_id);
	RUN(test_many_versions);
	RUN(test_pulled);
	RUN(test_away_at_the_start);
	RUN(test_two_of_one_label);
	return scene_close();
}
