/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/operator/bundle_keys.h"

#include <stdlib.h>
#include <string.h>

struct bundle_keys {
	struct key_service service; /* first: what its callers hold */
	const struct bundle *bundle;
};

static struct failure no_status(struct key_service *k, struct key_status *out)
{
	(void)k;
	(void)out;
	return refuse("a bundle has keys of disks, and no key-encryption key");
}

static const struct bundle_node *find(const struct bundle *b, const struct key_request *r)
{
	for (size_t i = 0; i < b->node_count; i++) {
		const struct store_disk *d = &b->nodes[i].disk;

		if (memcmp(d->disk_id, r->disk_id, DISK_ID_LEN) == 0 &&
			memcmp(d->salt, r->salt, DISK_SALT_LEN) == 0 &&
			d->key_version == r->version &&
			(!r->next_version || r->next_version == d->next_version))
			return &b->nodes[i];
	}
	return NULL;
}

/* Its own copy of the key is in locked memory, and gone when this returns. */
static bool write_plain(const struct bundle_node *n, const struct key_request *r,
	struct secret *plain, size_t *out_len)
{
	struct grant_secrets secrets = {.join_material = r->join_material};
	struct wire_writer w;

	memcpy(secrets.disk_key, n->disk_key.data, DISK_KEY_LEN);
	secrets.has_next = r->next_version && n->next_key.len == DISK_KEY_LEN;
	if (secrets.has_next)
		memcpy(secrets.next_key, n->next_key.data, DISK_KEY_LEN);
	wire_write_start(&w, plain->bytes, plain->len);
	grant_secrets_put(&w, &secrets);
	wipe(&secrets, sizeof(secrets));
	*out_len = w.len;
	return !w.failed;
}

static enum key_answer seal_key(struct key_service *k, const struct key_request *r, uint8_t *out,
	size_t cap, size_t *out_len)
{
	const struct bundle_keys *keys = (const struct bundle_keys *)k;
	const struct bundle_node *n = find(keys->bundle, r);
	SECRET_AUTO plain = {0};
	size_t len = 0;

	if (!n || n->disk_key.len != DISK_KEY_LEN)
		return KEY_REFUSED;
	if (failed(secret_new(2 * DISK_KEY_LEN + 4 + 4 + r->join_material.len, &plain)))
		return KEY_AWAY;
	if (!write_plain(n, r, &plain, &len) || seal_len(&r->to, len) > cap ||
		!seal(&r->to, r->rd, r->aad, (struct span){plain.bytes, len}, out, out_len))
		return KEY_REFUSED;
	return KEY_SEALED;
}

static void close_keys(struct key_service *k)
{
	free(k);
}

struct failure bundle_key_service(const struct bundle *b, struct key_service **out)
{
	static const struct key_service_ops ops = {no_status, seal_key, close_keys};
	struct bundle_keys *k = calloc(1, sizeof(*k));

	if (!k)
		return refuse("out of memory");
	*k = (struct bundle_keys){.service = {&ops}, .bundle = b};
	*out = &k->service;
	return failure_none();
}
