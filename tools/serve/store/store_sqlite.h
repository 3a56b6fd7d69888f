/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the SQLite store; private to them. */
#ifndef TOOLS_SERVE_STORE_STORE_SQLITE_H
#define TOOLS_SERVE_STORE_STORE_SQLITE_H

#include <sqlite3.h>
#include "tools/serve/store/store.h"

enum statement {
	FIND_NODE,
	FIND_DISK,
	FIND_AK,
	FIND_EK,
	FIND_ENROLMENT,
	FIND_RESERVED,
	FIND_TICKET,
	FIND_ALLOWANCE,
	COUNT_NODES,
	PUT_NODE,
	CHANGE_NODE,
	PUT_DISK,
	CHANGE_DISK,
	DROP_NODE,
	DROP_DISK,
	EACH_NODE,
	PUT_ENROLMENT,
	DROP_ENROLMENT,
	EACH_ENROLMENT,
	AGE_PENDING,
	COUNT_PENDING,
	CROWDED_PENDING,
	PUT_PENDING,
	DROP_PENDING,
	EACH_PENDING,
	PUT_TICKET,
	DROP_TICKET,
	EACH_TICKET,
	PUT_BUNDLE,
	FIND_BUNDLE,
	EACH_BUNDLE,
	PUT_BUNDLE_NODE,
	FIND_BUNDLE_NODE,
	PUT_ALLOWANCE,
	DROP_ALLOWANCE,
	GET_POSITION,
	PUT_POSITION,
	GET_KEK,
	PUT_KEK,
	NEXT_KEK,
	CURRENT_KEK,
	CHANGE_KEK,
	FIND_RETIRED,
	EACH_KEK,
	PUT_CHANGE,
	NEXT_CHANGE,
	DROP_CHANGE,
	PUT_REVOCATION,
	DROP_REVOCATION,
	FIND_REVOCATION,
	FIND_EPOCH_ABOVE,
	EACH_REVOCATION,
	STATEMENTS
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
};

/* What SQLite says, with what it was about. */
struct failure store_failed(struct store *s, const char *what) MUST_CHECK;
/* Runs SQL without results. */
struct failure store_run(struct store *s, const char *text) MUST_CHECK;

/*
 * Binds values in order; SQLite's own error, looked at once at the end, covers all of them.
 * The bytes and texts must live until store_write() or store_read() has returned.
 */
struct binder {
	sqlite3_stmt *st;
	int at;
	bool failed;
};

void bind_bytes(struct binder *b, const uint8_t *data, size_t len);
void bind_number(struct binder *b, uint64_t v);
void bind_text(struct binder *b, const char *text);
/* Runs a bound statement that changes rows, and resets it. */
struct failure store_write(struct store *s, struct binder *b) MUST_CHECK;
/* Runs a bound statement to its first row; *out_found: it stands on one. The caller resets it. */
struct failure store_read(struct store *s, struct binder *b, bool *out_found) MUST_CHECK;

/* store_lists.c: the rows that FIND_ENROLMENT and FIND_TICKET stand on. */
void store_get_enrolment_row(sqlite3_stmt *st, struct store_enrolment *out);
void store_get_ticket_row(sqlite3_stmt *st, struct store_ticket *out);

/* Columns of the row that a statement stands on. A blob of another length is zeros. */
void column_bytes(sqlite3_stmt *st, int column, uint8_t *out, size_t len);
void column_text(sqlite3_stmt *st, int column, char *out, size_t cap);
uint64_t column_number(sqlite3_stmt *st, int column);

#endif
