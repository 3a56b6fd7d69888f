/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes and disks. */
#include <string.h>

#include "crypto/secret.h"
#include "tools/serve/store/store_sqlite.h"

static void get_node(sqlite3_stmt *st, int at, struct store_node *out)
{
	column_bytes(st, at, out->node_id, TPM_NAME_LEN);
	column_bytes(st, at + 1, out->ek_id, TPM_NAME_LEN);
	column_bytes(st, at + 2, out->ak_name, TPM_NAME_LEN);
	column_bytes(st, at + 3, out->disk_id, DISK_ID_LEN);
	out->first_join_s = column_number(st, at + 4);
	out->last_join_s = column_number(st, at + 5);
	out->epoch = (uint32_t)column_number(st, at + 6);
	column_text(st, at + 7, out->set_name, sizeof(out->set_name));
	column_text(st, at + 8, out->role, sizeof(out->role));
	out->firmware.bank = (uint16_t)column_number(st, at + 9);
	column_bytes(st, at + 10, out->firmware.pcr[0], sizeof(out->firmware.pcr));
	out->accept_firmware = column_number(st, at + 11) != 0;
	column_text(st, at + 12, out->subject, sizeof(out->subject));
}

#define NODE_COLUMN_COUNT 13

static void get_disk(sqlite3_stmt *st, int at, struct store_disk *out)
{
	column_bytes(st, at, out->disk_id, DISK_ID_LEN);
	column_bytes(st, at + 1, out->node_id, TPM_NAME_LEN);
	out->state = (enum disk_state)column_number(st, at + 2);
	out->key_version = (uint32_t)column_number(st, at + 3);
	column_bytes(st, at + 4, out->salt, DISK_SALT_LEN);
	out->generation = column_number(st, at + 5);
	column_bytes(st, at + 6, out->header_mac, HEADER_MAC_LEN);
	out->attempt = column_number(st, at + 7);
	out->may_overwrite = column_number(st, at + 8) != 0;
	out->next_version = (uint32_t)column_number(st, at + 9);
	column_bytes(st, at + 10, out->next_header_mac, HEADER_MAC_LEN);
}

static struct failure look_up(
	struct store *s, enum statement which, const uint8_t *key, size_t len, bool *out_found)
{
	struct binder b = {.st = s->statements[which]};

	bind_bytes(&b, key, len);
	return store_read(s, &b, out_found);
}

/* Another node than the key's with this EK or AK; who has none shares it with nobody. */
static struct failure look_up_other(struct store *s, enum statement which, const uint8_t *name,
	const uint8_t *node_id, bool *out_found)
{
	static const uint8_t none[TPM_NAME_LEN];
	struct binder b = {.st = s->statements[which]};

	if (!name || memcmp(name, none, TPM_NAME_LEN) == 0) {
		*out_found = false;
		return failure_none();
	}
	bind_bytes(&b, name, TPM_NAME_LEN);
	bind_bytes(&b, node_id, TPM_NAME_LEN);
	return store_read(s, &b, out_found);
}

/* What operators said of the machine or of the disk. */
static struct failure look_up_lists(
	struct store *s, const struct store_key *key, struct store_view *v)
{
	const uint8_t *ek_id = key->ek_id ? key->ek_id : key->node_id;
	struct binder enrolment = {.st = s->statements[FIND_ENROLMENT]};
	struct binder reserved = {.st = s->statements[FIND_RESERVED]};

	bind_bytes(&enrolment, key->node_id, TPM_NAME_LEN);
	bind_bytes(&enrolment, ek_id, TPM_NAME_LEN);
	TRY_FAILURE(store_read(s, &enrolment, &v->has_enrolment));
	bind_bytes(&reserved, key->disk_id, DISK_ID_LEN);
	bind_bytes(&reserved, key->node_id, TPM_NAME_LEN);
	bind_bytes(&reserved, ek_id, TPM_NAME_LEN);
	TRY_FAILURE(store_read(s, &reserved, &v->disk_reserved));
	return look_up(s, FIND_TICKET, key->disk_id, DISK_ID_LEN, &v->has_ticket);
}

static struct failure count_nodes(struct store *s, bool *out_counted)
{
	struct binder b = {.st = s->statements[COUNT_NODES]};

	return store_read(s, &b, out_counted);
}

/* Runs all that a view is of; the statements stand on their rows, also after a failure. */
static struct failure look_up_all(
	struct store *s, const struct store_key *key, struct store_view *v, bool *out_counted)
{
	TRY_FAILURE(look_up(s, FIND_NODE, key->node_id, TPM_NAME_LEN, &v->has_node));
	TRY_FAILURE(look_up(s, FIND_DISK, key->disk_id, DISK_ID_LEN, &v->has_disk));
	TRY_FAILURE(look_up_other(s, FIND_AK, key->ak_name, key->node_id, &v->ak_elsewhere));
	TRY_FAILURE(look_up_other(s, FIND_EK, key->ek_id, key->node_id, &v->ek_elsewhere));
	TRY_FAILURE(look_up(s, FIND_ALLOWANCE, key->disk_id, DISK_ID_LEN, &v->format_allowed));
	TRY_FAILURE(look_up_lists(s, key, v));
	/* It goes through an index of all nodes, which one that is known need not wait for. */
	return v->has_node ? failure_none() : count_nodes(s, out_counted);
}

struct failure store_view(struct store *s, const struct store_key *key, struct store_view *out)
{
	static const enum statement used[] = {FIND_NODE, FIND_DISK, FIND_AK, FIND_EK,
		FIND_ALLOWANCE, FIND_ENROLMENT, FIND_RESERVED, FIND_TICKET, COUNT_NODES};
	struct store_view v = {0};
	bool counted = false;
	struct failure f = look_up_all(s, key, &v, &counted);

	if (v.has_node)
		get_node(s->statements[FIND_NODE], 0, &v.node);
	if (v.has_disk)
		get_disk(s->statements[FIND_DISK], 0, &v.disk);
	if (v.has_enrolment)
		store_get_enrolment_row(s->statements[FIND_ENROLMENT], &v.enrolment);
	if (v.has_ticket)
		store_get_ticket_row(s->statements[FIND_TICKET], &v.ticket);
	if (counted)
		v.node_count = column_number(s->statements[COUNT_NODES], 0);
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		sqlite3_reset(s->statements[used[i]]);
	if (!f.happened)
		*out = v;
	return f;
}

/* What indices are of: with another of these the whole record is written. */
static bool same_names(const struct store_node *a, const struct store_node *b)
{
	return memcmp(a->ek_id, b->ek_id, TPM_NAME_LEN) == 0 &&
	       memcmp(a->ak_name, b->ak_name, TPM_NAME_LEN) == 0 &&
	       memcmp(a->disk_id, b->disk_id, DISK_ID_LEN) == 0;
}

static bool same_node(const struct store_node *a, const struct store_node *b)
{
	return a->last_join_s == b->last_join_s && a->epoch == b->epoch &&
	       a->accept_firmware == b->accept_firmware && a->firmware.bank == b->firmware.bank &&
	       memcmp(a->firmware.pcr, b->firmware.pcr, sizeof(a->firmware.pcr)) == 0 &&
	       strcmp(a->set_name, b->set_name) == 0 && strcmp(a->role, b->role) == 0 &&
	       strcmp(a->subject, b->subject) == 0;
}

static bool same_disk(const struct store_disk *a, const struct store_disk *b)
{
	return a->state == b->state && a->key_version == b->key_version &&
	       a->generation == b->generation && a->attempt == b->attempt &&
	       a->may_overwrite == b->may_overwrite && a->next_version == b->next_version &&
	       equal_ct(a->next_header_mac, b->next_header_mac, HEADER_MAC_LEN) &&
	       equal_ct(a->header_mac, b->header_mac, HEADER_MAC_LEN);
}

static void bind_state(struct binder *b, const struct store_node *node)
{
	bind_number(b, node->last_join_s);
	bind_number(b, node->epoch);
	bind_text(b, node->set_name);
	bind_text(b, node->role);
	bind_number(b, node->firmware.bank);
	bind_bytes(b, node->firmware.pcr[0], sizeof(node->firmware.pcr));
	bind_number(b, node->accept_firmware);
	bind_text(b, node->subject);
}

static struct failure change_node(struct store *s, const struct store_node *node)
{
	struct binder b = {.st = s->statements[CHANGE_NODE]};

	bind_state(&b, node);
	bind_bytes(&b, node->node_id, TPM_NAME_LEN);
	return store_write(s, &b);
}

static struct failure find_node(
	struct store *s, const uint8_t *node_id, struct store_node *out, bool *out_known)
{
	struct failure f = look_up(s, FIND_NODE, node_id, TPM_NAME_LEN, out_known);

	if (*out_known)
		get_node(s->statements[FIND_NODE], 0, out);
	sqlite3_reset(s->statements[FIND_NODE]);
	return f;
}

/* A grant to open changes nothing, and a commit no index. */
struct failure store_put_node(struct store *s, const struct store_node *node)
{
	struct binder b = {.st = s->statements[PUT_NODE]};
	struct store_node was = {.epoch = 0};
	bool known;

	TRY_FAILURE(find_node(s, node->node_id, &was, &known));
	if (known && same_names(&was, node))
		return same_node(&was, node) ? failure_none() : change_node(s, node);
	bind_bytes(&b, node->node_id, TPM_NAME_LEN);
	bind_bytes(&b, node->ek_id, TPM_NAME_LEN);
	bind_bytes(&b, node->ak_name, TPM_NAME_LEN);
	bind_bytes(&b, node->disk_id, DISK_ID_LEN);
	bind_number(&b, node->first_join_s);
	bind_state(&b, node);
	return store_write(s, &b);
}

static struct failure change_disk(struct store *s, const struct store_disk *disk)
{
	struct binder b = {.st = s->statements[CHANGE_DISK]};

	bind_number(&b, (uint64_t)disk->state);
	bind_number(&b, disk->key_version);
	bind_number(&b, disk->generation);
	bind_bytes(&b, disk->header_mac, HEADER_MAC_LEN);
	bind_number(&b, disk->attempt);
	bind_number(&b, disk->may_overwrite);
	bind_number(&b, disk->next_version);
	bind_bytes(&b, disk->next_header_mac, HEADER_MAC_LEN);
	bind_bytes(&b, disk->disk_id, DISK_ID_LEN);
	return store_write(s, &b);
}

static struct failure find_disk(
	struct store *s, const uint8_t *disk_id, struct store_disk *out, bool *out_known)
{
	struct failure f = look_up(s, FIND_DISK, disk_id, DISK_ID_LEN, out_known);

	if (*out_known)
		get_disk(s->statements[FIND_DISK], 0, out);
	sqlite3_reset(s->statements[FIND_DISK]);
	return f;
}

struct failure store_put_disk(struct store *s, const struct store_disk *disk)
{
	struct binder b = {.st = s->statements[PUT_DISK]};
	struct store_disk was = {.attempt = 0};
	bool known;

	TRY_FAILURE(find_disk(s, disk->disk_id, &was, &known));
	if (known && memcmp(was.node_id, disk->node_id, TPM_NAME_LEN) == 0 &&
		memcmp(was.salt, disk->salt, DISK_SALT_LEN) == 0)
		return same_disk(&was, disk) ? failure_none() : change_disk(s, disk);
	bind_bytes(&b, disk->disk_id, DISK_ID_LEN);
	bind_bytes(&b, disk->node_id, TPM_NAME_LEN);
	bind_number(&b, (uint64_t)disk->state);
	bind_number(&b, disk->key_version);
	bind_bytes(&b, disk->salt, DISK_SALT_LEN);
	bind_number(&b, disk->generation);
	bind_bytes(&b, disk->header_mac, HEADER_MAC_LEN);
	bind_number(&b, disk->attempt);
	bind_number(&b, disk->may_overwrite);
	bind_number(&b, disk->next_version);
	bind_bytes(&b, disk->next_header_mac, HEADER_MAC_LEN);
	return store_write(s, &b);
}

struct failure store_remove(struct store *s, const struct store_disk *disk)
{
	struct binder node = {.st = s->statements[DROP_NODE]};
	struct binder record = {.st = s->statements[DROP_DISK]};

	bind_bytes(&node, disk->disk_id, DISK_ID_LEN);
	bind_bytes(&record, disk->disk_id, DISK_ID_LEN);
	TRY_FAILURE(store_write(s, &node));
	return store_write(s, &record);
}

struct failure store_each(struct store *s,
	void (*each)(void *context, const struct store_node *node, const struct store_disk *disk),
	void *context)
{
	sqlite3_stmt *st = s->statements[EACH_NODE];
	struct failure f = failure_none();
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct store_node node;
		struct store_disk disk;

		get_node(st, 0, &node);
		get_disk(st, NODE_COLUMN_COUNT, &disk);
		each(context, &node, &disk);
	}
	if (rc != SQLITE_DONE)
		f = store_failed(s, "cannot be read");
	sqlite3_reset(st);
	return f;
}
