/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store in one SQLite file: write-ahead log, every commit synchronous. */
#include "tools/serve/store/store_sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define APPLICATION_ID 0x70735354 /* "psST": what `file` and a person see */
#define SCHEMA_VERSION 5
#define BUSY_MS	       1000 /* `protostar node` and the service wait for each other this long */

#define NODE_COLUMNS                                                                     \
	"n.node_id, n.ek_id, n.ak_name, n.disk_id, n.first_join, n.last_join, n.epoch, " \
	"n.set_name, n.role, n.firmware_bank, n.firmware, n.accept_firmware, n.subject"
#define ENROLMENT_COLUMNS "node_id, disk_id, role, label, subject, time"
#define PENDING_COLUMNS	  "node_id, source, disk_id, set_name, role, subject, first, last, tries"
#define BUNDLE_COLUMNS	  "id, service, created, uses, used"
#define DISK_COLUMNS                                                                         \
	"d.disk_id, d.node_id, d.state, d.key_version, d.salt, d.generation, d.header_mac, " \
	"d.attempt, d.may_overwrite, d.next_version, d.next_header_mac"

static const char *const sql[STATEMENTS] = {
	[FIND_NODE] = "SELECT " NODE_COLUMNS " FROM nodes n WHERE n.node_id = ?",
	[FIND_DISK] = "SELECT " DISK_COLUMNS " FROM disks d WHERE d.disk_id = ?",
	[FIND_AK] = "SELECT 1 FROM nodes WHERE ak_name = ? AND node_id <> ?",
	[FIND_EK] = "SELECT 1 FROM nodes WHERE ek_id = ? AND node_id <> ?",
	[FIND_ENROLMENT] = "SELECT " ENROLMENT_COLUMNS
			   " FROM enrolments WHERE node_id IN (?1, ?2) ORDER BY node_id = ?1 DESC",
	[FIND_RESERVED] = "SELECT 1 FROM enrolments WHERE disk_id = ? AND node_id NOT IN (?, ?)",
	[FIND_TICKET] = "SELECT disk_id, uses, until FROM tickets WHERE disk_id = ?",
	[FIND_ALLOWANCE] = "SELECT 1 FROM allowances WHERE disk_id = ?",
	[COUNT_NODES] = "SELECT count(*) FROM nodes",
	[PUT_NODE] = "INSERT INTO nodes (node_id, ek_id, ak_name, disk_id, first_join, last_join, "
		     "epoch, set_name, role, firmware_bank, firmware, accept_firmware, subject) "
		     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node_id) DO "
		     "UPDATE SET ek_id = excluded.ek_id, ak_name = excluded.ak_name, "
		     "disk_id = excluded.disk_id, subject = excluded.subject, "
		     "last_join = excluded.last_join, epoch = excluded.epoch, "
		     "set_name = excluded.set_name, role = excluded.role, "
		     "firmware_bank = excluded.firmware_bank, firmware = excluded.firmware, "
		     "accept_firmware = excluded.accept_firmware",
	[PUT_DISK] = "INSERT INTO disks (disk_id, node_id, state, key_version, salt, generation, "
		     "header_mac, attempt, may_overwrite, next_version, next_header_mac) "
		     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		     "ON CONFLICT (disk_id) DO "
		     "UPDATE SET node_id = excluded.node_id, state = excluded.state, "
		     "key_version = excluded.key_version, salt = excluded.salt, "
		     "generation = excluded.generation, header_mac = excluded.header_mac, "
		     "attempt = excluded.attempt, may_overwrite = excluded.may_overwrite, "
		     "next_version = excluded.next_version, "
		     "next_header_mac = excluded.next_header_mac",
	/* Without the columns of an index: each that is set is a page more to write. */
	[CHANGE_NODE] = "UPDATE nodes SET last_join = ?, epoch = ?, set_name = ?, role = ?, "
			"firmware_bank = ?, firmware = ?, accept_firmware = ?, subject = ? "
			"WHERE node_id = ?",
	[CHANGE_DISK] = "UPDATE disks SET state = ?, key_version = ?, generation = ?, "
			"header_mac = ?, attempt = ?, may_overwrite = ?, next_version = ?, "
			"next_header_mac = ? WHERE disk_id = ?",
	[DROP_NODE] = "DELETE FROM nodes WHERE disk_id = ?",
	[DROP_DISK] = "DELETE FROM disks WHERE disk_id = ?",
	[EACH_NODE] = "SELECT " NODE_COLUMNS ", " DISK_COLUMNS
		      " FROM nodes n JOIN disks d ON d.disk_id = n.disk_id "
		      "ORDER BY n.first_join, n.node_id",
	/* A node's own enrolment may change; another node's with the same disk stands. */
	[PUT_ENROLMENT] = "INSERT INTO enrolments (" ENROLMENT_COLUMNS
			  ") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (node_id) DO UPDATE SET "
			  "disk_id = excluded.disk_id, role = excluded.role, "
			  "label = excluded.label, subject = excluded.subject, "
			  "time = excluded.time",
	[DROP_ENROLMENT] = "DELETE FROM enrolments WHERE node_id = ?",
	[EACH_ENROLMENT] = "SELECT " ENROLMENT_COLUMNS " FROM enrolments ORDER BY time, node_id",
	[AGE_PENDING] = "DELETE FROM pending WHERE last < ?",
	[COUNT_PENDING] = "SELECT count(*) FROM pending WHERE node_id <> ?",
	/* An eighth of the places is every source's own, however many others come. */
	[CROWDED_PENDING] =
		"DELETE FROM pending WHERE node_id = (SELECT p.node_id FROM pending p JOIN "
		"(SELECT source, count(*) AS n FROM pending GROUP BY source) c USING (source) "
		"WHERE c.n > max(? / 8, 1 + (SELECT count(*) FROM pending WHERE source = ?)) "
		"ORDER BY c.n DESC, p.first DESC, p.node_id DESC LIMIT 1)",
	[PUT_PENDING] = "INSERT INTO pending (" PENDING_COLUMNS
			") VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) "
			"ON CONFLICT (node_id) DO UPDATE SET source = excluded.source, "
			"disk_id = excluded.disk_id, "
			"set_name = excluded.set_name, role = excluded.role, "
			"subject = excluded.subject, last = excluded.last, tries = tries + 1",
	[DROP_PENDING] = "DELETE FROM pending WHERE node_id = ?",
	[EACH_PENDING] = "SELECT " PENDING_COLUMNS " FROM pending ORDER BY first, node_id",
	[PUT_TICKET] = "INSERT OR REPLACE INTO tickets (disk_id, uses, until) VALUES (?, ?, ?)",
	[DROP_TICKET] = "DELETE FROM tickets WHERE disk_id = ?",
	[EACH_TICKET] = "SELECT disk_id, uses, until FROM tickets ORDER BY disk_id",
	[PUT_BUNDLE] = "INSERT INTO bundles (" BUNDLE_COLUMNS ") VALUES (?, ?, ?, ?, ?) "
		       "ON CONFLICT (id) DO UPDATE SET used = excluded.used",
	[FIND_BUNDLE] = "SELECT " BUNDLE_COLUMNS " FROM bundles WHERE id = ?",
	[EACH_BUNDLE] = "SELECT " BUNDLE_COLUMNS ", (SELECT count(*) FROM bundle_nodes n "
			"WHERE n.bundle_id = bundles.id) FROM bundles ORDER BY created, id",
	[PUT_BUNDLE_NODE] = "INSERT OR IGNORE INTO bundle_nodes (bundle_id, node_id) VALUES (?, ?)",
	[FIND_BUNDLE_NODE] = "SELECT 1 FROM bundle_nodes WHERE bundle_id = ? AND node_id = ?",
	[PUT_ALLOWANCE] = "INSERT OR IGNORE INTO allowances (disk_id) VALUES (?)",
	[DROP_ALLOWANCE] = "DELETE FROM allowances WHERE disk_id = ?",
	[GET_POSITION] = "SELECT seq, hash, end FROM position WHERE id = 1",
	[PUT_POSITION] = "INSERT INTO position (id, seq, hash, end) VALUES (1, ?, ?, ?) "
			 "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, "
			 "hash = excluded.hash, end = excluded.end",
	[GET_KEK] = "SELECT value FROM keks WHERE version = ?",
	[PUT_KEK] = "INSERT INTO keks (version, value, state) VALUES (?, ?, 1)",
	[NEXT_KEK] = "SELECT coalesce(min(version), 0) FROM keks WHERE version > ? AND state <> 3",
	[CURRENT_KEK] = "SELECT version FROM keks WHERE state = 2",
	[CHANGE_KEK] = "UPDATE keks SET state = ? WHERE version = ?",
	[FIND_RETIRED] = "SELECT 1 FROM keks WHERE version = ? AND state = 3",
	[EACH_KEK] = ("SELECT k.version, k.state, "
		      "(SELECT count(*) FROM disks d WHERE d.key_version = k.version), "
		      "(SELECT count(*) FROM disks d WHERE d.next_version = k.version) "
		      "FROM keks k ORDER BY k.version"),
	[PUT_CHANGE] = "INSERT INTO deeds (what, detail, time, uid) VALUES (?, ?, ?, ?)",
	[NEXT_CHANGE] = "SELECT number, what, detail, time, uid FROM deeds ORDER BY number LIMIT 1",
	[DROP_CHANGE] = "DELETE FROM deeds WHERE number = ?",
	[PUT_REVOCATION] = "INSERT INTO revocations (kind, value, time) VALUES (?, ?, ?) "
			   "ON CONFLICT (kind, value) DO NOTHING",
	[DROP_REVOCATION] = "DELETE FROM revocations WHERE kind = ? AND value = ?",
	[FIND_REVOCATION] = "SELECT 1 FROM revocations WHERE kind = ? AND value = ?",
	[FIND_EPOCH_ABOVE] = "SELECT 1 FROM revocations WHERE kind = ? AND value > ?",
	[EACH_REVOCATION] = "SELECT kind, value, time FROM revocations ORDER BY kind, time, value",
};

static const char schema[] =
	"CREATE TABLE nodes (node_id BLOB PRIMARY KEY CHECK (length(node_id) = 34), "
	"ek_id BLOB NOT NULL CHECK (length(ek_id) = 34), "
	"ak_name BLOB NOT NULL CHECK (length(ak_name) = 34), "
	"disk_id BLOB NOT NULL UNIQUE CHECK (length(disk_id) = 16), first_join INTEGER NOT NULL, "
	"last_join INTEGER NOT NULL, epoch INTEGER NOT NULL, set_name TEXT NOT NULL, "
	"role TEXT NOT NULL, firmware_bank INTEGER NOT NULL, firmware BLOB NOT NULL, "
	"accept_firmware INTEGER NOT NULL CHECK (accept_firmware IN (0, 1)), "
	"subject TEXT NOT NULL) "
	"STRICT, WITHOUT ROWID;"
	"CREATE UNIQUE INDEX one_node_for_an_ak ON nodes (ak_name) "
	"WHERE ak_name <> zeroblob(34);"
	"CREATE UNIQUE INDEX one_node_for_an_ek ON nodes (ek_id) "
	"WHERE ek_id <> zeroblob(34);"
	"CREATE TABLE disks (disk_id BLOB PRIMARY KEY CHECK (length(disk_id) = 16), "
	"node_id BLOB NOT NULL UNIQUE CHECK (length(node_id) = 34), "
	"state INTEGER NOT NULL CHECK (state IN (1, 2)), key_version INTEGER NOT NULL, "
	"salt BLOB NOT NULL CHECK (length(salt) = 16), "
	"generation INTEGER NOT NULL, header_mac BLOB NOT NULL CHECK (length(header_mac) = 32), "
	"attempt INTEGER NOT NULL, may_overwrite INTEGER NOT NULL "
	"CHECK (may_overwrite = 0 OR (may_overwrite = 1 AND state = 1)), "
	"next_version INTEGER NOT NULL, next_header_mac BLOB NOT NULL "
	"CHECK (length(next_header_mac) = 32), "
	"CHECK ((next_version = 0 AND next_header_mac = zeroblob(32)) OR "
	"(next_version > key_version AND next_header_mac <> zeroblob(32) AND state = 2))) "
	"STRICT, WITHOUT ROWID;"
	"CREATE TABLE allowances (disk_id BLOB PRIMARY KEY CHECK (length(disk_id) = 16)) "
	"STRICT, WITHOUT ROWID;"
	"CREATE TABLE enrolments (node_id BLOB PRIMARY KEY CHECK (length(node_id) = 34), "
	"disk_id BLOB UNIQUE CHECK (length(disk_id) = 16), role TEXT NOT NULL, "
	"label TEXT NOT NULL, subject TEXT NOT NULL, time INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE pending (node_id BLOB PRIMARY KEY CHECK (length(node_id) = 34), "
	"source BLOB NOT NULL CHECK (length(source) = 16), "
	"disk_id BLOB NOT NULL CHECK (length(disk_id) = 16), set_name TEXT NOT NULL, "
	"role TEXT NOT NULL, subject TEXT NOT NULL, first INTEGER NOT NULL, "
	"last INTEGER NOT NULL, tries INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE tickets (disk_id BLOB PRIMARY KEY CHECK (length(disk_id) = 16), "
	"uses INTEGER NOT NULL CHECK (uses > 0), until INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE bundles (id BLOB PRIMARY KEY CHECK (length(id) = 16), "
	"service INTEGER NOT NULL CHECK (service IN (0, 1)), created INTEGER NOT NULL, "
	"uses INTEGER NOT NULL, used INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE bundle_nodes (bundle_id BLOB NOT NULL REFERENCES bundles (id), "
	"node_id BLOB NOT NULL CHECK (length(node_id) = 34), "
	"PRIMARY KEY (bundle_id, node_id)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE position (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, "
	"hash TEXT NOT NULL CHECK (length(hash) = 64), end INTEGER NOT NULL) STRICT;"
	"CREATE TABLE keks (version INTEGER PRIMARY KEY, "
	"value BLOB NOT NULL CHECK (length(value) = 32), "
	"state INTEGER NOT NULL CHECK (state IN (1, 2, 3))) STRICT;"
	"CREATE UNIQUE INDEX one_current_kek ON keks (state) WHERE state = 2;"
	"CREATE TABLE deeds (number INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, "
	"detail TEXT NOT NULL, time INTEGER NOT NULL, uid INTEGER NOT NULL) STRICT;"
	"CREATE TABLE revocations (kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 7), "
	"value BLOB NOT NULL CHECK (length(value) BETWEEN 1 AND 64), time INTEGER NOT NULL, "
	"PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;"
	"CREATE TRIGGER node_keeps_its_disk BEFORE UPDATE ON nodes "
	"WHEN old.disk_id <> new.disk_id BEGIN SELECT RAISE(ABORT, 'a node keeps its disk'); END;"
	"CREATE TRIGGER node_keeps_its_ek BEFORE UPDATE ON nodes "
	"WHEN old.ek_id <> new.ek_id AND old.ek_id <> zeroblob(34) "
	"BEGIN SELECT RAISE(ABORT, 'a node keeps its endorsement key'); END;"
	"CREATE TRIGGER disk_keeps_its_node BEFORE UPDATE ON disks "
	"WHEN old.node_id <> new.node_id BEGIN SELECT RAISE(ABORT, 'a disk keeps its node'); END;"
	"CREATE TRIGGER disk_keeps_its_key BEFORE UPDATE ON disks "
	"WHEN old.salt <> new.salt BEGIN SELECT RAISE(ABORT, 'a disk keeps its salt'); END;"
	"CREATE TRIGGER disk_stays_active BEFORE UPDATE ON disks "
	"WHEN old.state = 2 AND (new.state <> 2 OR new.generation < old.generation) "
	"BEGIN SELECT RAISE(ABORT, 'an active disk stays active'); END;"
	"CREATE TRIGGER retired_stays_retired BEFORE UPDATE ON keks "
	"WHEN old.state = 3 AND new.state <> 3 "
	"BEGIN SELECT RAISE(ABORT, 'a retired key is never used again'); END;"
	"CREATE TRIGGER used_is_not_retired BEFORE UPDATE ON keks "
	"WHEN new.state = 3 AND (old.state = 2 OR EXISTS (SELECT 1 FROM disks "
	"WHERE old.version IN (key_version, next_version))) "
	"BEGIN SELECT RAISE(ABORT, 'a key in use is not retired'); END;"
	"CREATE TRIGGER new_disk_has_no_retired_key BEFORE INSERT ON disks "
	"WHEN EXISTS (SELECT 1 FROM keks WHERE state = 3 AND version = new.key_version) "
	"BEGIN SELECT RAISE(ABORT, 'a retired key is never used again'); END;"
	"CREATE TRIGGER disk_gets_no_retired_key BEFORE UPDATE ON disks "
	"WHEN EXISTS (SELECT 1 FROM keks WHERE state = 3 "
	"AND version IN (new.key_version, new.next_version)) "
	"BEGIN SELECT RAISE(ABORT, 'a retired key is never used again'); END;";

struct failure store_failed(struct store *s, const char *what)
{
	return refuse("the store: %s: %s", what, sqlite3_errmsg(s->db));
}

struct failure store_run(struct store *s, const char *text)
{
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return store_failed(s, "cannot run a statement");
	return failure_none();
}

static struct failure pragma(struct store *s, const char *text, int64_t *out)
{
	struct failure f = failure_none();
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) != SQLITE_OK)
		return store_failed(s, "cannot be read");
	if (sqlite3_step(st) == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else
		f = store_failed(s, "cannot be read");
	sqlite3_finalize(st);
	return f;
}

static struct failure make_schema(struct store *s)
{
	char text[96];

	sqlite3_snprintf(sizeof(text), text,
		"PRAGMA user_version = %d; PRAGMA application_id = %d;", SCHEMA_VERSION,
		APPLICATION_ID);
	TRY_FAILURE(store_run(s, "BEGIN IMMEDIATE"));
	TRY_FAILURE(store_run(s, schema));
	TRY_FAILURE(store_run(s, text));
	return store_run(s, "COMMIT");
}

/* A new file gets the schema in one transaction; one of another kind or version is refused. */
static struct failure check_schema(struct store *s, const char *path, enum store_mode mode)
{
	int64_t application = 0, version = 0, tables = 0;

	TRY_FAILURE(pragma(s, "PRAGMA application_id", &application));
	TRY_FAILURE(pragma(s, "PRAGMA user_version", &version));
	TRY_FAILURE(pragma(s, "SELECT count(*) FROM sqlite_schema", &tables));
	if (application == APPLICATION_ID && version == SCHEMA_VERSION)
		return failure_none();
	if (application == APPLICATION_ID)
		return refuse("%s: a store of version %lld, and this protostar reads version %d: "
			      "use the protostar that wrote it, or begin anew with --init",
			path, (long long)version, SCHEMA_VERSION);
	if (application || version || tables)
		return refuse("%s is not a store of protostar's", path);
	if (mode != STORE_CREATE)
		return refuse(
			"%s is empty: a store was lost. Restore it from a backup, with the keys "
			"and the audit record of the same backup",
			path);
	return make_schema(s);
}

static struct failure prepare_all(struct store *s)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &s->statements[i], NULL) != SQLITE_OK)
			return store_failed(s, "cannot prepare a statement");
	return failure_none();
}

static struct failure open_file(struct store *s, const char *path, enum store_mode mode)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
		    (mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
		    (mode == STORE_CREATE ? SQLITE_OPEN_CREATE : 0);
	struct stat st;

	if (mode != STORE_CREATE && stat(path, &st))
		return refuse("%s: %s", path, strerror(errno));
	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
		return refuse("%s: %s", path, s->db ? sqlite3_errmsg(s->db) : "out of memory");
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* Looked at before it is written to: an empty file stays as it was found. */
	TRY_FAILURE(check_schema(s, path, mode));
	if (mode != STORE_READ)
		TRY_FAILURE(store_run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
	return prepare_all(s);
}

struct failure store_open(const char *path, enum store_mode mode, struct store **out)
{
	struct store *s = calloc(1, sizeof(*s));
	mode_t mask = umask(0077);
	struct failure f;

	f = s ? open_file(s, path, mode) : refuse("out of memory");
	umask(mask);
	if (f.happened)
		store_close(s);
	else
		*out = s;
	return f;
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

void bind_bytes(struct binder *b, const uint8_t *data, size_t len)
{
	b->failed |= sqlite3_bind_blob(b->st, ++b->at, data, (int)len, SQLITE_STATIC) != SQLITE_OK;
}

void bind_number(struct binder *b, uint64_t v)
{
	b->failed |= v > INT64_MAX ||
		     sqlite3_bind_int64(b->st, ++b->at, (sqlite3_int64)v) != SQLITE_OK;
}

void bind_text(struct binder *b, const char *text)
{
	b->failed |= sqlite3_bind_text(b->st, ++b->at, text, -1, SQLITE_STATIC) != SQLITE_OK;
}

struct failure store_write(struct store *s, struct binder *b)
{
	struct failure f = failure_none();

	if (b->failed || sqlite3_step(b->st) != SQLITE_DONE)
		f = store_failed(s, "cannot be written");
	sqlite3_reset(b->st);
	sqlite3_clear_bindings(b->st);
	return f;
}

struct failure store_read(struct store *s, struct binder *b, bool *out_found)
{
	int rc = b->failed ? SQLITE_ERROR : sqlite3_step(b->st);

	*out_found = rc == SQLITE_ROW;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return store_failed(s, "cannot be read");
	return failure_none();
}

void column_bytes(sqlite3_stmt *st, int column, uint8_t *out, size_t len)
{
	const void *data = sqlite3_column_blob(st, column);

	memset(out, 0, len);
	if (data && (size_t)sqlite3_column_bytes(st, column) == len)
		memcpy(out, data, len);
}

void column_text(sqlite3_stmt *st, int column, char *out, size_t cap)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	snprintf(out, cap, "%s", text ? (const char *)text : "");
}

uint64_t column_number(sqlite3_stmt *st, int column)
{
	return (uint64_t)sqlite3_column_int64(st, column);
}

struct failure store_begin(struct store *s)
{
	return store_run(s, "BEGIN IMMEDIATE");
}

struct failure store_commit(struct store *s)
{
	struct failure f = store_run(s, "COMMIT");

	if (f.happened)
		store_rollback(s);
	return f;
}

void store_rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}
