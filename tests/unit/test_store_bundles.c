/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bundles that were exported: as the store keeps them. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/store/store_bundles.h"

static struct store *store;
static const uint8_t node_a[TPM_NAME_LEN] = {0, 0x0b, 0xa}, node_b[TPM_NAME_LEN] = {0, 0x0b, 0xb};
static const struct store_bundle early = {.id = {9}, .created_s = 100, .uses = 3},
				 late = {.id = {1}, .created_s = 200, .service = true};

struct listing {
	struct store_bundle bundles[4];
	uint64_t nodes[4];
	unsigned count;
};

static void list(void *context, const struct store_bundle *bundle, uint64_t nodes)
{
	struct listing *l = context;

	if (l->count < 4) {
		l->bundles[l->count] = *bundle;
		l->nodes[l->count] = nodes;
	}
	l->count++;
}

static bool same(const struct store_bundle *a, const struct store_bundle *b)
{
	return memcmp(a->id, b->id, STORE_BUNDLE_ID_LEN) == 0 && a->service == b->service &&
	       a->created_s == b->created_s && a->uses == b->uses && a->used == b->used;
}

static void test_bundles(void)
{
	struct store_bundle got, used = early;
	struct listing l = {.count = 0};
	bool found = true;

	CHECK(done(store_get_bundle(store, early.id, &got, &found)) && !found);
	CHECK(done(store_put_bundle(store, &late)) && done(store_put_bundle(store, &early)));
	CHECK(done(store_get_bundle(store, early.id, &got, &found)) && found && same(&got, &early));
	CHECK(done(store_get_bundle(store, late.id, &got, &found)) && found && same(&got, &late));
	/* How often it was used is all that changes. */
	used.used = 4;
	used.uses = 99;
	used.created_s = 7;
	CHECK(done(store_put_bundle(store, &used)));
	CHECK(done(store_get_bundle(store, early.id, &got, &found)) && found);
	used.uses = early.uses;
	used.created_s = early.created_s;
	CHECK(same(&got, &used));
	CHECK(done(store_put_bundle_node(store, early.id, node_a)));
	CHECK(done(store_put_bundle_node(store, early.id, node_b)));
	CHECK(done(store_put_bundle_node(store, early.id, node_b)));
	CHECK(done(store_each_bundle(store, list, &l)) && l.count == 2);
	CHECK(same(&l.bundles[0], &used) && l.nodes[0] == 2);
	CHECK(same(&l.bundles[1], &late) && l.nodes[1] == 0);
}

static void test_nodes(void)
{
	bool has = false;

	CHECK(done(store_bundle_has_node(store, early.id, node_a, &has)) && has);
	CHECK(done(store_bundle_has_node(store, late.id, node_a, &has)) && !has);
	CHECK(done(store_bundle_has_node(store, early.id, (const uint8_t[TPM_NAME_LEN]){0}, &has)));
	CHECK(!has);
}

int main(void)
{
	scratch_open();
	if (!done(store_open(scratch_path("store"), STORE_CREATE, &store))) {
		fprintf(stderr, "%s\n", last_failure.text);
		return 1;
	}
	RUN(test_bundles);
	RUN(test_nodes);
	store_close(store);
	scratch_close();
	return test_summary();
}
