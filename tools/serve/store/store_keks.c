/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/store/store_keks.h"

#include "tools/serve/store/store_sqlite.h"

struct failure store_get_kek_check(
	struct store *s, uint32_t version, uint8_t out[KEK_CHECK_LEN], bool *out_known)
{
	struct binder b = {.st = s->statements[GET_KEK]};

	bind_number(&b, version);
	TRY_FAILURE(store_read(s, &b, out_known));
	if (*out_known)
		column_bytes(b.st, 0, out, KEK_CHECK_LEN);
	sqlite3_reset(b.st);
	return failure_none();
}

struct failure store_put_kek_check(
	struct store *s, uint32_t version, const uint8_t check[KEK_CHECK_LEN])
{
	struct binder b = {.st = s->statements[PUT_KEK]};

	bind_number(&b, version);
	bind_bytes(&b, check, KEK_CHECK_LEN);
	return store_write(s, &b);
}

/* The one number that a bound statement gives; 0 without a row. */
static struct failure read_number(struct store *s, struct binder *b, uint64_t *out)
{
	bool found;
	struct failure f = store_read(s, b, &found);

	*out = !f.happened && found ? column_number(b->st, 0) : 0;
	sqlite3_reset(b->st);
	return f;
}

static struct failure read_version(struct store *s, struct binder *b, uint32_t *out)
{
	uint64_t number;

	TRY_FAILURE(read_number(s, b, &number));
	*out = (uint32_t)number;
	return failure_none();
}

struct failure store_next_kek(struct store *s, uint32_t after, uint32_t *out)
{
	struct binder b = {.st = s->statements[NEXT_KEK]};

	bind_number(&b, after);
	return read_version(s, &b, out);
}

struct failure store_current_kek(struct store *s, uint32_t *out)
{
	struct binder b = {.st = s->statements[CURRENT_KEK]};

	return read_version(s, &b, out);
}

static struct failure set_state(struct store *s, uint32_t version, enum kek_state state)
{
	struct binder b = {.st = s->statements[CHANGE_KEK]};

	bind_number(&b, (uint64_t)state);
	bind_number(&b, version);
	TRY_FAILURE(store_write(s, &b));
	if (sqlite3_changes(s->db) == 1)
		return failure_none();
	return refuse("the store knows no key-encryption key %u", version);
}

struct failure store_rotate_kek(struct store *s, uint32_t version)
{
	uint32_t before;

	TRY_FAILURE(store_current_kek(s, &before));
	if (before)
		TRY_FAILURE(set_state(s, before, KEK_KNOWN));
	return set_state(s, version, KEK_CURRENT);
}

struct failure store_choose_kek(struct store *s)
{
	uint32_t current, version, highest = 0;

	TRY_FAILURE(store_current_kek(s, &current));
	if (current)
		return failure_none();
	TRY_FAILURE(store_next_kek(s, 0, &version));
	while (version) {
		highest = version;
		TRY_FAILURE(store_next_kek(s, version, &version));
	}
	return highest ? set_state(s, highest, KEK_CURRENT) : failure_none();
}

struct failure store_retire_kek(struct store *s, uint32_t version)
{
	return set_state(s, version, KEK_RETIRED);
}

static void get_row(sqlite3_stmt *st, struct store_kek *out)
{
	out->version = (uint32_t)column_number(st, 0);
	out->state = (enum kek_state)column_number(st, 1);
	out->disks = column_number(st, 2);
	out->pending = column_number(st, 3);
}

struct failure store_each_kek(
	struct store *s, void (*each)(void *context, const struct store_kek *kek), void *context)
{
	sqlite3_stmt *st = s->statements[EACH_KEK];
	struct failure f = failure_none();
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct store_kek kek;

		get_row(st, &kek);
		each(context, &kek);
	}
	if (rc != SQLITE_DONE)
		f = store_failed(s, "cannot be read");
	sqlite3_reset(st);
	return f;
}

struct wanted_kek {
	struct store_kek *out;
	uint32_t version;
	bool found;
};

static void take_wanted(void *context, const struct store_kek *kek)
{
	struct wanted_kek *w = context;

	if (kek->version != w->version)
		return;
	*w->out = *kek;
	w->found = true;
}

struct failure store_get_kek(
	struct store *s, uint32_t version, struct store_kek *out, bool *out_known)
{
	struct wanted_kek w = {.out = out, .version = version};
	struct failure f = store_each_kek(s, take_wanted, &w);

	*out_known = w.found;
	return f;
}

struct failure store_kek_is_retired(struct store *s, uint32_t version, bool *out)
{
	struct binder b = {.st = s->statements[FIND_RETIRED]};
	struct failure f;

	bind_number(&b, version);
	f = store_read(s, &b, out);
	sqlite3_reset(b.st);
	return f;
}
