/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store remembers beside nodes and disks, and copies of all of it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/serve/store/store_sqlite.h"

struct failure store_allow_format(struct store *s, const uint8_t disk_id[DISK_ID_LEN], bool allowed)
{
	struct binder b = {.st = s->statements[allowed ? PUT_ALLOWANCE : DROP_ALLOWANCE]};

	bind_bytes(&b, disk_id, DISK_ID_LEN);
	return store_write(s, &b);
}

struct failure store_get_position(struct store *s, struct audit_position *out)
{
	struct binder b = {.st = s->statements[GET_POSITION]};
	bool found;

	*out = (struct audit_position){0};
	TRY_FAILURE(store_read(s, &b, &found));
	if (found) {
		out->seq = column_number(b.st, 0);
		column_text(b.st, 1, out->hash, sizeof(out->hash));
		out->end = column_number(b.st, 2);
	}
	sqlite3_reset(b.st);
	return failure_none();
}

struct failure store_put_position(struct store *s, const struct audit_position *position)
{
	struct binder b = {.st = s->statements[PUT_POSITION]};

	bind_number(&b, position->seq);
	bind_text(&b, position->hash);
	bind_number(&b, position->end);
	return store_write(s, &b);
}

struct failure store_put_change(struct store *s, const struct store_change *change)
{
	struct binder b = {.st = s->statements[PUT_CHANGE]};

	bind_text(&b, change->what);
	bind_text(&b, change->detail);
	bind_number(&b, change->time_s);
	bind_number(&b, change->uid);
	return store_write(s, &b);
}

struct failure store_next_change(struct store *s, struct store_change *out, bool *out_there)
{
	struct binder b = {.st = s->statements[NEXT_CHANGE]};

	TRY_FAILURE(store_read(s, &b, out_there));
	if (*out_there) {
		out->number = column_number(b.st, 0);
		column_text(b.st, 1, out->what, sizeof(out->what));
		column_text(b.st, 2, out->detail, sizeof(out->detail));
		out->time_s = column_number(b.st, 3);
		out->uid = column_number(b.st, 4);
	}
	sqlite3_reset(b.st);
	return failure_none();
}

struct failure store_drop_change(struct store *s, uint64_t number)
{
	struct binder b = {.st = s->statements[DROP_CHANGE]};

	bind_number(&b, number);
	return store_write(s, &b);
}

/* SQLite's own backup: one read transaction of the source, so the copy is of one moment. */
static struct failure copy_pages(struct store *s, sqlite3 *to)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", s->db, "main");
	int rc = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;

	if (b)
		sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? failure_none()
				 : refuse("the copy cannot be made: %s", sqlite3_errmsg(to));
}

struct failure store_copy(struct store *s, const char *path)
{
	/* DELETE: the copy is one file, without a log beside it. */
	static const char settle[] =
		"PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; "
		"BEGIN IMMEDIATE; UPDATE disks SET may_overwrite = 0; DELETE FROM allowances; "
		"DELETE FROM tickets; DELETE FROM pending; "
		"COMMIT;";
	mode_t mask = umask(0077);
	sqlite3 *to = NULL;
	struct failure f = failure_none();

	if (sqlite3_open_v2(path, &to,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
		    NULL) != SQLITE_OK)
		f = refuse("%s: %s", path, to ? sqlite3_errmsg(to) : "out of memory");
	umask(mask);
	if (!f.happened)
		f = copy_pages(s, to);
	if (!f.happened && sqlite3_exec(to, settle, NULL, NULL, NULL) != SQLITE_OK)
		f = refuse("%s: %s", path, sqlite3_errmsg(to));
	sqlite3_close(to);
	return f;
}
