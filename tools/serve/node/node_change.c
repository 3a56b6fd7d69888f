/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar node forget|rebind|accept|allow-format`: what an operator changes. Change and change
 * are one transaction of the store; the service writes the change into the audit record before its
 * next grant.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/lib/hex.h"
#include "tools/serve/node/node_word.h"

#define DIGITS_MIN NODE_DIGITS_MIN
#define NAME_HEX   NODE_NAME_HEX
#define DISK_HEX   NODE_DISK_HEX

/* The one node or disk that a name means. */
struct found {
	const char *name;
	unsigned count;
	struct store_node node;
	struct store_disk disk;
};

static void look(void *context, const struct store_node *node, const struct store_disk *disk)
{
	struct found *f = context;
	char ek[NAME_HEX], id[DISK_HEX];
	size_t len = strlen(f->name);

	hex_encode(node->node_id, TPM_NAME_LEN, ek);
	hex_encode(node->disk_id, DISK_ID_LEN, id);
	if (strncmp(ek, f->name, len) != 0 && strncmp(id, f->name, len) != 0)
		return;
	f->node = *node;
	f->disk = *disk;
	f->count++;
}

static struct failure find(struct store *s, const char *name, struct found *out)
{
	*out = (struct found){.name = name};
	if (strlen(name) < DIGITS_MIN)
		return refuse(
			"%s: give at least %u digits of a node's or disk's name", name, DIGITS_MIN);
	TRY_FAILURE(store_each(s, look, out));
	if (out->count > 1)
		return refuse("%s is the beginning of %u names: give more of it", name, out->count);
	return out->count == 1 ? failure_none() : refuse("no node or disk is named %s", name);
}

struct failure node_put_change(struct store *s, const char *what, const char *format, ...)
{
	struct store_change change = {.time_s = (uint64_t)time(NULL), .uid = getuid()};
	va_list args;

	snprintf(change.what, sizeof(change.what), "%s", what);
	va_start(args, format);
	vsnprintf(change.detail, sizeof(change.detail), format, args);
	va_end(args);
	return store_put_change(s, &change);
}

static struct failure forget(struct store *s, const struct node_request *r)
{
	struct found f;
	char ek[NAME_HEX], id[DISK_HEX];

	TRY_FAILURE(find(s, r->name, &f));
	TRY_FAILURE(store_remove(s, &f.disk));
	hex_encode(f.node.node_id, TPM_NAME_LEN, ek);
	hex_encode(f.disk.disk_id, DISK_ID_LEN, id);
	return node_put_change(s, "forget", "node %s, disk %s", ek, id);
}

static struct failure rebind(struct store *s, const struct node_request *r)
{
	struct found f;
	char ek[NAME_HEX], id[DISK_HEX];
	uint8_t name[TPM_NAME_LEN];
	struct store_key key = {name, name, NULL, NULL};
	struct store_view view;

	TRY_FAILURE(find(s, r->name, &f));
	if (!hex_decode_text(r->other, strlen(r->other), name, sizeof(name)))
		return refuse("%s is not a node's whole name, %zu hex digits", r->other,
			2 * sizeof(name));
	key.disk_id = f.disk.disk_id;
	TRY_FAILURE(store_view(s, &key, &view));
	if (view.has_node)
		return refuse(
			"node %.16s has a disk: forget it first, or it is the same node", r->other);
	hex_encode(f.node.node_id, TPM_NAME_LEN, ek);
	hex_encode(f.disk.disk_id, DISK_ID_LEN, id);
	TRY_FAILURE(store_remove(s, &f.disk));
	/* Key and firmware are the new machine's: proven and recorded when it joins. */
	memcpy(f.node.node_id, name, sizeof(name));
	memcpy(f.disk.node_id, name, sizeof(name));
	memset(f.node.ak_name, 0, sizeof(f.node.ak_name));
	memset(f.node.ek_id, 0, sizeof(f.node.ek_id));
	f.node.subject[0] = 0;
	f.node.firmware = (struct store_firmware){0};
	f.node.accept_firmware = false;
	TRY_FAILURE(store_put_node(s, &f.node));
	TRY_FAILURE(store_put_disk(s, &f.disk));
	return node_put_change(s, "rebind", "disk %s from node %s to %s", id, ek, r->other);
}

static struct failure accept_firmware(struct store *s, const struct node_request *r)
{
	struct found f;
	char ek[NAME_HEX];

	TRY_FAILURE(find(s, r->name, &f));
	hex_encode(f.node.node_id, TPM_NAME_LEN, ek);
	f.node.accept_firmware = true;
	TRY_FAILURE(store_put_node(s, &f.node));
	return node_put_change(s, "accept", "node %s", ek);
}

static struct failure allow_format(struct store *s, const struct node_request *r)
{
	static const uint8_t nobody[TPM_NAME_LEN];
	uint8_t id[DISK_ID_LEN];
	const struct store_key key = {nobody, NULL, NULL, id};
	struct store_view view;

	if (!hex_decode_text(r->name, strlen(r->name), id, sizeof(id)))
		return refuse("%s is not a disk's whole identifier, %zu hex digits", r->name,
			2 * sizeof(id));
	TRY_FAILURE(store_view(s, &key, &view));
	if (view.has_disk && view.disk.state == DISK_ACTIVE)
		return refuse("disk %s is in use: forget it first", r->name);
	view.disk.may_overwrite = true;
	TRY_FAILURE(
		view.has_disk ? store_put_disk(s, &view.disk) : store_allow_format(s, id, true));
	return node_put_change(s, "allow-format", "disk %s", r->name);
}

static struct failure act_in_transaction(struct store *s, const struct node_request *r,
	struct failure (*act)(struct store *s, const struct node_request *r))
{
	struct failure f;

	TRY_FAILURE(store_begin(s));
	f = act(s, r);
	if (!f.happened)
		return store_commit(s);
	store_rollback(s);
	return f;
}

struct failure node_in_transaction(const struct node_request *r,
	struct failure (*act)(struct store *s, const struct node_request *r))
{
	struct store *s = NULL;
	struct failure f = node_store(r, STORE_CHANGE, &s);

	if (!f.happened)
		f = act_in_transaction(s, r, act);
	store_close(s);
	return f;
}

struct failure node_forget(const struct node_request *r)
{
	return node_in_transaction(r, forget);
}

struct failure node_rebind(const struct node_request *r)
{
	return node_in_transaction(r, rebind);
}

struct failure node_accept(const struct node_request *r)
{
	return node_in_transaction(r, accept_firmware);
}

struct failure node_allow_format(const struct node_request *r)
{
	return node_in_transaction(r, allow_format);
}
