/*
 * `protostar node forget|rebind|accept|allow-format`: what an operator changes. Change and deed are
 * one transaction of the store; the service writes the deed into the audit record before its next
 * grant.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/lib/hex.h"
#include "tools/serve/node_command.h"

#define DIGITS_MIN 8u /* of a name's beginning: a slip must not hit another node */
#define NAME_HEX   (2 * TPM_NAME_LEN + 1)
#define DISK_HEX   (2 * DISK_ID_LEN + 1)

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

	hex_encode(node->ek_name, TPM_NAME_LEN, ek);
	hex_encode(node->disk_id, DISK_ID_LEN, id);
	if (strncmp(ek, f->name, len) != 0 && strncmp(id, f->name, len) != 0)
		return;
	f->node = *node;
	f->disk = *disk;
	f->count++;
}

static bool find(struct store *s, const char *name, struct found *out, struct why *why)
{
	*out = (struct found){.name = name};
	if (strlen(name) < DIGITS_MIN)
		return refuse(why, "%s: give at least %u digits of a node's or disk's name", name,
			DIGITS_MIN);
	if (!store_each(s, look, out, why))
		return false;
	if (out->count > 1)
		return refuse(
			why, "%s is the beginning of %u names: give more of it", name, out->count);
	return out->count == 1 || refuse(why, "no node or disk is named %s", name);
}

__attribute__((format(printf, 4, 5))) static bool put_deed(
	struct store *s, const char *what, struct why *why, const char *format, ...)
{
	struct store_deed deed = {.time_s = (uint64_t)time(NULL), .uid = getuid()};
	va_list args;

	snprintf(deed.what, sizeof(deed.what), "%s", what);
	va_start(args, format);
	vsnprintf(deed.detail, sizeof(deed.detail), format, args);
	va_end(args);
	return store_put_deed(s, &deed, why);
}

static bool forget(struct store *s, const struct node_request *r, struct why *why)
{
	struct found f;
	char ek[NAME_HEX], id[DISK_HEX];

	if (!find(s, r->name, &f, why) || !store_remove(s, &f.disk, why))
		return false;
	hex_encode(f.node.ek_name, TPM_NAME_LEN, ek);
	hex_encode(f.disk.disk_id, DISK_ID_LEN, id);
	return put_deed(s, "forget", why, "node %s, disk %s", ek, id);
}

static bool rebind(struct store *s, const struct node_request *r, struct why *why)
{
	struct found f;
	char ek[NAME_HEX], id[DISK_HEX];
	uint8_t name[TPM_NAME_LEN];
	struct store_key key = {name, name, NULL};
	struct store_view view;

	if (!find(s, r->name, &f, why))
		return false;
	if (!hex_decode_text(r->other, strlen(r->other), name, sizeof(name)))
		return refuse(why, "%s is not a node's whole name, %zu hex digits", r->other,
			2 * sizeof(name));
	key.disk_id = f.disk.disk_id;
	if (!store_view(s, &key, &view, why))
		return false;
	if (view.has_node)
		return refuse(why, "node %.16s has a disk: forget it first, or it is the same node",
			r->other);
	hex_encode(f.node.ek_name, TPM_NAME_LEN, ek);
	hex_encode(f.disk.disk_id, DISK_ID_LEN, id);
	if (!store_remove(s, &f.disk, why))
		return false;
	/* Key and firmware are the new machine's: proven and recorded when it joins. */
	memcpy(f.node.ek_name, name, sizeof(name));
	memcpy(f.disk.ek_name, name, sizeof(name));
	memset(f.node.ak_name, 0, sizeof(f.node.ak_name));
	f.node.firmware = (struct store_firmware){0};
	f.node.accept_firmware = false;
	return store_put_node(s, &f.node, why) && store_put_disk(s, &f.disk, why) &&
	       put_deed(s, "rebind", why, "disk %s from node %s to %s", id, ek, r->other);
}

static bool accept_firmware(struct store *s, const struct node_request *r, struct why *why)
{
	struct found f;
	char ek[NAME_HEX];

	if (!find(s, r->name, &f, why))
		return false;
	hex_encode(f.node.ek_name, TPM_NAME_LEN, ek);
	f.node.accept_firmware = true;
	return store_put_node(s, &f.node, why) && put_deed(s, "accept", why, "node %s", ek);
}

static bool allow_format(struct store *s, const struct node_request *r, struct why *why)
{
	static const uint8_t nobody[TPM_NAME_LEN];
	uint8_t id[DISK_ID_LEN];
	const struct store_key key = {nobody, nobody, id};
	struct store_view view;

	if (!hex_decode_text(r->name, strlen(r->name), id, sizeof(id)))
		return refuse(why, "%s is not a disk's whole identifier, %zu hex digits", r->name,
			2 * sizeof(id));
	if (!store_view(s, &key, &view, why))
		return false;
	if (view.has_disk && view.disk.state == DISK_ACTIVE)
		return refuse(why, "disk %s is in use: forget it first", r->name);
	view.disk.may_overwrite = true;
	return (view.has_disk ? store_put_disk(s, &view.disk, why)
			      : store_allow_format(s, id, true, why)) &&
	       put_deed(s, "allow-format", why, "disk %s", r->name);
}

static bool change(const struct node_request *r,
	bool (*act)(struct store *s, const struct node_request *r, struct why *why),
	struct why *why)
{
	struct store *s = NULL;
	bool good = node_store(r, STORE_CHANGE, &s, why) && store_begin(s, why);

	if (good && !act(s, r, why)) {
		store_rollback(s);
		good = false;
	}
	good = good && store_commit(s, why);
	store_close(s);
	return good;
}

bool node_forget(const struct node_request *r, struct why *why)
{
	return change(r, forget, why);
}

bool node_rebind(const struct node_request *r, struct why *why)
{
	return change(r, rebind, why);
}

bool node_accept(const struct node_request *r, struct why *why)
{
	return change(r, accept_firmware, why);
}

bool node_allow_format(const struct node_request *r, struct why *why)
{
	return change(r, allow_format, why);
}
