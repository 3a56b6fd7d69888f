/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store and the rules of binding, through the life of nodes and disks. */
#include "early/contract/errors.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/join/binding.h"
#include "tools/serve/store/store_revocations.h"

static struct store *store;

static const uint8_t ek_a[TPM_NAME_LEN] = {0, 0x0b, 0xa}, ek_b[TPM_NAME_LEN] = {0, 0x0b, 0xb};
static const uint8_t ak_a[TPM_NAME_LEN] = {0, 0x0b, 1}, ak_b[TPM_NAME_LEN] = {0, 0x0b, 2};
static const uint8_t disk_a[DISK_ID_LEN] = {1}, disk_b[DISK_ID_LEN] = {2};
static const uint8_t salt_1[DISK_SALT_LEN] = {0x51}, salt_2[DISK_SALT_LEN] = {0x52};

static struct binding_request request(const uint8_t *ek, const uint8_t *ak, const uint8_t *disk)
{
	return (struct binding_request){.node_id = ek,
		.ek_id = ek,
		.ak_name = ak,
		.disk_id = disk,
		.contents = DISK_BLANK,
		.salt = salt_1,
		.firmware = {.bank = DIGEST_SHA256,
			.pcr = {{0xf0}, {0xf1}, {0xf2}, {0xf3}, {0xf7}}},
		.epoch = 1,
		.set_name = "set",
		.role = "worker",
		.max_nodes = UINT64_MAX,
		.key_version = 1,
		.now_s = 1000};
}

static struct store_view view_of(const struct binding_request *r)
{
	struct store_view v = {0};
	struct store_key key = binding_key(r);

	CHECK(done(store_view(store, &key, &v)));
	return v;
}

static bool save(const struct binding_grant *g)
{
	if (!done(store_begin(store)))
		return false;
	if (done(store_put_node(store, &g->node)) && done(store_put_disk(store, &g->disk)))
		return done(store_commit(store));
	store_rollback(store);
	return false;
}

/* Grants and stores, as the service does after evidence was found good. */
static struct binding_grant grant(const struct binding_request *r)
{
	struct store_view v = view_of(r);
	struct binding_grant g = {0};

	CHECK(binding_check(&v, r).code == 0);
	binding_grant(&v, r, &g);
	CHECK(save(&g));
	return g;
}

static uint16_t commit(
	const struct binding_request *r, const struct binding_grant *g, const struct msg_commit *c)
{
	struct store_view v = view_of(r);
	struct binding_grant out;
	uint16_t code = binding_commit(&v, g, c, r, &out).code;

	if (!code)
		CHECK(save(&out));
	return code;
}

static const struct msg_commit formatted = {
	.action = ACTION_FORMAT, .generation = 1, .key_version = 1, .header_mac = {0x77}};
static const struct msg_commit opened = {
	.action = ACTION_OPEN, .generation = 2, .key_version = 1, .header_mac = {0x78}};

/* A record's members one by one: what differs is written, whichever it is. */
static void test_each_member_is_written(void)
{
	struct binding_request r = request(ek_b, ak_b, disk_b);
	struct binding_grant g = grant(&r);
	struct store_view v;

#define WRITTEN(what, is)        \
	do {                     \
		what;            \
		CHECK(save(&g)); \
		v = view_of(&r); \
		CHECK(is);       \
		CHECK(save(&g)); \
	} while (0)
	WRITTEN(g.node.last_join_s = 77, v.node.last_join_s == 77);
	WRITTEN(g.node.epoch = 3, v.node.epoch == 3);
	WRITTEN(g.node.accept_firmware = true, v.node.accept_firmware);
	WRITTEN(g.node.firmware.bank = DIGEST_SHA384, v.node.firmware.bank == DIGEST_SHA384);
	WRITTEN(g.node.firmware.pcr[4][0] = 9, v.node.firmware.pcr[4][0] == 9);
	WRITTEN(g.node.set_name[0] = 'x', !strcmp(v.node.set_name, "xet"));
	WRITTEN(g.node.role[0] = 'x', !strcmp(v.node.role, "xorker"));
	WRITTEN(g.node.subject[0] = 'x', !strcmp(v.node.subject, "x"));
	WRITTEN(g.node.ak_name[33] ^= 1, v.node.ak_name[33] == g.node.ak_name[33]);
	WRITTEN(g.disk.attempt = 8, v.disk.attempt == 8);
	WRITTEN(g.disk.key_version = 4, v.disk.key_version == 4);
	WRITTEN(g.disk.header_mac[31] = 5, v.disk.header_mac[31] == 5);
	WRITTEN(g.disk.generation = 6, v.disk.generation == 6);
	WRITTEN(g.disk.may_overwrite = false, !v.disk.may_overwrite);
	WRITTEN(g.disk.state = DISK_ACTIVE, v.disk.state == DISK_ACTIVE);
#undef WRITTEN
	/* And what must not change does not. */
	g.disk.salt[0] ^= 1;
	CHECK(!save(&g));
	g.disk.salt[0] ^= 1;
	g.disk.generation = 5;
	CHECK(!save(&g));
	g.disk.generation = 6;
	g.disk.state = DISK_FORMATTING;
	CHECK(!save(&g));
	g.disk.state = DISK_ACTIVE;
	g.node.disk_id[0] ^= 1;
	CHECK(!save(&g));
	CHECK(done(store_begin(store)) && done(store_remove(store, &g.disk)));
	CHECK(done(store_commit(store)));
}

static void test_first_join_to_rejoin(void)
{
	struct binding_request r = request(ek_a, ak_a, disk_a);
	struct store_view v = view_of(&r);
	struct binding_grant first, again, open;
	struct msg_commit bad = formatted;

	CHECK(!v.has_node && !v.has_disk && v.node_count == 0);
	CHECK(binding_needs_activation(&v, &r));
	first = grant(&r);
	CHECK(first.action == ACTION_FORMAT && first.disk.generation == 0);
	v = view_of(&r);
	CHECK(v.has_node && v.has_disk && v.node.epoch == 0);
	CHECK(!binding_needs_activation(&v, &r));
	CHECK(v.disk.may_overwrite);
	CHECK_BYTES(v.disk.salt, salt_1, DISK_SALT_LEN);
	/* Power was cut: the next grant formats again, and the commit of the first is void. */
	r.salt = salt_2;
	again = grant(&r);
	CHECK(again.action == ACTION_FORMAT && again.disk.attempt == 2);
	CHECK_BYTES(again.disk.salt, salt_1, DISK_SALT_LEN); /* one key for as long as it lasts */
	CHECK(commit(&r, &first, &formatted) == E_DENY_STATE);
	/* It was cut later: now something is on the disk. */
	r.contents = DISK_NOT_BLANK;
	again = grant(&r);
	CHECK(again.action == ACTION_OVERWRITE && again.disk.attempt == 3);
	CHECK(commit(&r, &again, &formatted) == E_DENY_STATE); /* the action is another */
	r.contents = DISK_BLANK;
	again = grant(&r);
	bad.generation = 2;
	CHECK(commit(&r, &again, &bad) == E_DENY_STATE);
	bad = formatted;
	bad.action = ACTION_OPEN;
	CHECK(commit(&r, &again, &bad) == E_DENY_STATE);
	memset(bad.header_mac, 0, sizeof(bad.header_mac));
	bad.action = ACTION_FORMAT;
	CHECK(commit(&r, &again, &bad) == E_DENY_STATE);
	CHECK(commit(&r, &again, &formatted) == 0);
	CHECK(commit(&r, &again, &formatted) == E_DENY_STATE); /* once only */
	r.contents = DISK_NOT_BLANK;
	open = grant(&r);
	again = grant(&r);
	CHECK(open.action == ACTION_OPEN && open.disk.generation == 1);
	CHECK_BYTES(open.disk.header_mac, formatted.header_mac, HEADER_MAC_LEN);
	bad = opened;
	memset(bad.header_mac, 0, sizeof(bad.header_mac));
	CHECK(commit(&r, &open, &bad) == E_DENY_STATE);
	bad = opened;
	bad.generation = 1;
	CHECK(commit(&r, &open, &bad) == E_DENY_STATE);
	CHECK(commit(&r, &open, &opened) == 0);
	CHECK(commit(&r, &open, &opened) == E_DENY_STATE);
	/* Two boots had a grant, and one of them has the disk. */
	CHECK(commit(&r, &again, &opened) == E_DENY_STATE);
	v = view_of(&r);
	CHECK(v.node.epoch == 1 && v.node.last_join_s == 1000 && v.disk.state == DISK_ACTIVE);
	CHECK(v.disk.generation == 2 && !v.disk.may_overwrite);
	CHECK_BYTES(v.disk.header_mac, opened.header_mac, HEADER_MAC_LEN);
}

static void test_partners_never_change(void)
{
	struct binding_request other_ek = request(ek_b, ak_b, disk_a);
	struct binding_request other_disk = request(ek_a, ak_a, disk_b);
	struct binding_request r = request(ek_a, ak_a, disk_a);
	struct store_view v = view_of(&other_ek);
	struct binding_grant g = {0};

	CHECK(binding_check(&v, &other_ek).code == E_DENY_NODE_DISK);
	v = view_of(&other_disk);
	CHECK(binding_check(&v, &other_disk).code == E_DENY_NODE_DISK);
	/* And the store itself refuses what the rules would never ask for. */
	v = view_of(&r);
	g.node = v.node;
	g.disk = v.disk;
	memcpy(g.node.disk_id, disk_b, DISK_ID_LEN);
	CHECK(!save(&g));
	g.node = v.node;
	memcpy(g.disk.node_id, ek_b, TPM_NAME_LEN);
	CHECK(!save(&g));
	g.disk = v.disk;
	g.disk.state = DISK_FORMATTING;
	CHECK(!save(&g));
	g.disk = v.disk;
	g.disk.generation = 0;
	CHECK(!save(&g));
	g.disk = v.disk;
	g.disk.salt[0] ^= 1;
	CHECK(!save(&g));
	g.disk = v.disk;
	g.disk.may_overwrite = true;
	CHECK(!save(&g));
	v = view_of(&r);
	CHECK(v.has_node && v.disk.state == DISK_ACTIVE && v.disk.generation == 2);
}

static void test_new_ak(void)
{
	struct binding_request r = request(ek_a, ak_b, disk_a), other;
	struct store_view v = view_of(&r);

	CHECK(binding_check(&v, &r).code == 0);
	CHECK(binding_needs_activation(&v, &r));
	r.pin_ak = true;
	CHECK(binding_check(&v, &r).code == E_DENY_NODE_AK);
	r.pin_ak = false;
	CHECK(grant(&r).action == ACTION_OPEN);
	v = view_of(&r);
	CHECK_BYTES(v.node.ak_name, ak_b, TPM_NAME_LEN);
	CHECK(!binding_needs_activation(&v, &r));
	/* One attestation key is of one node. */
	other = request(ek_b, ak_b, disk_b);
	v = view_of(&other);
	CHECK(v.ak_elsewhere && binding_check(&v, &other).code == E_DENY_NODE_AK);
	other.ak_name = ak_a;
	v = view_of(&other);
	CHECK(!v.ak_elsewhere && binding_check(&v, &other).code == 0);
}

/* What firmware measured at the last commit is what it measures now, or somebody said otherwise. */
static void test_firmware(void)
{
	struct binding_request r = request(ek_a, ak_b, disk_a);
	struct store_view v = view_of(&r);
	struct msg_commit c = opened;
	struct binding_grant g;

	r.epoch = 9;
	CHECK(v.node.firmware.bank == DIGEST_SHA256 && v.node.firmware.pcr[4][0] == 0xf7);
	for (unsigned i = 0; i < STORE_FIRMWARE_COUNT; i++) {
		static const unsigned pcrs[] = {0, 1, 2, 3, 7};

		CHECK(binding_firmware_index(pcrs[i]) == i);
		r.firmware.pcr[i][31] ^= 1;
		CHECK(binding_check(&v, &r).code == E_DENY_FIRMWARE);
		CHECK(binding_check(&v, &r).firmware.changed == 1u << pcrs[i]);
		r.firmware_decided = 1u << pcrs[i];
		CHECK(binding_check(&v, &r).code == 0);
		r.firmware_decided = ~r.firmware_decided;
		CHECK(binding_check(&v, &r).code == E_DENY_FIRMWARE);
		r.firmware_decided = 0;
		r.firmware.pcr[i][31] ^= 1;
	}
	r.firmware.pcr[0][0] = 0x99;
	v.node.accept_firmware = true;
	g = (struct binding_grant){.node = v.node, .disk = v.disk};
	CHECK(save(&g));
	g = grant(&r);
	v = view_of(&r);
	CHECK(v.node.accept_firmware && v.node.firmware.pcr[0][0] == 0xf0); /* until it commits */
	c.generation = g.disk.generation + 1;
	CHECK(commit(&r, &g, &c) == 0);
	v = view_of(&r);
	CHECK(!v.node.accept_firmware && v.node.firmware.pcr[0][0] == 0x99);
	r.firmware.pcr[0][0] = 0xf0;
	CHECK(binding_check(&v, &r).code == E_DENY_FIRMWARE);
	r.firmware.bank = DIGEST_SHA384; /* values of another bank: policy has gone over to it */
	CHECK(binding_check(&v, &r).code == 0);
}

/* A disk that is not blank is formatted only when its own record, or the operator, says so. */
static void test_not_blank(void)
{
	struct binding_request r = request(ek_b, ak_a, disk_b);
	struct store_view v;
	struct binding_grant g;

	r.contents = DISK_NOT_BLANK;
	v = view_of(&r);
	CHECK(binding_check(&v, &r).code == E_DENY_NOT_BLANK);
	REQUIRE(done(store_begin(store)));
	CHECK(done(store_allow_format(store, disk_b, true)) && done(store_commit(store)));
	v = view_of(&r);
	CHECK(v.format_allowed && binding_check(&v, &r).code == 0);
	binding_grant(&v, &r, &g);
	CHECK(g.action == ACTION_OVERWRITE && g.uses_allowance && g.disk.may_overwrite);
	REQUIRE(done(store_begin(store)));
	CHECK(done(store_allow_format(store, disk_b, false)) && done(store_commit(store)));
	v = view_of(&r);
	CHECK(!v.format_allowed && binding_check(&v, &r).code == E_DENY_NOT_BLANK);
	/* A record that was brought back from a backup may be of a disk in use. */
	g.disk.may_overwrite = false;
	CHECK(save(&g));
	v = view_of(&r);
	CHECK(binding_check(&v, &r).code == E_DENY_NOT_BLANK);
	r.contents = DISK_BLANK;
	CHECK(binding_check(&v, &r).code == 0);
	REQUIRE(done(store_begin(store)));
	CHECK(done(store_remove(store, &g.disk)) && done(store_commit(store)));
	v = view_of(&r);
	CHECK(!v.has_node && !v.has_disk && v.node_count == 1);
}

/* A grant does not outlive its record: the next one of the same disk has another key. */
static void test_forgotten_while_granted(void)
{
	struct binding_request r = request(ek_b, ak_a, disk_b), other = request(ek_b, ak_a, disk_a);
	struct binding_grant old = grant(&r), now;
	struct store_view v;

	REQUIRE(done(store_begin(store)));
	CHECK(done(store_remove(store, &old.disk)) && done(store_commit(store)));
	CHECK(commit(&r, &old, &formatted) == E_DENY_STATE);
	r.salt = salt_2;
	now = grant(&r);
	CHECK(now.disk.attempt == old.disk.attempt && now.disk.generation == old.disk.generation);
	CHECK(commit(&r, &old, &formatted) == E_DENY_STATE);
	/* Nor does it reach a disk that is another node's by now. */
	v = view_of(&other);
	CHECK(v.has_node && v.has_disk);
	old.disk = v.disk;
	old.action = ACTION_OPEN;
	CHECK(commit(&other, &old,
		      &(struct msg_commit){.action = ACTION_OPEN,
			      .generation = v.disk.generation + 1,
			      .key_version = 1,
			      .header_mac = {0x79}}) == E_DENY_STATE);
	CHECK(commit(&r, &now, &formatted) == 0);
	REQUIRE(done(store_begin(store)));
	CHECK(done(store_remove(store, &now.disk)) && done(store_commit(store)));
}

/* A copy is of one moment, and nothing in it lets a disk be written over. */
static void test_copy(void)
{
	struct binding_request r = request(ek_b, ak_a, disk_b);
	struct store *copy = NULL;
	struct store_view v;
	struct store_key key = binding_key(&r);
	struct binding_grant g = grant(&r);

	REQUIRE(done(store_begin(store)));
	CHECK(done(store_allow_format(store, salt_1, true)) && done(store_commit(store)));
	REQUIRE(done(store_copy(store, scratch_path("copy"))));
	REQUIRE(done(store_open(scratch_path("copy"), STORE_CHANGE, &copy)));
	CHECK(done(store_view(copy, &key, &v)));
	CHECK(v.has_disk && v.disk.state == DISK_FORMATTING && !v.disk.may_overwrite);
	key.disk_id = salt_1;
	CHECK(done(store_view(copy, &key, &v)) && !v.format_allowed);
	store_close(copy);
	v = view_of(&r);
	CHECK(v.disk.may_overwrite);
	REQUIRE(done(store_begin(store)));
	CHECK(done(store_remove(store, &g.disk)) && done(store_commit(store)));
}

static void test_marks(void)
{
	struct audit_position p = {7, "", 4711}, got;
	struct store_change change = {.what = "forget", .detail = "node 1", .time_s = 5, .uid = 6},
			    next;
	uint8_t check[KEK_CHECK_LEN] = {9}, read[KEK_CHECK_LEN];
	uint32_t version;
	bool there;

	CHECK(done(store_get_position(store, &got)) && got.seq == 0 && got.end == 0);
	CHECK(!done(store_put_position(store, &p))); /* a hash has its length */
	memset(p.hash, 'a', 64);
	CHECK(done(store_put_position(store, &p)) && done(store_get_position(store, &got)));
	CHECK(got.seq == p.seq && got.end == p.end && strcmp(got.hash, p.hash) == 0);
	CHECK(done(store_next_change(store, &next, &there)) && !there);
	CHECK(done(store_put_change(store, &change)));
	change.uid = 7;
	CHECK(done(store_put_change(store, &change)));
	CHECK(done(store_next_change(store, &next, &there)) && there && next.uid == 6);
	CHECK(strcmp(next.what, "forget") == 0 && strcmp(next.detail, "node 1") == 0);
	CHECK(done(store_drop_change(store, next.number)));
	CHECK(done(store_next_change(store, &next, &there)) && there && next.uid == 7);
	CHECK(done(store_drop_change(store, next.number)));
	CHECK(done(store_get_kek_check(store, 3, read, &there)) && !there);
	CHECK(done(store_put_kek_check(store, 3, check)));
	CHECK(!done(store_put_kek_check(store, 3, check))); /* once and for all */
	CHECK(done(store_get_kek_check(store, 3, read, &there)) && there && read[0] == 9);
	CHECK(done(store_next_kek(store, 0, &version)) && version == 3);
	CHECK(done(store_next_kek(store, 3, &version)) && version == 0);
}

static void test_epoch(void)
{
	struct binding_request r = request(ek_a, ak_b, disk_a);
	struct store_view v = view_of(&r);
	struct msg_commit c = opened;
	struct binding_grant g;

	CHECK(binding_check_epoch(&v, 1).code == 0);
	r.epoch = 5;
	g = grant(&r);
	v = view_of(&r);
	CHECK(binding_check_epoch(&v, 4).code ==
		0); /* a grant alone does not bar the older image */
	c.generation = g.disk.generation + 1;
	CHECK(commit(&r, &g, &c) == 0);
	v = view_of(&r);
	CHECK(binding_check_epoch(&v, 4).code == E_DENY_EPOCH);
	CHECK(binding_check_epoch(&v, 5).code == 0 && binding_check_epoch(&v, 6).code == 0);
	/* An older image that was granted before, and commits behind the newer one. */
	g = grant(&r);
	c.generation = g.disk.generation + 1;
	r.epoch = 4;
	CHECK(commit(&r, &g, &c) == E_DENY_STATE);
}

static void test_limit(void)
{
	struct binding_request r = request(ek_b, ak_a, disk_b);
	struct store_view v = view_of(&r);

	r.max_nodes = 1;
	CHECK(binding_check(&v, &r).code == E_DENY_LIMIT);
	r.max_nodes = 2;
	CHECK(binding_check(&v, &r).code == 0);
	r = request(ek_a, ak_b, disk_a);
	r.max_nodes = 0;
	v = view_of(&r);
	CHECK(binding_check(&v, &r).code == 0); /* a known node is not a further one */
}

static void count_one(void *context, const struct store_node *node, const struct store_disk *disk)
{
	*(unsigned *)context += memcmp(node->disk_id, disk->disk_id, DISK_ID_LEN) == 0;
}

static void test_survives_and_is_read_only(void)
{
	struct binding_request r = request(ek_a, ak_b, disk_a);
	struct store_view before = view_of(&r), after;
	struct store_node changed = before.node;
	struct store *reader = NULL;
	unsigned nodes = 0;

	REQUIRE(done(store_open(scratch_path("store"), STORE_READ, &reader)));
	CHECK(done(store_each(reader, count_one, &nodes)));
	CHECK(nodes == 1);
	changed.epoch++;
	CHECK(!done(store_put_node(reader, &changed)));
	store_close(reader);
	store_close(store);
	store = NULL;
	REQUIRE(done(store_open(scratch_path("store"), STORE_CHANGE, &store)));
	after = view_of(&r);
	CHECK(memcmp(&before.node, &after.node, sizeof(after.node)) == 0);
	CHECK(after.disk.generation == before.disk.generation);
}

static void test_rollback_leaves_nothing(void)
{
	struct binding_request r = request(ek_b, ak_a, disk_b);
	struct store_view v = view_of(&r);
	struct binding_grant g;

	binding_grant(&v, &r, &g);
	REQUIRE(done(store_begin(store)));
	CHECK(done(store_put_node(store, &g.node)));
	store_rollback(store);
	v = view_of(&r);
	CHECK(!v.has_node && v.node_count == 1);
}

static void test_strange_files(void)
{
	struct store *other = NULL;
	struct stat st;

	/* An empty file is a store that was lost, unless one is being made. */
	scratch_write(scratch_path("empty"), "", 0, 0600);
	CHECK(!done(store_open(scratch_path("empty"), STORE_CHANGE, &other)));
	CHECK(strstr(last_failure.text, "was lost") != NULL);
	CHECK(stat(scratch_path("empty"), &st) == 0 && st.st_size == 0);
	CHECK(!done(store_open(scratch_path("absent"), STORE_CHANGE, &other)));
	CHECK(access(scratch_path("absent"), F_OK) != 0);
	REQUIRE(done(store_open(scratch_path("empty"), STORE_CREATE, &other)));
	store_close(other);
	REQUIRE(done(store_open(scratch_path("empty"), STORE_CHANGE, &other)));
	store_close(other);
	other = NULL;
	scratch_write(scratch_path("text"), "this is no database, surely not one", 35, 0600);
	CHECK(!done(store_open(scratch_path("text"), STORE_CREATE, &other)));
	CHECK(!done(store_open(scratch_path("absent"), STORE_READ, &other)));
	CHECK(!done(store_open(scratch, STORE_CREATE, &other)));
}

static bool is_revoked(struct store_revocation r)
{
	bool revoked = false;

	CHECK(done(store_is_revoked(store, &r, &revoked)));
	return revoked;
}

static struct store_revocation named(enum revocation_kind kind, const char *name)
{
	return revocation_of(kind, (struct span){(const uint8_t *)name, strlen(name)});
}

static void count_revocation(void *context, const struct store_revocation *r)
{
	unsigned *count = context;

	CHECK(r->kind == REVOKED_SET || r->kind == REVOKED_EPOCH);
	CHECK(r->time_s == (r->kind == REVOKED_SET ? 5 : 0));
	(*count)++;
}

static void test_revocations(void)
{
	struct store_revocation set = named(REVOKED_SET, "demo"), epoch = revocation_of_epoch(300);
	unsigned count = 0;
	bool changed;

	set.time_s = 5;
	CHECK(!is_revoked(set) && !is_revoked(epoch));
	CHECK(done(store_revoke(store, &set, &changed)) && changed);
	CHECK(done(store_revoke(store, &set, &changed)) && !changed);
	CHECK(is_revoked(set) && !is_revoked(named(REVOKED_SET, "dem")));
	CHECK(!is_revoked(named(REVOKED_SET, "demos")) && !is_revoked(named(REVOKED_EK, "demo")));
	/* All below it, by number and not by its bytes' first. */
	CHECK(done(store_revoke(store, &epoch, &changed)) && changed);
	CHECK(is_revoked(revocation_of_epoch(0)) && is_revoked(revocation_of_epoch(299)));
	CHECK(is_revoked(revocation_of_epoch(255)) && !is_revoked(revocation_of_epoch(300)));
	CHECK(!is_revoked(revocation_of_epoch(301)) &&
		!is_revoked(revocation_of_epoch(UINT32_MAX)));
	CHECK(done(store_each_revocation(store, count_revocation, &count)) && count == 2);
	CHECK(done(store_unrevoke(store, &epoch, &changed)) && changed);
	CHECK(done(store_unrevoke(store, &epoch, &changed)) && !changed);
	CHECK(!is_revoked(revocation_of_epoch(0)) && is_revoked(set));
	CHECK(done(store_unrevoke(store, &set, &changed)) && changed && !is_revoked(set));
	/* The file itself takes no other kinds, and nothing that is empty. */
	set.kind = REVOCATION_KINDS + 1;
	CHECK(!done(store_revoke(store, &set, &changed)));
	set = named(REVOKED_SET, "");
	CHECK(!done(store_revoke(store, &set, &changed)));
}

int main(void)
{
	scratch_open();
	if (!done(store_open(scratch_path("store"), STORE_CREATE, &store))) {
		fprintf(stderr, "%s\n", last_failure.text);
		return 1;
	}
	RUN(test_first_join_to_rejoin);
	RUN(test_each_member_is_written);
	RUN(test_partners_never_change);
	RUN(test_new_ak);
	RUN(test_epoch);
	RUN(test_limit);
	RUN(test_not_blank);
	RUN(test_forgotten_while_granted);
	RUN(test_copy);
	RUN(test_marks);
	RUN(test_revocations);
	RUN(test_firmware);
	RUN(test_survives_and_is_read_only);
	RUN(test_rollback_leaves_nothing);
	RUN(test_strange_files);
	store_close(store);
	scratch_close();
	return test_summary();
}
