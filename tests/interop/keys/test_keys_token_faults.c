/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens that fail: sessions that are dropped, devices that are pulled, PINs that are wrong,
 * modules that are none. The failing module stands in front of SoftHSM. argv: token_tool, that
 * module.
 */
#include <string.h>

#include "tests/interop/keys/token_scene.h"
#include "tools/lib/bytes.h"

#define WRONG_PIN "97531975"

/* What devices say when they lost a session: one new start, and the caller notices nothing. */
static void test_dropped_once(void)
{
	static const char *const faults[] = {
		"C_SignInit b3 1",			    /* SESSION_HANDLE_INVALID */
		"C_SignInit 32 1",			    /* DEVICE_REMOVED */
		"C_SignInit 101 1",			    /* USER_NOT_LOGGED_IN */
		"C_SignInit 60 1",			    /* KEY_HANDLE_INVALID */
		"C_SignInit 90 1",			    /* OPERATION_ACTIVE */
		"C_Sign 30 1",				    /* DEVICE_ERROR */
		"C_Sign 32 1", "C_Sign b3 1", "C_Sign 6 1", /* FUNCTION_FAILED */
	};
	uint8_t want[32], got[32];
	size_t starts;

	begin();
	REQUIRE(opens(s.faulty_uri, true));
	REQUIRE(hmac(1, want) == KEK_DONE);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		starts = token_setting_count(&s, "starts");
		REQUIRE(token_setting_fault(&s, faults[i]));
		memset(got, 0, sizeof(got));
		CHECK(hmac(1, got) == KEK_DONE);
		CHECK_BYTES(got, want, 32);
		CHECK(token_setting_count(&s, "starts") == starts + 1);
		CHECK(access(s.fault, F_OK) != 0);
	}
	end();
}

/* What stays: away after one new start, and back without another hand on it. */
static void test_away_and_back(void)
{
	static const char *const faults[] = {"C_SignInit 32", "C_Sign 32", "C_Sign 30",
		"C_Initialize 30", "C_GetSlotList 6", "C_GetTokenInfo e0", "C_OpenSession e1",
		"C_OpenSession b1", "C_Login 30", "C_FindObjects 32", "short"};
	uint8_t want[32], got[32];
	uint32_t list[KEK_VERSIONS_MAX];
	size_t starts;

	begin();
	REQUIRE(opens(s.faulty_uri, true));
	REQUIRE(hmac(1, want) == KEK_DONE);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		/* Those that fail at a new start need one. */
		REQUIRE(token_setting_fault(&s, "C_Sign b3"));
		CHECK(answers(1) == KEK_AWAY);
		REQUIRE(token_setting_fault(&s, faults[i]));
		starts = token_setting_count(&s, "starts");
		memset(got, 0, sizeof(got));
		CHECK(hmac(1, got) == KEK_AWAY);
		CHECK(got[0] == 0 && memcmp(got, got + 1, 31) == 0);
		CHECK(token_setting_count(&s, "starts") == starts + 1);
		REQUIRE(token_setting_fault(&s, NULL));
		CHECK(hmac(1, got) == KEK_DONE);
		CHECK_BYTES(got, want, 32);
		CHECK(versions(list) == 1);
	}
	end();
}

/* The token is known by its label: another order of slots finds it too. */
static void test_slots_change(void)
{
	uint8_t want[32], got[32];

	begin();
	REQUIRE(token_setting_add("other"));
	REQUIRE(opens(s.faulty_uri, true));
	REQUIRE(hmac(1, want) == KEK_DONE);
	REQUIRE(token_setting_fault(&s, "C_Sign b3"));
	CHECK(answers(1) == KEK_AWAY);
	REQUIRE(token_setting_fault(&s, "slots"));
	REQUIRE(hmac(1, got) == KEK_DONE);
	CHECK_BYTES(got, want, 32);
	end();
}

/* A wrong PIN is tried once, however often keys are asked for, until its file changes. */
static void test_wrong_pin(void)
{
	uint32_t list[KEK_VERSIONS_MAX];
	size_t logins;

	begin();
	REQUIRE(opens(s.faulty_uri, true));
	end();
	REQUIRE(token_setting_pin(&s, WRONG_PIN "\n", 0600));
	CHECK(refuses(s.faulty_uri, true, "CKR_PIN_INCORRECT"));
	CHECK(!strstr(last_failure.text, WRONG_PIN));
	/* A service does not end with it, since it would be started again and try again. */
	logins = token_setting_count(&s, "logins");
	REQUIRE(opens(s.faulty_uri, false));
	CHECK(answers(1) == KEK_AWAY && versions(list) == 0);
	CHECK(token_setting_count(&s, "logins") == logins + 1);
	REQUIRE(token_setting_pin(&s, TOKEN_PIN "\n", 0600));
	CHECK(answers(1) == KEK_DONE);
	REQUIRE(token_setting_pin(&s, TOKEN_PIN, 0600)); /* a newline is not needed */
	REQUIRE(opens(s.faulty_uri, false));
	REQUIRE(token_setting_pin(&s, WRONG_PIN "\n", 0600));
	CHECK(answers(1) == KEK_DONE); /* the session is there already */
	REQUIRE(token_setting_fault(&s, "C_Sign b3 1"));
	logins = token_setting_count(&s, "logins");
	for (int i = 0; i < 5; i++)
		CHECK(answers(1) == KEK_AWAY && versions(list) == 0);
	CHECK(token_setting_count(&s, "logins") == logins + 1);
	REQUIRE(token_setting_pin(&s, WRONG_PIN "2\n", 0600));
	for (int i = 0; i < 5; i++)
		CHECK(answers(1) == KEK_AWAY);
	CHECK(token_setting_count(&s, "logins") == logins + 2);
	REQUIRE(token_setting_pin(&s, TOKEN_PIN "\n", 0600));
	CHECK(answers(1) == KEK_DONE);
	CHECK(token_setting_count(&s, "logins") == logins + 3);
	end();
}

/* A lock that a token reports is not tried at all. */
static void test_locks(void)
{
	static const struct {
		const char *fault, *why;
	} cases[] = {
		{"flags 20000", "one try left"},
		{"flags 40000", "locked"},
	};

	begin();
	REQUIRE(opens(s.faulty_uri, true));
	end();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const size_t logins = token_setting_count(&s, "logins");

		REQUIRE(token_setting_fault(&s, cases[i].fault));
		CHECK(refuses(s.faulty_uri, true, cases[i].why));
		CHECK(opens(s.faulty_uri, false) && answers(1) == KEK_AWAY);
		CHECK(token_setting_count(&s, "logins") == logins);
		REQUIRE(token_setting_fault(&s, NULL));
		CHECK(answers(1) == KEK_DONE);
	}
	REQUIRE(token_setting_fault(&s, "C_Login a4")); /* PIN_LOCKED */
	CHECK(refuses(s.faulty_uri, true, "CKR_PIN_LOCKED"));
	REQUIRE(token_setting_fault(&s, "C_Login 100")); /* USER_ALREADY_LOGGED_IN */
	CHECK(opens(s.faulty_uri, false));
	CHECK(engine && answers(1) == KEK_DONE);
	end();
}

static void test_pin_files(void)
{
	char *no_pin = NULL;

	begin();
	REQUIRE(opens(s.uri, true));
	end();
	REQUIRE(token_setting_pin(&s, TOKEN_PIN "\n", 0644));
	CHECK(refuses(s.uri, false, "others may have read it"));
	REQUIRE(token_setting_pin(&s, "\n", 0600));
	CHECK(refuses(s.uri, false, "no PIN in it"));
	REQUIRE(token_setting_pin(&s, "", 0600));
	CHECK(refuses(s.uri, false, "is empty"));
	REQUIRE(unlink(s.pin) == 0);
	CHECK(refuses(s.uri, false, "No such file"));
	no_pin = strndup(s.uri, (size_t)(strstr(s.uri, "&pin-source") - s.uri));
	CHECK(refuses(no_pin, false, "add pin-source=file:/path"));
	free(no_pin);
	end();
}

static void test_modules(void)
{
	char *uri;

	begin();
	CHECK(refuses("pkcs11:token=keys?module-path=/nonexistent.so", false, "No such file"));
	CHECK(refuses("pkcs11:token=keys?module-path=/etc", false, "regular file"));
	/* A library that is no module, and a file that is no library. */
	CHECK(refuses("pkcs11:token=keys?module-path=/lib/x86_64-linux-gnu/libc.so.6", false,
		"is no PKCS#11 module"));
	uri = must_format("pkcs11:token=keys?module-path=%s", s.pin);
	CHECK(refuses(uri, false, "PKCS#11 module: "));
	REQUIRE(chmod(s.pin, 0622) == 0);
	CHECK(refuses(uri, false, "nobody else may write"));
	free(uri);
	CHECK(refuses("pkcs11:token=keys", false, "names no module"));
	end();
}

/* Tokens that make something else than they were told, or know less than PKCS#11 2.40. */
static void test_making(void)
{
	uint32_t list[KEK_VERSIONS_MAX];

	begin();
	REQUIRE(token_setting_fault(&s, "extractable"));
	CHECK(refuses(s.faulty_uri, true, "CKA_EXTRACTABLE"));
	REQUIRE(token_setting_fault(&s, "C_GenerateKey 12 1")); /* ATTRIBUTE_TYPE_INVALID */
	REQUIRE(opens(s.faulty_uri, true)); /* and what was made before is gone */
	CHECK(versions(list) == 1 && answers(1) == KEK_DONE);
	REQUIRE(token_setting_fault(&s, "C_GenerateKey 70")); /* MECHANISM_INVALID */
	CHECK(!done(engine->ops->add(engine, 2)));
	CHECK(strstr(last_failure.text, "MECHANISM_INVALID"));
	REQUIRE(token_setting_fault(&s, NULL));
	CHECK(answers(1) == KEK_DONE && answers(2) == KEK_NO_VERSION);
	end();
}

/* The token in other processes, by a module of other people's: they are killed, and come back. */
static void test_server_of_the_token(void)
{
	uint8_t want[32], got[32];
	char *uri = NULL;
	pid_t server;

	begin();
	REQUIRE(opens(s.uri, true));
	REQUIRE(hmac(1, want) == KEK_DONE);
	server = token_setting_serve(&s, &uri);
	REQUIRE(server > 0);
	CHECK(opens(uri, false));
	CHECK(engine && hmac(1, got) == KEK_DONE);
	CHECK_BYTES(got, want, 32);
	CHECK(engine && done(engine->ops->add(engine, 2)));
	REQUIRE(token_setting_serve_end(&s, server));
	CHECK(engine && answers(1) == KEK_AWAY && answers(1) == KEK_AWAY);
	free(uri);
	server = token_setting_serve(&s, &uri);
	REQUIRE(server > 0);
	CHECK(engine && hmac(1, got) == KEK_DONE && answers(2) == KEK_DONE);
	CHECK_BYTES(got, want, 32);
	end();
	CHECK(token_setting_serve_end(&s, server));
	free(uri);
}

int main(int argc, char **argv)
{
	scene_open(argc, argv);
	RUN(test_dropped_once);
	RUN(test_away_and_back);
	RUN(test_slots_change);
	RUN(test_wrong_pin);
	RUN(test_locks);
	RUN(test_pin_files);
	RUN(test_modules);
	RUN(test_making);
	RUN(test_server_of_the_token);
	return scene_close();
}
