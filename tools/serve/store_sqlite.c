/* The store in one SQLite file: write-ahead log, every commit synchronous. */
#include "tools/serve/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define APPLICATION_ID 0x70735354 /* "psST": what `file` and a person see */
#define BUSY_MS	       250	  /* a reader such as `protostar node list` may hold it this long */

enum statement { FIND_NODE, FIND_DISK, COUNT_NODES, PUT_NODE, PUT_DISK, EACH_NODE, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[FIND_NODE] = "SELECT ek_name, ak_name, disk_id, first_join, last_join, epoch, set_name, "
		      "role FROM nodes WHERE ek_name = ?",
	[FIND_DISK] = "SELECT disk_id, ek_name, state, key_version, generation, header_mac, "
		      "attempt FROM disks WHERE disk_id = ?",
	[COUNT_NODES] = "SELECT count(*) FROM nodes",
	[PUT_NODE] = "INSERT INTO nodes (ek_name, ak_name, disk_id, first_join, last_join, epoch, "
		     "set_name, role) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ek_name) DO "
		     "UPDATE SET ak_name = excluded.ak_name, disk_id = excluded.disk_id, "
		     "last_join = excluded.last_join, epoch = excluded.epoch, "
		     "set_name = excluded.set_name, role = excluded.role",
	[PUT_DISK] = "INSERT INTO disks (disk_id, ek_name, state, key_version, generation, "
		     "header_mac, attempt) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (disk_id) DO "
		     "UPDATE SET ek_name = excluded.ek_name, state = excluded.state, "
		     "key_version = excluded.key_version, generation = excluded.generation, "
		     "header_mac = excluded.header_mac, attempt = excluded.attempt",
	[EACH_NODE] =
		"SELECT n.ek_name, n.ak_name, n.disk_id, n.first_join, n.last_join, n.epoch, "
		"n.set_name, n.role, d.disk_id, d.ek_name, d.state, d.key_version, d.generation, "
		"d.header_mac, d.attempt FROM nodes n JOIN disks d ON d.disk_id = n.disk_id "
		"ORDER BY n.first_join, n.ek_name",
};

static const char schema[] =
	"CREATE TABLE nodes (ek_name BLOB PRIMARY KEY CHECK (length(ek_name) = 34), "
	"ak_name BLOB NOT NULL CHECK (length(ak_name) = 34), "
	"disk_id BLOB NOT NULL UNIQUE CHECK (length(disk_id) = 16), first_join INTEGER NOT NULL, "
	"last_join INTEGER NOT NULL, epoch INTEGER NOT NULL, set_name TEXT NOT NULL, "
	"role TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE disks (disk_id BLOB PRIMARY KEY CHECK (length(disk_id) = 16), "
	"ek_name BLOB NOT NULL UNIQUE CHECK (length(ek_name) = 34), "
	"state INTEGER NOT NULL CHECK (state IN (1, 2)), key_version INTEGER NOT NULL, "
	"generation INTEGER NOT NULL, header_mac BLOB NOT NULL CHECK (length(header_mac) = 32), "
	"attempt INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TRIGGER node_keeps_its_disk BEFORE UPDATE ON nodes "
	"WHEN old.disk_id <> new.disk_id BEGIN SELECT RAISE(ABORT, 'a node keeps its disk'); END;"
	"CREATE TRIGGER disk_keeps_its_node BEFORE UPDATE ON disks "
	"WHEN old.ek_name <> new.ek_name BEGIN SELECT RAISE(ABORT, 'a disk keeps its node'); END;"
	"CREATE TRIGGER disk_stays_active BEFORE UPDATE ON disks "
	"WHEN old.state = 2 AND (new.state <> 2 OR new.generation < old.generation) "
	"BEGIN SELECT RAISE(ABORT, 'an active disk stays active'); END;"
	"PRAGMA user_version = 1;";

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
};

static bool db_failed(struct store *s, const char *what, struct why *why)
{
	return refuse(why, "the store: %s: %s", what, sqlite3_errmsg(s->db));
}

static bool run(struct store *s, const char *text, struct why *why)
{
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return db_failed(s, "cannot run a statement", why);
	return true;
}

static bool pragma(struct store *s, const char *text, int64_t *out, struct why *why)
{
	sqlite3_stmt *st;
	bool good;

	if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) != SQLITE_OK)
		return db_failed(s, "cannot be read", why);
	good = sqlite3_step(st) == SQLITE_ROW;
	*out = good ? sqlite3_column_int64(st, 0) : 0;
	if (!good)
		db_failed(s, "cannot be read", why);
	sqlite3_finalize(st);
	return good;
}

/* A new file gets the schema in one transaction; one of another kind or version is refused. */
static bool check_schema(struct store *s, bool read_only, struct why *why)
{
	int64_t application, version;
	char text[64];

	if (!pragma(s, "PRAGMA application_id", &application, why) ||
		!pragma(s, "PRAGMA user_version", &version, why))
		return false;
	if (application == APPLICATION_ID && version == 1)
		return true;
	if (application || version || read_only)
		return refuse(why, "the store is not one that this version can use");
	sqlite3_snprintf(sizeof(text), text, "PRAGMA application_id = %d;", APPLICATION_ID);
	return run(s, "BEGIN IMMEDIATE", why) && run(s, schema, why) && run(s, text, why) &&
	       run(s, "COMMIT", why);
}

static bool prepare_all(struct store *s, struct why *why)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &s->statements[i], NULL) != SQLITE_OK)
			return db_failed(s, "cannot prepare a statement", why);
	return true;
}

static bool open_file(struct store *s, const char *path, bool read_only, struct why *why)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
		    (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
		return refuse(why, "%s: %s", path, s->db ? sqlite3_errmsg(s->db) : "out of memory");
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (!read_only && !run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", why))
		return false;
	return check_schema(s, read_only, why) && prepare_all(s, why);
}

bool store_open(const char *path, bool read_only, struct store **out, struct why *why)
{
	struct store *s = calloc(1, sizeof(*s));
	mode_t mask = umask(0077);
	bool good;

	good = s ? open_file(s, path, read_only, why) : refuse(why, "out of memory");
	umask(mask);
	if (!good) {
		store_close(s);
		return false;
	}
	*out = s;
	return true;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s);
}

static void get_bytes(sqlite3_stmt *st, int column, uint8_t *out, size_t len)
{
	const void *data = sqlite3_column_blob(st, column);

	memset(out, 0, len);
	if (data && (size_t)sqlite3_column_bytes(st, column) == len)
		memcpy(out, data, len);
}

static void get_text(sqlite3_stmt *st, int column, char *out, size_t cap)
{
	const unsigned char *text = sqlite3_column_text(st, column);
	size_t len = text ? strlen((const char *)text) : 0;

	if (len >= cap)
		len = cap - 1;
	if (len)
		memcpy(out, text, len);
	out[len] = 0;
}

static void get_node(sqlite3_stmt *st, int at, struct store_node *out)
{
	get_bytes(st, at, out->ek_name, TPM_NAME_LEN);
	get_bytes(st, at + 1, out->ak_name, TPM_NAME_LEN);
	get_bytes(st, at + 2, out->disk_id, DISK_ID_LEN);
	out->first_join_s = (uint64_t)sqlite3_column_int64(st, at + 3);
	out->last_join_s = (uint64_t)sqlite3_column_int64(st, at + 4);
	out->epoch = (uint32_t)sqlite3_column_int64(st, at + 5);
	get_text(st, at + 6, out->set_name, sizeof(out->set_name));
	get_text(st, at + 7, out->role, sizeof(out->role));
}

static void get_disk(sqlite3_stmt *st, int at, struct store_disk *out)
{
	get_bytes(st, at, out->disk_id, DISK_ID_LEN);
	get_bytes(st, at + 1, out->ek_name, TPM_NAME_LEN);
	out->state = (enum disk_state)sqlite3_column_int(st, at + 2);
	out->key_version = (uint32_t)sqlite3_column_int64(st, at + 3);
	out->generation = (uint64_t)sqlite3_column_int64(st, at + 4);
	get_bytes(st, at + 5, out->header_mac, HEADER_MAC_LEN);
	out->attempt = (uint64_t)sqlite3_column_int64(st, at + 6);
}

/* Runs a look-up by key; *found says whether st stands on a row. The caller resets st. */
static bool look_up(struct store *s, sqlite3_stmt *st, const uint8_t *key, size_t len, bool *found,
	struct why *why)
{
	int rc;

	if (key && sqlite3_bind_blob(st, 1, key, (int)len, SQLITE_STATIC) != SQLITE_OK)
		return db_failed(s, "cannot be read", why);
	rc = sqlite3_step(st);
	*found = rc == SQLITE_ROW;
	return *found || rc == SQLITE_DONE || db_failed(s, "cannot be read", why);
}

bool store_view(struct store *s, const uint8_t ek_name[TPM_NAME_LEN],
	const uint8_t disk_id[DISK_ID_LEN], struct store_view *out, struct why *why)
{
	sqlite3_stmt *node = s->statements[FIND_NODE], *disk = s->statements[FIND_DISK];
	sqlite3_stmt *count = s->statements[COUNT_NODES];
	struct store_view v = {0};
	bool counted = false;
	bool good = look_up(s, node, ek_name, TPM_NAME_LEN, &v.has_node, why) &&
		    look_up(s, disk, disk_id, DISK_ID_LEN, &v.has_disk, why) &&
		    look_up(s, count, NULL, 0, &counted, why);

	if (v.has_node)
		get_node(node, 0, &v.node);
	if (v.has_disk)
		get_disk(disk, 0, &v.disk);
	if (counted)
		v.node_count = (uint64_t)sqlite3_column_int64(count, 0);
	sqlite3_reset(node);
	sqlite3_reset(disk);
	sqlite3_reset(count);
	if (good)
		*out = v;
	return good;
}

/* Binds values in order; SQLite's own error, looked at once at the end, covers all of them. */
struct binder {
	sqlite3_stmt *st;
	int at;
	bool failed;
};

static void bind_bytes(struct binder *b, const uint8_t *data, size_t len)
{
	b->failed |= sqlite3_bind_blob(b->st, ++b->at, data, (int)len, SQLITE_STATIC) != SQLITE_OK;
}

static void bind_number(struct binder *b, uint64_t v)
{
	b->failed |= v > INT64_MAX ||
		     sqlite3_bind_int64(b->st, ++b->at, (sqlite3_int64)v) != SQLITE_OK;
}

static void bind_text(struct binder *b, const char *text)
{
	b->failed |= sqlite3_bind_text(b->st, ++b->at, text, -1, SQLITE_STATIC) != SQLITE_OK;
}

static bool put(struct store *s, struct binder *b, struct why *why)
{
	bool good = !b->failed && sqlite3_step(b->st) == SQLITE_DONE;

	if (!good)
		db_failed(s, "cannot be written", why);
	sqlite3_reset(b->st);
	sqlite3_clear_bindings(b->st);
	return good;
}

bool store_put_node(struct store *s, const struct store_node *node, struct why *why)
{
	struct binder b = {.st = s->statements[PUT_NODE]};

	bind_bytes(&b, node->ek_name, TPM_NAME_LEN);
	bind_bytes(&b, node->ak_name, TPM_NAME_LEN);
	bind_bytes(&b, node->disk_id, DISK_ID_LEN);
	bind_number(&b, node->first_join_s);
	bind_number(&b, node->last_join_s);
	bind_number(&b, node->epoch);
	bind_text(&b, node->set_name);
	bind_text(&b, node->role);
	return put(s, &b, why);
}

bool store_put_disk(struct store *s, const struct store_disk *disk, struct why *why)
{
	struct binder b = {.st = s->statements[PUT_DISK]};

	bind_bytes(&b, disk->disk_id, DISK_ID_LEN);
	bind_bytes(&b, disk->ek_name, TPM_NAME_LEN);
	bind_number(&b, (uint64_t)disk->state);
	bind_number(&b, disk->key_version);
	bind_number(&b, disk->generation);
	bind_bytes(&b, disk->header_mac, HEADER_MAC_LEN);
	bind_number(&b, disk->attempt);
	return put(s, &b, why);
}

bool store_begin(struct store *s, struct why *why)
{
	return run(s, "BEGIN IMMEDIATE", why);
}

bool store_commit(struct store *s, struct why *why)
{
	if (run(s, "COMMIT", why))
		return true;
	store_rollback(s);
	return false;
}

void store_rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

bool store_each(struct store *s,
	void (*each)(void *context, const struct store_node *node, const struct store_disk *disk),
	void *context, struct why *why)
{
	sqlite3_stmt *st = s->statements[EACH_NODE];
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct store_node node;
		struct store_disk disk;

		get_node(st, 0, &node);
		get_disk(st, 8, &disk);
		each(context, &node, &disk);
	}
	if (rc != SQLITE_DONE)
		db_failed(s, "cannot be read", why);
	sqlite3_reset(st);
	return rc == SQLITE_DONE;
}
