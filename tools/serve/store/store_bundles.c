/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/store/store_bundles.h"

#include "tools/serve/store/store_sqlite.h"

struct failure store_put_bundle(struct store *s, const struct store_bundle *bundle)
{
	struct binder b = {.st = s->statements[PUT_BUNDLE]};

	bind_bytes(&b, bundle->id, STORE_BUNDLE_ID_LEN);
	bind_number(&b, bundle->service);
	bind_number(&b, bundle->created_s);
	bind_number(&b, bundle->uses);
	bind_number(&b, bundle->used);
	return store_write(s, &b);
}

static void get_row(sqlite3_stmt *st, struct store_bundle *out)
{
	column_bytes(st, 0, out->id, STORE_BUNDLE_ID_LEN);
	out->service = column_number(st, 1) != 0;
	out->created_s = column_number(st, 2);
	out->uses = column_number(st, 3);
	out->used = column_number(st, 4);
}

struct failure store_get_bundle(struct store *s, const uint8_t id[STORE_BUNDLE_ID_LEN],
	struct store_bundle *out, bool *out_found)
{
	struct binder b = {.st = s->statements[FIND_BUNDLE]};

	bind_bytes(&b, id, STORE_BUNDLE_ID_LEN);
	TRY_FAILURE(store_read(s, &b, out_found));
	if (*out_found)
		get_row(b.st, out);
	sqlite3_reset(b.st);
	return failure_none();
}

struct failure store_put_bundle_node(
	struct store *s, const uint8_t id[STORE_BUNDLE_ID_LEN], const uint8_t node_id[TPM_NAME_LEN])
{
	struct binder b = {.st = s->statements[PUT_BUNDLE_NODE]};

	bind_bytes(&b, id, STORE_BUNDLE_ID_LEN);
	bind_bytes(&b, node_id, TPM_NAME_LEN);
	return store_write(s, &b);
}

struct failure store_bundle_has_node(struct store *s, const uint8_t id[STORE_BUNDLE_ID_LEN],
	const uint8_t node_id[TPM_NAME_LEN], bool *out_has)
{
	struct binder b = {.st = s->statements[FIND_BUNDLE_NODE]};

	bind_bytes(&b, id, STORE_BUNDLE_ID_LEN);
	bind_bytes(&b, node_id, TPM_NAME_LEN);
	TRY_FAILURE(store_read(s, &b, out_has));
	sqlite3_reset(b.st);
	return failure_none();
}

struct failure store_each_bundle(struct store *s,
	void (*each)(void *context, const struct store_bundle *bundle, uint64_t nodes),
	void *context)
{
	struct binder b = {.st = s->statements[EACH_BUNDLE]};
	struct failure f;
	bool found;

	for (f = store_read(s, &b, &found); !f.happened && found; f = store_read(s, &b, &found)) {
		struct store_bundle bundle;

		get_row(b.st, &bundle);
		each(context, &bundle, column_number(b.st, 5));
	}
	sqlite3_reset(b.st);
	return f;
}
