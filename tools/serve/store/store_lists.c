/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operators say of machines that may come, and who waits for their word. */
#include "tools/serve/store/store_sqlite.h"

void store_get_enrolment_row(sqlite3_stmt *st, struct store_enrolment *out)
{
	column_bytes(st, 0, out->node_id, TPM_NAME_LEN);
	out->has_disk = sqlite3_column_type(st, 1) == SQLITE_BLOB;
	column_bytes(st, 1, out->disk_id, DISK_ID_LEN);
	column_text(st, 2, out->role, sizeof(out->role));
	column_text(st, 3, out->label, sizeof(out->label));
	column_text(st, 4, out->subject, sizeof(out->subject));
	out->time_s = column_number(st, 5);
}

static void get_pending_row(sqlite3_stmt *st, struct store_pending *out)
{
	column_bytes(st, 0, out->node_id, TPM_NAME_LEN);
	column_bytes(st, 1, out->source, STORE_SOURCE_LEN);
	column_bytes(st, 2, out->disk_id, DISK_ID_LEN);
	column_text(st, 3, out->set_name, sizeof(out->set_name));
	column_text(st, 4, out->role, sizeof(out->role));
	column_text(st, 5, out->subject, sizeof(out->subject));
	out->first_s = column_number(st, 6);
	out->last_s = column_number(st, 7);
	out->tries = column_number(st, 8);
}

void store_get_ticket_row(sqlite3_stmt *st, struct store_ticket *out)
{
	column_bytes(st, 0, out->disk_id, DISK_ID_LEN);
	out->uses = column_number(st, 1);
	out->until_s = column_number(st, 2);
}

struct failure store_get_enrolment(struct store *s, const uint8_t node_id[TPM_NAME_LEN],
	const uint8_t *ek_id, struct store_enrolment *out, bool *out_found)
{
	struct binder b = {.st = s->statements[FIND_ENROLMENT]};

	bind_bytes(&b, node_id, TPM_NAME_LEN);
	bind_bytes(&b, ek_id ? ek_id : node_id, TPM_NAME_LEN);
	TRY_FAILURE(store_read(s, &b, out_found));
	if (*out_found)
		store_get_enrolment_row(b.st, out);
	sqlite3_reset(b.st);
	return failure_none();
}

struct failure store_put_enrolment(struct store *s, const struct store_enrolment *enrolment)
{
	struct binder b = {.st = s->statements[PUT_ENROLMENT]};

	bind_bytes(&b, enrolment->node_id, TPM_NAME_LEN);
	/* No bytes at all are NULL: no disk. */
	bind_bytes(&b, enrolment->has_disk ? enrolment->disk_id : NULL, DISK_ID_LEN);
	bind_text(&b, enrolment->role);
	bind_text(&b, enrolment->label);
	bind_text(&b, enrolment->subject);
	bind_number(&b, enrolment->time_s);
	return store_write(s, &b);
}

static struct failure drop(struct store *s, enum statement which, const uint8_t *key, size_t len)
{
	struct binder b = {.st = s->statements[which]};

	bind_bytes(&b, key, len);
	return store_write(s, &b);
}

struct failure store_drop_enrolment(struct store *s, const uint8_t node_id[TPM_NAME_LEN])
{
	return drop(s, DROP_ENROLMENT, node_id, TPM_NAME_LEN);
}

struct failure store_drop_pending(struct store *s, const uint8_t node_id[TPM_NAME_LEN])
{
	return drop(s, DROP_PENDING, node_id, TPM_NAME_LEN);
}

/* Calls `row` for each row of a statement. */
static struct failure each_row(struct store *s, enum statement which,
	void (*row)(sqlite3_stmt *st, void *visit), void *visit)
{
	sqlite3_stmt *st = s->statements[which];
	struct failure f = failure_none();
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		row(st, visit);
	if (rc != SQLITE_DONE)
		f = store_failed(s, "cannot be read");
	sqlite3_reset(st);
	return f;
}

struct enrolment_visit {
	void (*each)(void *context, const struct store_enrolment *enrolment);
	void *context;
};

static void visit_enrolment(sqlite3_stmt *st, void *visit)
{
	const struct enrolment_visit *v = visit;
	struct store_enrolment enrolment;

	store_get_enrolment_row(st, &enrolment);
	v->each(v->context, &enrolment);
}

struct failure store_each_enrolment(struct store *s,
	void (*each)(void *context, const struct store_enrolment *enrolment), void *context)
{
	struct enrolment_visit v = {each, context};

	return each_row(s, EACH_ENROLMENT, visit_enrolment, &v);
}

struct pending_visit {
	void (*each)(void *context, const struct store_pending *pending);
	void *context;
};

static void visit_pending(sqlite3_stmt *st, void *visit)
{
	const struct pending_visit *v = visit;
	struct store_pending pending;

	get_pending_row(st, &pending);
	v->each(v->context, &pending);
}

struct failure store_each_pending(struct store *s,
	void (*each)(void *context, const struct store_pending *pending), void *context)
{
	struct pending_visit v = {each, context};

	return each_row(s, EACH_PENDING, visit_pending, &v);
}

static struct failure count_others(
	struct store *s, const uint8_t node_id[TPM_NAME_LEN], uint64_t *out)
{
	struct binder b = {.st = s->statements[COUNT_PENDING]};
	bool found;

	bind_bytes(&b, node_id, TPM_NAME_LEN);
	TRY_FAILURE(store_read(s, &b, &found));
	*out = found ? column_number(b.st, 0) : 0;
	sqlite3_reset(b.st);
	return failure_none();
}

/*
 * A place of max by who came last of the most crowded source; *out_made false: no source has more
 * than its share, or than this one.
 */
static struct failure make_place(
	struct store *s, const uint8_t source[STORE_SOURCE_LEN], uint64_t max, bool *out_made)
{
	struct binder b = {.st = s->statements[CROWDED_PENDING]};

	bind_number(&b, max);
	bind_bytes(&b, source, STORE_SOURCE_LEN);
	TRY_FAILURE(store_write(s, &b));
	*out_made = sqlite3_changes(s->db) > 0;
	return failure_none();
}

struct failure store_put_pending(struct store *s, const struct store_pending *pending,
	uint64_t older_than_s, uint64_t max, bool *out_full)
{
	struct binder age = {.st = s->statements[AGE_PENDING]};
	struct binder b = {.st = s->statements[PUT_PENDING]};
	uint64_t others = 0;
	bool place = true;

	bind_number(&age, older_than_s);
	TRY_FAILURE(store_write(s, &age));
	TRY_FAILURE(count_others(s, pending->node_id, &others));
	if (others >= max)
		TRY_FAILURE(make_place(s, pending->source, max, &place));
	*out_full = !place;
	if (!place)
		return failure_none();
	bind_bytes(&b, pending->node_id, TPM_NAME_LEN);
	bind_bytes(&b, pending->source, STORE_SOURCE_LEN);
	bind_bytes(&b, pending->disk_id, DISK_ID_LEN);
	bind_text(&b, pending->set_name);
	bind_text(&b, pending->role);
	bind_text(&b, pending->subject);
	bind_number(&b, pending->first_s);
	bind_number(&b, pending->last_s);
	return store_write(s, &b);
}

struct failure store_put_ticket(struct store *s, const struct store_ticket *ticket)
{
	struct binder b = {.st = s->statements[PUT_TICKET]};

	if (!ticket->uses)
		return drop(s, DROP_TICKET, ticket->disk_id, DISK_ID_LEN);
	bind_bytes(&b, ticket->disk_id, DISK_ID_LEN);
	bind_number(&b, ticket->uses);
	bind_number(&b, ticket->until_s);
	return store_write(s, &b);
}

struct ticket_visit {
	void (*each)(void *context, const struct store_ticket *ticket);
	void *context;
};

static void visit_ticket(sqlite3_stmt *st, void *visit)
{
	const struct ticket_visit *v = visit;
	struct store_ticket ticket;

	store_get_ticket_row(st, &ticket);
	v->each(v->context, &ticket);
}

struct failure store_each_ticket(struct store *s,
	void (*each)(void *context, const struct store_ticket *ticket), void *context)
{
	struct ticket_visit v = {each, context};

	return each_row(s, EACH_TICKET, visit_ticket, &v);
}
