/* The store and the rules of binding, through the life of nodes and disks. */
#include "early/contract/errors.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/binding.h"

static struct store *store;
static struct why why;

static const uint8_t ek_a[TPM_NAME_LEN] = {0, 0x0b, 0xa}, ek_b[TPM_NAME_LEN] = {0, 0x0b, 0xb};
static const uint8_t ak_a[TPM_NAME_LEN] = {0, 0x0b, 1}, ak_b[TPM_NAME_LEN] = {0, 0x0b, 2};
static const uint8_t disk_a[DISK_ID_LEN] = {1}, disk_b[DISK_ID_LEN] = {2};

static struct binding_request request(const uint8_t *ek, const uint8_t *ak, const uint8_t *disk)
{
	return (struct binding_request){.ek_name = ek,
		.ak_name = ak,
		.disk_id = disk,
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

	CHECK(store_view(store, r->ek_name, r->disk_id, &v, &why));
	return v;
}

static bool save(const struct binding_grant *g)
{
	if (!store_begin(store, &why))
		return false;
	if (store_put_node(store, &g->node, &why) && store_put_disk(store, &g->disk, &why))
		return store_commit(store, &why);
	store_rollback(store);
	return false;
}

/* Grants and stores, as the service does after evidence was found good. */
static struct binding_grant grant(const struct binding_request *r)
{
	struct store_view v = view_of(r);
	struct binding_grant g = {0};

	CHECK(binding_check(&v, r) == 0);
	binding_grant(&v, r, &g);
	CHECK(save(&g));
	return g;
}

static uint16_t commit(
	const struct binding_request *r, const struct binding_grant *g, const struct msg_commit *c)
{
	struct store_view v = view_of(r);
	struct binding_grant out;
	uint16_t code = binding_commit(&v, g, c, r, &out);

	if (!code)
		CHECK(save(&out));
	return code;
}

static const struct msg_commit formatted = {ACTION_FORMAT, 1, {0x77}};
static const struct msg_commit opened = {ACTION_OPEN, 1, {0x77}};

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
	CHECK(v.has_node && v.has_disk && v.node_count == 1 && v.node.epoch == 0);
	CHECK(!binding_needs_activation(&v, &r));
	/* Power was cut: the next grant formats again, and the commit of the first is void. */
	again = grant(&r);
	CHECK(again.action == ACTION_FORMAT && again.disk.attempt == 2);
	CHECK(commit(&r, &first, &formatted) == E_DENY_STATE);
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
	open = grant(&r);
	CHECK(open.action == ACTION_OPEN && open.disk.generation == 1);
	CHECK_BYTES(open.disk.header_mac, formatted.header_mac, HEADER_MAC_LEN);
	bad = opened;
	bad.header_mac[0] ^= 1;
	CHECK(commit(&r, &open, &bad) == E_DENY_STATE);
	bad = opened;
	bad.generation = 2;
	CHECK(commit(&r, &open, &bad) == E_DENY_STATE);
	CHECK(commit(&r, &open, &opened) == 0);
	CHECK(commit(&r, &open, &opened) == 0); /* says nothing new */
	v = view_of(&r);
	CHECK(v.node.epoch == 1 && v.node.last_join_s == 1000 && v.disk.state == DISK_ACTIVE);
}

static void test_partners_never_change(void)
{
	struct binding_request other_ek = request(ek_b, ak_b, disk_a);
	struct binding_request other_disk = request(ek_a, ak_a, disk_b);
	struct binding_request r = request(ek_a, ak_a, disk_a);
	struct store_view v = view_of(&other_ek);
	struct binding_grant g = {0};

	CHECK(binding_check(&v, &other_ek) == E_DENY_NODE_DISK);
	v = view_of(&other_disk);
	CHECK(binding_check(&v, &other_disk) == E_DENY_NODE_DISK);
	/* And the store itself refuses what the rules would never ask for. */
	v = view_of(&r);
	g.node = v.node;
	g.disk = v.disk;
	memcpy(g.node.disk_id, disk_b, DISK_ID_LEN);
	CHECK(!save(&g));
	g.node = v.node;
	memcpy(g.disk.ek_name, ek_b, TPM_NAME_LEN);
	CHECK(!save(&g));
	g.disk = v.disk;
	g.disk.state = DISK_FORMATTING;
	CHECK(!save(&g));
	g.disk = v.disk;
	g.disk.generation = 0;
	CHECK(!save(&g));
	v = view_of(&r);
	CHECK(v.has_node && v.disk.state == DISK_ACTIVE && v.disk.generation == 1);
}

static void test_new_ak(void)
{
	struct binding_request r = request(ek_a, ak_b, disk_a);
	struct store_view v = view_of(&r);

	CHECK(binding_check(&v, &r) == 0);
	CHECK(binding_needs_activation(&v, &r));
	r.pin_ak = true;
	CHECK(binding_check(&v, &r) == E_DENY_NODE_AK);
	r.pin_ak = false;
	CHECK(grant(&r).action == ACTION_OPEN);
	v = view_of(&r);
	CHECK_BYTES(v.node.ak_name, ak_b, TPM_NAME_LEN);
	CHECK(!binding_needs_activation(&v, &r));
}

static void test_epoch(void)
{
	struct binding_request r = request(ek_a, ak_b, disk_a);
	struct store_view v = view_of(&r);
	struct binding_grant g;

	CHECK(binding_check_epoch(&v, 1) == 0);
	r.epoch = 5;
	g = grant(&r);
	v = view_of(&r);
	CHECK(binding_check_epoch(&v, 4) == 0); /* a grant alone does not bar the older image */
	CHECK(commit(&r, &g, &opened) == 0);
	v = view_of(&r);
	CHECK(binding_check_epoch(&v, 4) == E_DENY_EPOCH);
	CHECK(binding_check_epoch(&v, 5) == 0 && binding_check_epoch(&v, 6) == 0);
	r.epoch = 4;
	CHECK(commit(&r, &g, &opened) == E_DENY_STATE);
}

static void test_limit(void)
{
	struct binding_request r = request(ek_b, ak_b, disk_b);
	struct store_view v = view_of(&r);

	r.max_nodes = 1;
	CHECK(binding_check(&v, &r) == E_DENY_LIMIT);
	r.max_nodes = 2;
	CHECK(binding_check(&v, &r) == 0);
	r = request(ek_a, ak_a, disk_a);
	r.max_nodes = 0;
	v = view_of(&r);
	CHECK(binding_check(&v, &r) == 0); /* a known node is not a further one */
}

static void count_one(void *context, const struct store_node *node, const struct store_disk *disk)
{
	*(unsigned *)context += memcmp(node->disk_id, disk->disk_id, DISK_ID_LEN) == 0;
}

static void test_survives_and_is_read_only(void)
{
	struct binding_request r = request(ek_a, ak_b, disk_a);
	struct store_view before = view_of(&r), after;
	struct store *reader = NULL;
	unsigned nodes = 0;

	REQUIRE(store_open(scratch_path("store"), true, &reader, &why));
	CHECK(store_each(reader, count_one, &nodes, &why));
	CHECK(nodes == 1);
	CHECK(!store_put_node(reader, &before.node, &why));
	store_close(reader);
	store_close(store);
	store = NULL;
	REQUIRE(store_open(scratch_path("store"), false, &store, &why));
	after = view_of(&r);
	CHECK(memcmp(&before.node, &after.node, sizeof(after.node)) == 0);
	CHECK(after.disk.generation == before.disk.generation);
}

static void test_rollback_leaves_nothing(void)
{
	struct binding_request r = request(ek_b, ak_b, disk_b);
	struct store_view v = view_of(&r);
	struct binding_grant g;

	binding_grant(&v, &r, &g);
	REQUIRE(store_begin(store, &why));
	CHECK(store_put_node(store, &g.node, &why));
	store_rollback(store);
	v = view_of(&r);
	CHECK(!v.has_node && v.node_count == 1);
}

static void test_strange_files(void)
{
	struct store *other = NULL;

	scratch_write(scratch_path("text"), "this is no database, surely not one", 35, 0600);
	CHECK(!store_open(scratch_path("text"), false, &other, &why));
	CHECK(!store_open(scratch_path("absent"), true, &other, &why));
	CHECK(!store_open(scratch, false, &other, &why));
}

int main(void)
{
	scratch_open();
	if (!store_open(scratch_path("store"), false, &store, &why)) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	RUN(test_first_join_to_rejoin);
	RUN(test_partners_never_change);
	RUN(test_new_ak);
	RUN(test_epoch);
	RUN(test_limit);
	RUN(test_survives_and_is_read_only);
	RUN(test_rollback_leaves_nothing);
	RUN(test_strange_files);
	store_close(store);
	scratch_close();
	return test_summary();
}
