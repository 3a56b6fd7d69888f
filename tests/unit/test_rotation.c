/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing disks to another KEK: the rules, field by field, and what the store's file refuses. */
#include "early/contract/errors.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/join/binding.h"
#include "tools/serve/store/store_keks.h"

static const uint8_t node_id[TPM_NAME_LEN] = {0, 0x0b, 0xa}, disk_id[DISK_ID_LEN] = {1};
static const uint8_t salt[DISK_SALT_LEN] = {0x51};
static struct store *store;

static struct binding_request request(uint32_t current)
{
	return (struct binding_request){.node_id = node_id,
		.disk_id = disk_id,
		.contents = DISK_NOT_BLANK,
		.salt = salt,
		.epoch = 1,
		.set_name = "set",
		.role = "worker",
		.max_nodes = UINT64_MAX,
		.key_version = current,
		.now_s = 1000};
}

/* An active disk with this version, and with the change to `next` begun when that is not 0. */
static struct store_view view(uint32_t version, uint32_t next)
{
	struct store_view v = {.has_node = true, .has_disk = true};

	memcpy(v.node.node_id, node_id, TPM_NAME_LEN);
	memcpy(v.node.disk_id, disk_id, DISK_ID_LEN);
	memcpy(v.disk.node_id, node_id, TPM_NAME_LEN);
	memcpy(v.disk.disk_id, disk_id, DISK_ID_LEN);
	memcpy(v.disk.salt, salt, DISK_SALT_LEN);
	v.node.first_join_s = 1;
	v.node.epoch = 1;
	v.disk.state = DISK_ACTIVE;
	v.disk.generation = 7;
	v.disk.key_version = version;
	v.disk.header_mac[0] = 0x77;
	v.disk.next_version = next;
	v.disk.next_header_mac[0] = next ? 0x78 : 0;
	return v;
}

static struct binding_grant granted(const struct store_view *v, uint32_t current)
{
	struct binding_request r = request(current);
	struct binding_grant g;

	CHECK(!denied(binding_check(v, &r)));
	binding_grant(v, &r, &g);
	return g;
}

/* What a grant offers; the record is not changed by it. */
static void test_grants(void)
{
	static const struct {
		uint32_t version, pending, current, next;
	} rows[] = {
		{1, 0, 1, 0},
		{1, 0, 2, 2},
		{1, 0, 9, 9},
		{2, 0, 1, 0}, /* never back, whatever is current */
		{1, 2, 2, 2},
		{1, 2, 3, 2}, /* a change that was begun goes on to its own version */
		{1, 3, 2, 3},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_view v = view(rows[i].version, rows[i].pending);
		struct binding_grant g = granted(&v, rows[i].current);

		CHECK(g.action == ACTION_OPEN && g.next_version == rows[i].next);
		CHECK(g.disk.key_version == v.disk.key_version && g.disk.generation == 7);
		CHECK(g.disk.next_version == v.disk.next_version);
		CHECK_BYTES(g.disk.next_header_mac, v.disk.next_header_mac, HEADER_MAC_LEN);
	}
}

/* A disk that is formatted gets the current version at once, and nothing next. */
static void test_format_has_no_next(void)
{
	struct store_view v = view(1, 0);
	struct binding_grant g;

	v.disk.state = DISK_FORMATTING;
	v.disk.may_overwrite = true;
	v.disk.generation = 0;
	g = granted(&v, 3);
	CHECK(g.action == ACTION_OVERWRITE && g.next_version == 0 && g.disk.key_version == 3);
}

struct commit_row {
	uint32_t version, pending, current; /* of the record, and of the service at the grant */
	uint32_t key_version, next;	    /* of the COMMIT */
	bool mac, next_mac;		    /* that they are not zero */
	bool good;
};

static const struct commit_row commits[] = {
	/* Nothing to change. */
	{1, 0, 1, 1, 0, true, false, true},
	{1, 0, 1, 1, 0, false, false, false},
	{1, 0, 1, 1, 0, true, true, false},
	{1, 0, 1, 2, 0, true, false, false},
	{1, 0, 1, 0, 0, true, false, false},
	{1, 0, 1, 1, 2, true, true, false},
	/* A change is offered: the old header was opened, and the new one is named. */
	{1, 0, 2, 1, 2, true, true, true},
	{1, 0, 2, 1, 2, true, false, false},
	{1, 0, 2, 1, 2, false, true, false},
	{1, 0, 2, 1, 0, true, false, false}, /* a node does not leave it out */
	{1, 0, 2, 1, 3, true, true, false},
	{1, 0, 2, 1, 1, true, true, false},
	{1, 0, 2, 2, 0, true, false, false}, /* no new header can be there: none was named */
	{1, 0, 2, 2, 2, true, true, false},
	{1, 0, 2, 2, 3, true, true, false},
	{1, 0, 2, 3, 0, true, false, false},
	/* It was begun: either header may be there. */
	{1, 2, 2, 1, 2, true, true, true},
	{1, 2, 2, 2, 0, true, false, true},
	{1, 2, 3, 1, 2, true, true, true},
	{1, 2, 3, 2, 0, true, false, true},
	{1, 2, 2, 1, 0, true, false, false},
	{1, 2, 2, 1, 2, true, false, false},
	{1, 2, 2, 1, 2, false, true, false},
	{1, 2, 3, 1, 3, true, true, false},
	{1, 2, 3, 2, 3, true, true, false}, /* one change at a time */
	{1, 2, 3, 3, 0, true, false, false},
	{1, 2, 2, 2, 0, false, false, false},
	{1, 2, 2, 2, 0, true, true, false},
	{1, 2, 2, 3, 0, true, false, false},
};

static struct msg_commit commit_of(const struct commit_row *row)
{
	struct msg_commit c = {.action = ACTION_OPEN,
		.generation = 8,
		.key_version = row->key_version,
		.next_version = row->next};

	c.header_mac[31] = row->mac ? 1 : 0;
	c.next_header_mac[31] = row->next_mac ? 2 : 0;
	return c;
}

static void test_commits(void)
{
	for (size_t i = 0; i < sizeof(commits) / sizeof(commits[0]); i++) {
		const struct commit_row *row = &commits[i];
		struct store_view v = view(row->version, row->pending);
		struct binding_request r = request(row->current);
		struct binding_grant g = granted(&v, row->current), out;
		struct msg_commit c = commit_of(row);
		struct denial d = binding_commit(&v, &g, &c, &r, &out);

		if (d.code != (row->good ? 0 : E_DENY_STATE))
			printf("row %zu\n", i);
		CHECK(d.code == (row->good ? 0 : E_DENY_STATE));
		if (denied(d))
			continue;
		CHECK(out.disk.key_version == row->key_version && out.disk.generation == 8);
		CHECK(out.disk.next_version == row->next && out.next_version == row->next);
		CHECK_BYTES(out.disk.header_mac, c.header_mac, HEADER_MAC_LEN);
		CHECK_BYTES(out.disk.next_header_mac, c.next_header_mac, HEADER_MAC_LEN);
	}
}

/* A recovery begins no change of keys, and goes on with none: it opens what is there. */
static void test_recovery(void)
{
	static const struct commit_row rows[] = {
		{1, 0, 2, 1, 0, true, false, true},
		{1, 0, 2, 1, 2, true, true, false},
		{1, 0, 2, 2, 0, true, false, false},
		{1, 2, 3, 1, 0, true, false, true},
		{1, 2, 3, 2, 0, true, false, true},
		{1, 2, 3, 1, 2, true, true, false},
		{1, 2, 3, 3, 0, true, false, false},
		{1, 2, 3, 1, 0, true, true, false},
		{1, 2, 3, 2, 0, false, false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct commit_row *row = &rows[i];
		struct store_view v = view(row->version, row->pending);
		struct binding_request r = request(row->current);
		struct msg_commit c = commit_of(row);
		struct binding_grant g, out;

		r.open_only = true;
		binding_grant(&v, &r, &g);
		CHECK(g.action == ACTION_OPEN && g.next_version == row->pending);
		/* Of no weight, for nothing is begun. */
		r.next_retired = i % 2;
		CHECK(binding_commit(&v, &g, &c, &r, &out).code == (row->good ? 0 : E_DENY_STATE));
		if (row->good)
			CHECK(out.next_version == 0 && out.disk.key_version == row->key_version);
	}
}

/* Every other field of a good COMMIT, changed. */
static void test_other_fields(void)
{
	const struct msg_commit good = commit_of(&commits[6]);
	struct store_view v = view(1, 0), changed;
	struct binding_grant g = granted(&v, 2), out;
	struct binding_request r = request(2);
	struct msg_commit c = good;

	CHECK(binding_commit(&v, &g, &c, &r, &out).code == 0);
	c.action = ACTION_FORMAT;
	CHECK(binding_commit(&v, &g, &c, &r, &out).code == E_DENY_STATE);
	c.action = ACTION_OVERWRITE;
	CHECK(binding_commit(&v, &g, &c, &r, &out).code == E_DENY_STATE);
	c = good;
	for (uint64_t generation = 6; generation < 11; generation++) {
		c.generation = generation;
		CHECK((binding_commit(&v, &g, &c, &r, &out).code == 0) == (generation == 8));
	}
	/* Somebody else committed, the disk was forgotten, or the version was retired meanwhile. */
	changed = v;
	changed.disk.generation++;
	CHECK(binding_commit(&changed, &g, &good, &r, &out).code == E_DENY_STATE);
	changed = v;
	changed.disk.salt[0] ^= 1;
	CHECK(binding_commit(&changed, &g, &good, &r, &out).code == E_DENY_STATE);
	r.next_retired = true;
	CHECK(binding_commit(&v, &g, &good, &r, &out).code == E_DENY_STATE);
}

/* The second COMMIT of an exchange is judged by what the first one left. */
static void test_second_commit(void)
{
	struct msg_commit first = commit_of(&commits[6]), second = commit_of(&commits[17]);
	struct store_view v = view(1, 0);
	struct binding_grant g = granted(&v, 2), begun, ended, out;
	struct binding_request r = request(2);

	REQUIRE(binding_commit(&v, &g, &first, &r, &begun).code == 0);
	v.node = begun.node;
	v.disk = begun.disk;
	CHECK(binding_commit(&v, &begun, &first, &r, &out).code == E_DENY_STATE);
	CHECK(binding_commit(&v, &begun, &second, &r, &out).code == E_DENY_STATE);
	second.generation = 9;
	REQUIRE(binding_commit(&v, &begun, &second, &r, &ended).code == 0);
	CHECK(ended.disk.key_version == 2 && ended.disk.next_version == 0);
	CHECK(ended.next_version == 0);
	v.disk = ended.disk;
	second.generation = 10;
	CHECK(binding_commit(&v, &begun, &second, &r, &out).code == E_DENY_STATE);
	/* The next boot has the new version, and nothing to change. */
	CHECK(granted(&v, 2).next_version == 0 && granted(&v, 2).disk.key_version == 2);
}

static bool save(const struct store_view *v)
{
	return done(store_put_node(store, &v->node)) && done(store_put_disk(store, &v->disk));
}

static struct store_kek kek(uint32_t version)
{
	struct store_kek k = {.version = 0};
	bool known;

	CHECK(done(store_get_kek(store, version, &k, &known)) && known);
	return k;
}

static void count_kek(void *context, const struct store_kek *k)
{
	unsigned *last = context;

	CHECK(k->version == *last + 1);
	*last = k->version;
}

static void test_versions(void)
{
	const uint8_t check[KEK_CHECK_LEN] = {1};
	uint32_t current;
	unsigned last = 0;

	CHECK(done(store_current_kek(store, &current)) && current == 0);
	CHECK(done(store_choose_kek(store)));
	CHECK(done(store_current_kek(store, &current)) && current == 0);
	CHECK(!done(store_rotate_kek(store, 1)));
	for (uint32_t version = 1; version <= 3; version++)
		CHECK(done(store_put_kek_check(store, version, check)));
	CHECK(done(store_choose_kek(store)));
	CHECK(done(store_current_kek(store, &current)) && current == 3);
	CHECK(done(store_put_kek_check(store, 4, check)) && done(store_choose_kek(store)));
	CHECK(done(store_current_kek(store, &current)) && current == 3);
	CHECK(done(store_rotate_kek(store, 1)));
	CHECK(kek(1).state == KEK_CURRENT && kek(3).state == KEK_KNOWN);
	CHECK(done(store_each_kek(store, count_kek, &last)) && last == 4);
}

/* What is used, current or about to be used is never retired; what is retired never used. */
static void test_retired(void)
{
	struct store_view v = view(1, 0);
	uint32_t version;
	bool retired;

	CHECK(save(&v));
	CHECK(kek(1).disks == 1 && kek(1).pending == 0);
	CHECK(!done(store_retire_kek(store, 1))); /* current */
	CHECK(done(store_rotate_kek(store, 2)));
	CHECK(!done(store_retire_kek(store, 1))); /* used */
	v.disk.next_version = 2;
	CHECK(!save(&v)); /* without a MAC */
	v.disk.next_header_mac[0] = 9;
	CHECK(save(&v) && kek(2).pending == 1 && kek(1).disks == 1);
	CHECK(done(store_rotate_kek(store, 3)));
	CHECK(!done(store_retire_kek(store, 2))); /* about to be used */
	v.disk.key_version = 2;
	CHECK(!save(&v)); /* next must be above */
	v.disk.next_version = 0;
	memset(v.disk.next_header_mac, 0, HEADER_MAC_LEN);
	CHECK(save(&v));
	CHECK(done(store_retire_kek(store, 1)));
	CHECK(done(store_kek_is_retired(store, 1, &retired)) && retired);
	CHECK(done(store_kek_is_retired(store, 2, &retired)) && !retired);
	CHECK(!done(store_rotate_kek(store, 1)));
	CHECK(done(store_rotate_kek(store, 3)));
	CHECK(done(store_next_kek(store, 0, &version)) && version == 2);
	v.disk.key_version = 1;
	CHECK(!save(&v));
	CHECK(done(store_retire_kek(store, 4)));
	v.disk.key_version = 2;
	v.disk.next_version = 4;
	v.disk.next_header_mac[0] = 9;
	CHECK(!save(&v));
	CHECK(!done(store_retire_kek(store, 5))); /* never put */
}

/* A copy, as a backup has it, knows what was begun and what is retired. */
static void test_copy(void)
{
	struct store_view v = view(2, 3);
	struct binding_request r = request(3);
	struct store_key key = binding_key(&r);
	struct store *copy = NULL;
	uint32_t current;

	REQUIRE(save(&v));
	REQUIRE(done(store_copy(store, scratch_path("copy"))));
	REQUIRE(done(store_open(scratch_path("copy"), STORE_CHANGE, &copy)));
	CHECK(done(store_view(copy, &key, &v)) && v.disk.next_version == 3);
	CHECK(v.disk.next_header_mac[0] == 0x78);
	CHECK(done(store_current_kek(copy, &current)) && current == 3);
	CHECK(!done(store_retire_kek(copy, 3)) && !done(store_rotate_kek(copy, 1)));
	store_close(copy);
}

int main(void)
{
	scratch_open();
	RUN(test_grants);
	RUN(test_format_has_no_next);
	RUN(test_commits);
	RUN(test_recovery);
	RUN(test_other_fields);
	RUN(test_second_commit);
	if (!done(store_open(scratch_path("store"), STORE_CREATE, &store)))
		return 1;
	RUN(test_versions);
	RUN(test_retired);
	RUN(test_copy);
	store_close(store);
	scratch_close();
	return test_summary();
}
