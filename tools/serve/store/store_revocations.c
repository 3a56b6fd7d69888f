/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/store/store_revocations.h"

#include <string.h>

#include "tools/serve/store/store_sqlite.h"

const char *revocation_kind_name(enum revocation_kind kind)
{
	static const char *const names[REVOCATION_KINDS + 1] = {[REVOKED_NODE] = "node",
		[REVOKED_DISK] = "disk",
		[REVOKED_EK] = "ek",
		[REVOKED_AK] = "ak",
		[REVOKED_CHIP] = "chip",
		[REVOKED_SET] = "set",
		[REVOKED_EPOCH] = "epoch"};

	return kind >= REVOKED_NODE && kind <= REVOKED_EPOCH ? names[kind] : "?";
}

struct store_revocation revocation_of(enum revocation_kind kind, struct span value)
{
	struct store_revocation r = {.kind = kind};

	r.len = value.len < sizeof(r.value) ? value.len : sizeof(r.value);
	if (r.len)
		memcpy(r.value, value.data, r.len);
	return r;
}

/* Big-endian: the store compares bytes. */
struct store_revocation revocation_of_epoch(uint32_t epoch)
{
	const uint8_t bytes[] = {(uint8_t)(epoch >> 24), (uint8_t)(epoch >> 16),
		(uint8_t)(epoch >> 8), (uint8_t)epoch};

	return revocation_of(REVOKED_EPOCH, (struct span){bytes, sizeof(bytes)});
}

static struct failure change(struct store *s, struct binder *b, bool *out_changed)
{
	TRY_FAILURE(store_write(s, b));
	*out_changed = sqlite3_changes(s->db) > 0;
	return failure_none();
}

struct failure store_revoke(struct store *s, const struct store_revocation *r, bool *out_new)
{
	struct binder b = {.st = s->statements[PUT_REVOCATION]};

	bind_number(&b, (uint64_t)r->kind);
	bind_bytes(&b, r->value, r->len);
	bind_number(&b, r->time_s);
	return change(s, &b, out_new);
}

struct failure store_unrevoke(struct store *s, const struct store_revocation *r, bool *out_found)
{
	struct binder b = {.st = s->statements[DROP_REVOCATION]};

	bind_number(&b, (uint64_t)r->kind);
	bind_bytes(&b, r->value, r->len);
	return change(s, &b, out_found);
}

struct failure store_is_revoked(
	struct store *s, const struct store_revocation *r, bool *out_revoked)
{
	bool epoch = r->kind == REVOKED_EPOCH;
	struct binder b = {.st = s->statements[epoch ? FIND_EPOCH_ABOVE : FIND_REVOCATION]};
	struct failure f;

	bind_number(&b, (uint64_t)r->kind);
	bind_bytes(&b, r->value, r->len);
	f = store_read(s, &b, out_revoked);
	sqlite3_reset(b.st);
	return f;
}

struct failure store_each_revocation(struct store *s,
	void (*each)(void *context, const struct store_revocation *revocation), void *context)
{
	sqlite3_stmt *st = s->statements[EACH_REVOCATION];
	struct failure f = failure_none();
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct span value = {
			sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)};
		struct store_revocation r = revocation_of(
			(enum revocation_kind)column_number(st, 0), value);

		r.time_s = column_number(st, 2);
		each(context, &r);
	}
	if (rc != SQLITE_DONE)
		f = store_failed(s, "cannot be read");
	sqlite3_reset(st);
	return f;
}
