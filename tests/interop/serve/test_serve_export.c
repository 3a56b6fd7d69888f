/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar node export` beside the running service: a bundle has the keys that the nodes were
 * given, the records that the service has, and nothing of anybody else's.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/interop/serve/identity_setting.h"
#include "tests/unit/done.h"
#include "tests/unit/test.h"
#include "tools/bundle/bundle_seal.h"
#include "tools/keys/derive.h"
#include "tools/lib/passphrase_box.h"
#include "tools/lib/private_file.h"
#include "tools/serve/store/store_bundles.h"

#define PASSPHRASE  "correct horse battery"
#define WITH_POLICY "--policy", at.service.policy

static char out[128], passphrase_path[128];
static struct outcome granted_a, granted_b;

/* The path of a file in the setting's folder; until the next call but three. */
static const char *path_of(const char *name)
{
	static char paths[4][160];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", at.folder, name);
	return path;
}

static bool load(const char *path, const struct bundle_openers *openers, struct bundle *b)
{
	struct bytes file = {0};
	bool good = done(bundle_load(path, &file)) &&
		    done(bundle_open((struct span){file.data, file.len}, openers, b));

	bytes_free(&file);
	return good;
}

static bool load_by_passphrase(const char *path, struct bundle *b)
{
	struct secret passphrase = {0};
	struct bundle_openers openers = {.passphrase = &passphrase};
	bool good = done(passphrase_read(passphrase_path, &passphrase)) && load(path, &openers, b);

	secret_free(&passphrase);
	return good;
}

static const struct bundle_node *node_of(const struct bundle *b, const uint8_t *disk_id)
{
	for (size_t i = 0; i < b->node_count; i++)
		if (memcmp(b->nodes[i].disk.disk_id, disk_id, DISK_ID_LEN) == 0)
			return &b->nodes[i];
	return NULL;
}

static void check_node(
	const struct bundle *b, const uint8_t *disk_id, const struct outcome *granted)
{
	const struct bundle_node *n = node_of(b, disk_id);

	REQUIRE(n);
	CHECK_BYTES(n->disk_key.data, granted->disk_key, DISK_KEY_LEN);
	CHECK(n->disk.state == DISK_ACTIVE && n->disk.generation == 1);
	CHECK_BYTES(n->disk.header_mac, mac_1, HEADER_MAC_LEN);
	CHECK(strcmp(n->node.set_name, "demo") == 0 && n->node.last_join_s > 0);
}

/* Two nodes are in use; a third disk was granted, and never committed. */
static void test_nothing_to_export(void)
{
	serve("{\"first_use\":true}", "", false);
	CHECK(NODE("export", WITH_POLICY, "--out", out, "--passphrase-file", passphrase_path) == 1);
	CHECK(printed("no node is in use") == 1);
	CHECK(access(out, F_OK) != 0);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &granted_a) == 0);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &granted_b) == 0);
}

static void test_recovery(void)
{
	struct bundle b;
	struct stat st;

	CHECK(NODE("export", WITH_POLICY, "--out", out, "--passphrase-file", passphrase_path,
		      "--uses", "3") == 0);
	CHECK(printed("recovery of 2 nodes, 3 uses") == 1);
	CHECK(stat(out, &st) == 0 && (st.st_mode & 07777) == 0600);
	REQUIRE(load_by_passphrase(out, &b));
	CHECK(b.head.kind == BUNDLE_RECOVERY && b.head.uses == 3 && b.node_count == 2);
	check_node(&b, disk_1, &granted_a);
	check_node(&b, disk_2, &granted_b);
	CHECK(!b.kek.len && !b.service_key.len && !b.ca_key.len);
	bundle_free(&b);
	/* The same file is not made twice. */
	CHECK(NODE("export", WITH_POLICY, "--out", out, "--passphrase-file", passphrase_path) == 1);
	CHECK(printed("nothing is overwritten") == 1);
}

static void test_one_node(void)
{
	const char *one = path_of("one");
	struct bundle b;

	CHECK(NODE("export", WITH_POLICY, "--out", one, "--passphrase-file", passphrase_path,
		      "--node", DISK_2) == 0);
	CHECK(printed("recovery of 1 nodes, 1 uses") == 1);
	REQUIRE(load_by_passphrase(one, &b));
	CHECK(b.node_count == 1 && b.head.uses == 1);
	check_node(&b, disk_2, &granted_b);
	bundle_free(&b);
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("two"), "--passphrase-file",
		      passphrase_path, "--node", "d3000000") == 1);
	CHECK(printed("no node or disk is named d3000000") == 1);
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("two"), "--passphrase-file",
		      passphrase_path, "--node", "d1") == 1);
	CHECK(printed("at least 8 digits") == 1);
	CHECK(access(path_of("two"), F_OK) != 0);
}

static void test_shares(void)
{
	const char *split = path_of("split");
	struct share shares[2];
	struct bundle_openers openers = {.shares = shares, .share_count = 2};
	struct bundle b;

	CHECK(NODE("export", WITH_POLICY, "--out", split, "--shares", "2/3") == 0);
	CHECK(printed("of which 2 are needed") == 3);
	REQUIRE(done(share_load(path_of("split.share-3"), &shares[0])));
	REQUIRE(done(share_load(path_of("split.share-1"), &shares[1])));
	REQUIRE(load(split, &openers, &b));
	check_node(&b, disk_1, &granted_a);
	bundle_free(&b);
	openers.share_count = 1;
	CHECK(!load(split, &openers, &b));
	share_free(&shares[0]);
	share_free(&shares[1]);
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("x"), "--shares", "1/3") == 1);
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("x"), "--shares", "2/3x") == 1);
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("x"), "--shares", "2") == 1);
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("x")) == 1);
	CHECK(printed("a bundle needs a lock") == 1);
}

/* What a standby needs: the very files of the state folder. */
static void test_service(void)
{
	const char *whole = path_of("whole");
	struct secret kek = {0};
	struct bundle b;
	char path[192];

	CHECK(NODE("export", WITH_POLICY, "--out", whole, "--passphrase-file", passphrase_path,
		      "--service") == 0);
	REQUIRE(load_by_passphrase(whole, &b));
	CHECK(b.head.kind == BUNDLE_SERVICE && b.node_count == 2 && b.head.uses == 0);
	CHECK(node_of(&b, disk_1) && !node_of(&b, disk_1)->disk_key.len);
	snprintf(path, sizeof(path), "%s/kek", at.service.state);
	REQUIRE(done(private_file_read(path, 8192, &kek, NULL)));
	CHECK(b.kek.len == kek.len && memcmp(b.kek.data, kek.bytes, kek.len) == 0);
	CHECK(b.service_key.len == 121 && b.ca_key.len == 121);
	CHECK(b.ca_certificate.len > 27 && memcmp(b.ca_certificate.data, "-----BEGIN", 10) == 0);
	secret_free(&kek);
	bundle_free(&b);
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("x"), "--passphrase-file",
		      passphrase_path, "--service", "--uses", "2") == 1);
}

static void test_other_keks(void)
{
	static const char text[] =
		"protostar-kek 1\n1 "
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		"\n";
	const char *kek = path_of("other-kek");

	REQUIRE(done(private_file_create(kek, (const uint8_t *)text, sizeof(text) - 1)));
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("x"), "--passphrase-file",
		      passphrase_path, "--kek-file", kek) == 1);
	CHECK(printed("not the one that the store's disks") == 1);
}

/* The KEKs, encrypted, are opened for the bundle, which has a lock of its own. */
static void test_encrypted_keks(void)
{
	const char *kek = path_of("encrypted"), *sealed = path_of("of-encrypted");
	struct secret plain = {0};
	struct bundle b;
	char path[192];

	snprintf(path, sizeof(path), "%s/kek", at.service.state);
	REQUIRE(done(kek_file_copy(path, NULL, kek, passphrase_path)));
	CHECK(NODE("export", WITH_POLICY, "--out", sealed, "--passphrase-file", passphrase_path,
		      "--service", "--kek-file", kek) == 1);
	CHECK(NODE("export", WITH_POLICY, "--out", sealed, "--passphrase-file", passphrase_path,
		      "--service", "--kek-file", kek, "--kek-passphrase-file",
		      passphrase_path) == 0);
	REQUIRE(load_by_passphrase(sealed, &b));
	REQUIRE(done(private_file_read(path, 8192, &plain, NULL)));
	CHECK(b.kek.len == plain.len && memcmp(b.kek.data, plain.bytes, plain.len) == 0);
	secret_free(&plain);
	bundle_free(&b);
}

/* A disk that is about to get its next key can have either header: the bundle opens both. */
static void test_begun_rotation(void)
{
	const char *rotated = path_of("rotated");
	struct disk_key_name name = {"default", disk_1, 2, NULL};
	struct kek_engine *keks = NULL;
	uint8_t key[DISK_KEY_LEN];
	const struct bundle_node *n;
	struct store *s = NULL;
	struct store_disk disk;
	struct bundle b;
	char path[192];

	CHECK(NODE("rotate", "--kek") == 0);
	REQUIRE(load_by_passphrase(out, &b) && node_of(&b, disk_1));
	disk = node_of(&b, disk_1)->disk;
	bundle_free(&b);
	disk.next_version = 2;
	memset(disk.next_header_mac, 0x77, HEADER_MAC_LEN);
	snprintf(path, sizeof(path), "%s/store.sqlite", at.service.state);
	REQUIRE(done(store_open(path, STORE_CHANGE, &s)));
	CHECK(done(store_begin(s)) && done(store_put_disk(s, &disk)) && done(store_commit(s)));
	store_close(s);
	CHECK(NODE("export", WITH_POLICY, "--out", rotated, "--passphrase-file", passphrase_path,
		      "--node", DISK_1) == 0);
	REQUIRE(load_by_passphrase(rotated, &b) && node_of(&b, disk_1));
	n = node_of(&b, disk_1);
	CHECK_BYTES(n->disk_key.data, granted_a.disk_key, DISK_KEY_LEN);
	CHECK(n->disk.next_version == 2 && n->disk.next_header_mac[0] == 0x77);
	snprintf(path, sizeof(path), "%s/kek", at.service.state);
	REQUIRE(done(kek_engine_open(path, NULL, false, &keks)));
	name.salt = n->disk.salt;
	CHECK(disk_key_derive(keks, &name, key) == KEK_DONE);
	CHECK(n->next_key.len == DISK_KEY_LEN && equal_ct(n->next_key.data, key, DISK_KEY_LEN));
	CHECK(!equal_ct(key, granted_a.disk_key, DISK_KEY_LEN));
	kek_engine_close(keks);
	bundle_free(&b);
}

/* What an operator revoked is left out as what policy revokes is, and goes with the rest. */
static void test_revoked_by_an_operator(void)
{
	const char *rest = path_of("without-b");
	struct bundle b;

	CHECK(NODE("revoke", "disk", DISK_2) == 0);
	CHECK(NODE("export", WITH_POLICY, "--out", rest, "--passphrase-file", passphrase_path) ==
		0);
	CHECK(printed("1 nodes are left out") == 1);
	REQUIRE(load_by_passphrase(rest, &b));
	CHECK(b.node_count == 1 && node_of(&b, disk_1) && b.revocation_count == 1);
	bundle_free(&b);
	CHECK(NODE("unrevoke", "disk", DISK_2) == 0);
}

/* A policy that revokes a node, and one that names a file where no bundle can carry it. */
static void test_policies(void)
{
	struct bundle b;

	setting_reload(1, ",\"revoked\":{\"disks\":[\"" DISK_1 "\"]}");
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("rest"), "--passphrase-file",
		      passphrase_path) == 0);
	CHECK(printed("1 nodes are left out") == 1);
	REQUIRE(load_by_passphrase(path_of("rest"), &b));
	CHECK(b.node_count == 1 && node_of(&b, disk_2));
	bundle_free(&b);
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("x"), "--passphrase-file",
		      passphrase_path, "--node", DISK_1) == 1);
	CHECK(printed("is revoked") == 1);
	REQUIRE(done(private_file_create(path_of("token"), (const uint8_t *)"token", 5)));
	{
		char extra[256];

		snprintf(extra, sizeof(extra), ",\"join_material_file\":\"%s\"", path_of("token"));
		setting_reload(1, extra);
	}
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("x"), "--passphrase-file",
		      passphrase_path) == 1);
	CHECK(printed("relative to its own folder") == 1);
	setting_reload(1, ",\"join_material_file\":\"token\"");
	CHECK(NODE("export", WITH_POLICY, "--out", path_of("with-file"), "--passphrase-file",
		      passphrase_path) == 0);
	REQUIRE(load_by_passphrase(path_of("with-file"), &b));
	CHECK(b.file_count == 1 && b.files[0].bytes.len == 5);
	CHECK(memcmp(b.files[0].name.data, "token", 5) == 0);
	bundle_free(&b);
}

static void count_bundle(void *context, const struct store_bundle *b, uint64_t nodes)
{
	unsigned *counts = context;

	counts[b->service ? 1 : 0]++;
	counts[2] += (unsigned)nodes;
	CHECK(b->used == 0 && (b->uses > 0) == !b->service);
}

/* Each export that wrote a file stands in the audit record, and in the store. */
static void test_recorded(void)
{
	unsigned counts[3] = {0};
	struct store *s = NULL;
	char path[192];

	CHECK(setting_try(&at.b, disk_2) == 0);
	CHECK(service_count(&at.service, "audit.jsonl", "\"export\"") == 6);
	snprintf(path, sizeof(path), "%s/store.sqlite", at.service.state);
	REQUIRE(done(store_open(path, STORE_READ, &s)));
	CHECK(done(store_each_bundle(s, count_bundle, counts)));
	CHECK(counts[0] == 5 && counts[1] == 1 && counts[2] == 2 + 1 + 2 + 2 + 1 + 2);
	store_close(s);
	CHECK(NODE("bundles", NULL) == 0 && printed("recovery") == 5 && printed("service") == 1);
	CHECK(NODE("bundles", "--json") == 0 && printed("\"kind\":\"recovery\"") == 5);
	CHECK(printed("\"nodes\":2,\"uses\":3,\"used\":0") == 1);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	identity_open();
	snprintf(out, sizeof(out), "%s/bundle", at.folder);
	snprintf(passphrase_path, sizeof(passphrase_path), "%s/passphrase", at.folder);
	CHECK(done(private_file_create(
		passphrase_path, (const uint8_t *)PASSPHRASE, sizeof(PASSPHRASE) - 1)));
	RUN(test_nothing_to_export);
	RUN(test_recovery);
	RUN(test_one_node);
	RUN(test_shares);
	RUN(test_service);
	RUN(test_other_keks);
	RUN(test_policies);
	RUN(test_recorded);
	RUN(test_encrypted_keks);
	RUN(test_begun_rotation);
	RUN(test_revoked_by_an_operator);
	identity_close();
	setting_close();
	return test_summary();
}
