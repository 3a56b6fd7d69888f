/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole joins with KEKs in a token: the service's key process has SoftHSM's module inside. The
 * token goes while nodes join, who are told to come again, and comes back by itself. argv:
 * protostar, token_tool, the module that fails on demand.
 */
#include "tests/interop/keys/token_setting.h"
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "early/contract/errors.h"

#define IMPORTED   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PATIENCE_S 120 /* only for what would never come */

static struct token_setting token;
static struct outcome first;

static bool starts(const char *uri)
{
	const char *const extra[] = {"--kek", uri, NULL};

	return service_start(&at.service, extra);
}

static void start(const char *uri)
{
	const char *const init[] = {
		"serve", "--state", at.service.state, "--init", "--kek", uri, NULL};

	if (access(at.service.state, F_OK) != 0 &&
		service_run(&at.service, at.service.log, init) != 0) {
		fprintf(stderr, "no state folder with a token\n");
		exit(1);
	}
	if (!starts(uri)) {
		fprintf(stderr, "the service does not start with a token\n");
		exit(1);
	}
}

/* As a node does: waits as long as it is told, and comes again. */
static bool boots_in_the_end(struct machine *m, const uint8_t *disk, struct outcome *out)
{
	const time_t end = time(NULL) + PATIENCE_S;

	while (time(NULL) < end) {
		if (setting_boot(m, disk, mac_1, out) == 0)
			return true;
		if (out->type != MSG_DENY || out->code != E_DENY_INTERNAL || !out->retry_after_ms)
			return false;
		usleep(100000);
	}
	return false;
}

static bool is_told_to_come_again(const struct outcome *o)
{
	return o->type == MSG_DENY && o->code == E_DENY_INTERNAL && o->retry_after_ms > 0;
}

static void test_join_and_rejoin(void)
{
	struct outcome again;
	char path[256];

	CHECK(setting_boot(&at.a, disk_1, mac_1, &first) == 0);
	CHECK(first.grant.action == ACTION_FORMAT && first.grant.key_version == 1);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &again) == 0);
	CHECK(again.grant.action == ACTION_OPEN);
	CHECK_BYTES(again.disk_key, first.disk_key, DISK_KEY_LEN);
	snprintf(path, sizeof(path), "%s/kek", at.service.state);
	CHECK(access(path, F_OK) != 0);
}

/*
 * Between a node's HELLO and its grant. `empty`: the reader stays. SoftHSM answers from its memory
 * for a while when its folder is gone, so the module says what a device says that is pulled.
 */
static void pulled_in_a_join(bool empty)
{
	struct client c;
	struct evidence e;
	struct outcome o;

	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	REQUIRE(token_setting_pull(&token, empty));
	REQUIRE(token_setting_fault(&token, "C_SignInit 32")); /* DEVICE_REMOVED */
	client_join(&c, &e, &at.a, &o);
	evidence_free(&e);
	client_close(&c);
	CHECK(is_told_to_come_again(&o));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == E_DENY_INTERNAL);
	CHECK(is_told_to_come_again(&o));
	REQUIRE(token_setting_fault(&token, NULL));
	REQUIRE(token_setting_plug(&token));
	REQUIRE(boots_in_the_end(&at.a, disk_1, &o));
	CHECK(o.grant.action == ACTION_OPEN);
	CHECK_BYTES(o.disk_key, first.disk_key, DISK_KEY_LEN);
}

static void test_pulled_in_a_join(void)
{
	pulled_in_a_join(true);
	pulled_in_a_join(false);
}

/* A session that is dropped is no reason to send a node away. */
static void test_dropped_session(void)
{
	struct outcome o;

	REQUIRE(token_setting_fault(&token, "C_SignInit b3 1")); /* SESSION_HANDLE_INVALID */
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(access(token.fault, F_OK) != 0);
	CHECK_BYTES(o.disk_key, first.disk_key, DISK_KEY_LEN);
}

/* where: of the keys, for what needs them; NULL. */
static int node(const char *verb, const char *what, const char *where)
{
	const char *const args[] = {"node", verb, what, "--state", at.service.state,
		where ? "--kek-file" : NULL, where, NULL};
	char said[160];

	snprintf(said, sizeof(said), "%s/said", at.folder);
	return service_run(&at.service, said, args);
}

/* A new version is made in the token by another process; the disk changes to it, and only to it. */
static void test_rotated(void)
{
	static const uint8_t mac_2[32] = {0x33};
	struct msg_commit m = {.action = ACTION_OPEN, .key_version = 1, .next_version = 2};
	struct client c;
	struct outcome o, last;

	CHECK(node("rotate", "--kek", token.uri) == 0);
	setting_join(&c, &at.a, disk_1, &o);
	REQUIRE(o.type == MSG_GRANT && o.grant.key_version == 1 && o.grant.next_version == 2);
	CHECK_BYTES(o.disk_key, first.disk_key, DISK_KEY_LEN);
	CHECK(memcmp(o.next_key, first.disk_key, DISK_KEY_LEN) != 0);
	m.generation = o.grant.generation + 1;
	memcpy(m.header_mac, mac_1, sizeof(mac_1));
	memcpy(m.next_header_mac, mac_2, sizeof(mac_2));
	client_commit_as(&c, &m, &last);
	CHECK(last.type == MSG_ACK);
	m = (struct msg_commit){
		.action = ACTION_OPEN, .key_version = 2, .generation = o.grant.generation + 2};
	memcpy(m.header_mac, mac_2, sizeof(mac_2));
	client_commit_as(&c, &m, &last);
	CHECK(last.type == MSG_ACK);
	client_close(&c);
	first = o;
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(o.grant.key_version == 2 && o.grant.next_version == 0);
	CHECK_BYTES(o.disk_key, first.next_key, DISK_KEY_LEN);
	first = o;
	CHECK(node("retire", "1", NULL) == 0);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK_BYTES(o.disk_key, first.disk_key, DISK_KEY_LEN);
}

/* The service is started anew with the token that it had, and not with another one. */
static void test_started_again(void)
{
	struct outcome o;

	CHECK(service_stop(&at.service, SIGTERM) == 0);
	start(token.uri); /* another module of the same token */
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK_BYTES(o.disk_key, first.disk_key, DISK_KEY_LEN);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	REQUIRE(token_setting_tool(&token, "destroy", "2", NULL, NULL, 0));
	REQUIRE(token_setting_tool(&token, "import", "2", IMPORTED, NULL, 0));
	CHECK(!starts(token.uri));
	CHECK(service_logged(&at.service, "is not the one that the store's disks were made with"));
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 1;
	setting_open(argv[1]);
	token_setting_make(&token, at.folder, argv[2], argv[3]);
	start(token.faulty_uri);
	RUN(test_join_and_rejoin);
	RUN(test_dropped_session);
	RUN(test_pulled_in_a_join);
	RUN(test_rotated);
	RUN(test_started_again);
	setting_close();
	return test_summary();
}
