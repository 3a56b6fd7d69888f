/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new key-encryption key while the service runs, and disks that go over to it: whole, and cut off
 * after each of the two COMMITs.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tests/interop/serve/identity_setting.h"
#include "tests/unit/test.h"
#include "tools/lib/hex.h"

static uint8_t generation; /* of disk 1, which is small here; MACs are made of it */
static uint8_t key_1[DISK_KEY_LEN], key_2[DISK_KEY_LEN];

/* What stands for the MAC of a header: any bytes, another for each key and generation. */
static void mac(uint8_t out[HEADER_MAC_LEN], uint8_t version, uint8_t of_generation)
{
	memset(out, 0, HEADER_MAC_LEN);
	out[0] = version;
	out[1] = of_generation;
}

/* {open, generation + 1, version, its MAC, next, its MAC}. */
static struct msg_commit commit_of(uint8_t version, uint8_t next)
{
	struct msg_commit c = {.action = ACTION_OPEN,
		.generation = generation + 1u,
		.key_version = version,
		.next_version = next};

	mac(c.header_mac, version, generation + 1);
	if (next)
		mac(c.next_header_mac, next, generation + 1);
	return c;
}

/* Joins with disk 1: what is granted is what the record is to say. */
static void join(struct client *c, struct outcome *o, uint8_t version, uint8_t next, bool begun)
{
	uint8_t want[HEADER_MAC_LEN];

	setting_join(c, &at.a, disk_1, o);
	CHECK(o->type == MSG_GRANT && o->grant.action == ACTION_OPEN);
	CHECK(o->grant.generation == generation);
	CHECK(o->grant.key_version == version && o->grant.next_version == next);
	mac(want, version, generation);
	CHECK_BYTES(o->grant.header_mac, want, HEADER_MAC_LEN);
	mac(want, next, generation);
	if (!begun)
		memset(want, 0, sizeof(want));
	CHECK_BYTES(o->grant.next_header_mac, want, HEADER_MAC_LEN);
}

/* One COMMIT: the code of its denial, 0 for an ACK, which counts. */
static uint16_t commit(struct client *c, const struct msg_commit *m)
{
	struct outcome o;

	client_commit_as(c, m, &o);
	if (o.type == MSG_ACK)
		generation++;
	return o.type == MSG_ACK ? 0 : o.type == MSG_DENY ? o.code : 0xffff;
}

static void test_before(void)
{
	struct outcome o;
	uint8_t first[HEADER_MAC_LEN];

	mac(first, 1, 1);
	CHECK(setting_boot(&at.a, disk_1, first, &o) == 0 && o.grant.key_version == 1);
	generation = 1;
	memcpy(key_1, o.disk_key, DISK_KEY_LEN);
	CHECK(node("keys", NULL) == 0 && printed("1  current           1           0") == 1);
	CHECK(NODE("retire", "1") == 1 && printed("is current") == 1);
	CHECK(NODE("retire", "2") == 1 && printed("there is no key-encryption key 2") == 1);
	CHECK(NODE("retire", "0") == 1 && NODE("retire", "1x") == 1);
}

/* The running service offers the new key, and takes every COMMIT that fits and no other. */
static void test_rotate(void)
{
	struct msg_commit bad;
	struct outcome o;
	struct client c;

	CHECK(node("rotate", NULL) == 1 && printed("rotate what?") == 1);
	CHECK(NODE("rotate", "--kek") == 0 && printed("key-encryption key 2 is current") == 1);
	join(&c, &o, 1, 2, false);
	CHECK_BYTES(o.disk_key, key_1, DISK_KEY_LEN);
	memcpy(key_2, o.next_key, DISK_KEY_LEN);
	CHECK(memcmp(key_1, key_2, DISK_KEY_LEN) != 0);
	bad = commit_of(1, 0);
	CHECK(commit(&c, &bad) == E_DENY_STATE);
	client_close(&c);
	join(&c, &o, 1, 2, false);
	bad = commit_of(2, 0);
	CHECK(commit(&c, &bad) == E_DENY_STATE);
	client_close(&c);
	join(&c, &o, 1, 2, false);
	bad = commit_of(1, 3);
	CHECK(commit(&c, &bad) == E_DENY_STATE);
	client_close(&c);
}

/* Power is cut after the first COMMIT: the next boot finds the old header, or the new one. */
static void test_cut_after_first(void)
{
	struct msg_commit first;
	struct outcome o;
	struct client c;

	join(&c, &o, 1, 2, false);
	first = commit_of(1, 2);
	CHECK(commit(&c, &first) == 0);
	client_close(&c);
	/* The old one: once more. */
	join(&c, &o, 1, 2, true);
	CHECK_BYTES(o.disk_key, key_1, DISK_KEY_LEN);
	CHECK_BYTES(o.next_key, key_2, DISK_KEY_LEN);
	first = commit_of(1, 2);
	CHECK(commit(&c, &first) == 0);
	client_close(&c);
	CHECK(node("keys", NULL) == 0 && printed("2  current           0           1") == 1);
	CHECK(NODE("show", "d1") == 0 && printed("next version 2, begun") == 1);
	CHECK(NODE("retire", "1") == 1 && printed("1 disk has key-encryption key 1") == 1);
	CHECK(printed("disk " DISK_1 " of node 000b") == 1 && printed(" has it") == 1);
}

/* Another rotation on top: a change that was begun goes on to the version that it named. */
static void test_rotate_while_one_is_begun(void)
{
	struct outcome o;
	struct client c;
	struct msg_commit end;

	CHECK(NODE("rotate", "--kek") == 0 && printed("key-encryption key 3 is current") == 1);
	CHECK(NODE("retire", "2") == 1 && printed("is about to get it") == 1);
	join(&c, &o, 1, 2, true);
	/* Who is revoked between the two COMMITs does not end the change, and nobody else does. */
	end = commit_of(1, 2);
	CHECK(commit(&c, &end) == 0);
	CHECK(NODE("revoke", "disk", DISK_1) == 0);
	end = commit_of(2, 0);
	CHECK(commit(&c, &end) == E_DENY_REVOKED);
	client_close(&c);
	CHECK(NODE("unrevoke", "disk", DISK_1) == 0);
	/* The new header was on the disk when it came again. */
	join(&c, &o, 1, 2, true);
	end = commit_of(2, 0);
	CHECK(commit(&c, &end) == 0);
	client_close(&c);
	CHECK(node("keys", NULL) == 0 && printed("2  known             1           0") == 1);
	CHECK(NODE("retire", "1") == 0 && NODE("retire", "1") == 1);
	CHECK(printed("is retired already") == 1);
}

/* The whole change in one exchange, from version 2 to 3. */
static void test_whole(void)
{
	struct msg_commit next;
	struct outcome o;
	struct client c;
	struct span body;

	join(&c, &o, 2, 3, false);
	CHECK_BYTES(o.disk_key, key_2, DISK_KEY_LEN);
	next = commit_of(2, 3);
	CHECK(commit(&c, &next) == 0);
	next = commit_of(3, 0);
	CHECK(commit(&c, &next) == 0);
	CHECK(client_receive(&c, &body) == 0); /* it is over */
	client_close(&c);
	join(&c, &o, 3, 0, false);
	client_close(&c);
	/* A second COMMIT that does not fit the first one ends it, and the disk has both MACs. */
	CHECK(NODE("rotate", "--kek") == 0);
	join(&c, &o, 3, 4, false);
	next = commit_of(3, 4);
	CHECK(commit(&c, &next) == 0);
	next = commit_of(3, 4);
	CHECK(commit(&c, &next) == E_DENY_STATE);
	client_close(&c);
	join(&c, &o, 3, 4, true);
	next = commit_of(3, 4);
	CHECK(commit(&c, &next) == 0);
	next = commit_of(4, 0);
	next.generation++;
	CHECK(commit(&c, &next) == E_DENY_STATE);
	client_close(&c);
}

static void test_new_disk_gets_the_current_version(void)
{
	struct outcome o;

	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	CHECK(o.grant.key_version == 4 && o.grant.next_version == 0);
}

/* Takes a version's line out of the key file. */
static void drop_key(unsigned version)
{
	char command[512];

	snprintf(command, sizeof(command), "sed -i '/^%u /d' %s/kek", version, at.service.state);
	CHECK(system(command) == 0);
}

/* Retired keys need not be there any more; the others must. */
static void test_restart(void)
{
	struct outcome o;
	struct client c;

	CHECK(service_stop(&at.service, SIGTERM) == 0);
	drop_key(1);
	REQUIRE(service_start(&at.service, NULL));
	join(&c, &o, 3, 4, true);
	client_close(&c);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	drop_key(2);
	CHECK(!service_start(&at.service, NULL));
	CHECK(service_logged(&at.service, "key-encryption key 2 is missing"));
	CHECK(NODE("retire", "2") == 0);
	REQUIRE(service_start(&at.service, NULL));
	join(&c, &o, 3, 4, true);
	client_close(&c);
}

/* Who watches sees how far the disks have come. */
static void test_metrics(void)
{
	char path[160];
	const char *const metrics[] = {"--metrics", path, NULL};
	struct msg_commit end;
	struct outcome o;
	struct client c;

	CHECK(service_stop(&at.service, SIGTERM) == 0);
	snprintf(path, sizeof(path), "%s/node.prom", at.folder);
	REQUIRE(service_start(&at.service, metrics));
	CHECK(NODE("revoke", "disk", "d3000000000000000000000000000000") == 0);
	join(&c, &o, 3, 4, true);
	end = commit_of(4, 0);
	CHECK(commit(&c, &end) == 0);
	client_close(&c);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(service_count(&at.service, "../node.prom", "\nprotostar_rotations_total 1\n") == 1);
	CHECK(service_count(&at.service, "../node.prom", "\nprotostar_revocations 1\n") == 1);
	CHECK(service_count(&at.service, "../node.prom", "_disks{version=\"4\"} 2\n") == 1);
	CHECK(service_count(&at.service, "../node.prom", "_disks{version=\"3\"} 0\n") == 1);
	CHECK(service_count(&at.service, "../node.prom", "_disks{version=\"1\"}") == 0);
	REQUIRE(service_start(&at.service, NULL));
}

/* A copy made while the service runs serves on, with what was rotated. */
static void test_backup(void)
{
	char folder[160], command[512];
	struct outcome o;
	struct client c;

	snprintf(folder, sizeof(folder), "%s/copy", at.folder);
	CHECK(NODE("backup", folder) == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	snprintf(command, sizeof(command), "rm -r %s && mv %s %s", at.service.state, folder,
		at.service.state);
	REQUIRE(system(command) == 0);
	REQUIRE(service_start(&at.service, NULL));
	join(&c, &o, 4, 6, false);
	client_close(&c);
	CHECK(NODE("retire", "4") == 1 && printed("2 disks have key-encryption key 4") == 1);
}

/* Another service's keys: nothing is made there, and nothing changes here. */
static void test_another_place(void)
{
	char path[160], command[1024];

	snprintf(path, sizeof(path), "%s/other", at.folder);
	snprintf(command, sizeof(command),
		"umask 077; sed 's/^4 ..../4 abcd/' %s/kek > %s; cp %s %s.was", at.service.state,
		path, path, path);
	CHECK(system(command) == 0);
	CHECK(NODE("rotate", "--kek", "--kek-file", path) == 1);
	CHECK(printed("key-encryption key 4, which is current, is not here") == 1);
	snprintf(command, sizeof(command), "sed -i '/^4 /d' %s && cp %s %s.was", path, path, path);
	CHECK(system(command) == 0);
	CHECK(NODE("rotate", "--kek", "--kek-file", path) == 1 && printed("is not here") == 1);
	snprintf(command, sizeof(command), "cmp %s %s.was", path, path);
	CHECK(system(command) == 0);
	CHECK(node("keys", NULL) == 0 && printed("4  current") == 1);
}

/* A rotation that was cut short after it had made the key: the next one uses that key. */
static void test_cut_rotation(void)
{
	char command[1024];

	snprintf(command, sizeof(command), "printf '5 %%064d\\n' 0 | sed 's/0/a/g' >> %s/kek",
		at.service.state);
	CHECK(system(command) == 0);
	CHECK(NODE("rotate", "--kek") == 0 && printed("key-encryption key 5 is current") == 1);
	CHECK(NODE("rotate", "--kek") == 0 && printed("key-encryption key 6 is current") == 1);
	CHECK(NODE("keys", "--json") == 0);
	CHECK(printed("{\"version\":5,\"state\":\"known\",\"disks\":0,\"pending\":0}") == 1);
	CHECK(NODE("retire", "5") == 0);
}

static void test_audit(void)
{
	struct outcome o;
	struct client c;

	join(&c, &o, 4, 6, false);
	client_close(&c);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"rotate\"") == 5);
	CHECK(service_count(&at.service, "audit.jsonl", "key-encryption key 3, was 2") == 1);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"retire\"") == 3);
	CHECK(service_count(&at.service, "audit.jsonl", "\"next_version\":2") >= 2);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"unsent\"") == 0);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	identity_open();
	serve("{\"first_use\":true}", "", false);
	RUN(test_before);
	RUN(test_rotate);
	RUN(test_cut_after_first);
	RUN(test_rotate_while_one_is_begun);
	RUN(test_whole);
	RUN(test_new_disk_gets_the_current_version);
	RUN(test_restart);
	RUN(test_metrics);
	RUN(test_another_place);
	RUN(test_cut_rotation);
	RUN(test_backup);
	RUN(test_audit);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	identity_close();
	setting_close();
	return test_summary();
}
