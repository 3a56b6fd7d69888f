/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bundle/bundle_seal.h"

#include <string.h>

#include "crypto/random.h"
#include "tools/bundle/bundle_head.h"
#include "tools/bundle/bundle_lock.h"
#include "tools/lib/private_file.h"

#define MAGIC	  "protostar-bundle 1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define ANY_LEN	  (MAGIC_LEN - 2) /* of it, what every version has */

_Static_assert(MAGIC_LEN + 64 + BUNDLE_LOCKS_MAX * 5 + LOCK_PASSPHRASE_LEN +
			       BUNDLE_KEYS_MAX * LOCK_KEY_LEN + LOCK_MAX <
		       BUNDLE_OUTER_MAX,
	"the locks fit");

static const uint8_t nonce[AEAD_NONCE_LEN]; /* zero: each key is used once */

struct lock {
	enum lock_kind kind;
	struct span body;
};

/* A file, taken apart. */
struct sealed {
	struct bundle_head head;
	struct lock locks[BUNDLE_LOCKS_MAX];
	size_t lock_count;
	struct span before;   /* what is authenticated beside the contents */
	struct span contents; /* encrypted, with the tag behind */
};

/* What the contents are encrypted with. */
static void content_key(
	const struct secret *key, const uint8_t id[BUNDLE_ID_LEN], uint8_t out[AEAD_KEY_LEN])
{
	static const char label[] = "protostar bundle contents v1";

	hkdf256(id, BUNDLE_ID_LEN, key->bytes, key->len, label, sizeof(label) - 1, out,
		AEAD_KEY_LEN);
}

static struct failure check_locks(const struct bundle_locks *locks)
{
	if (!locks->passphrase && !locks->key_count && !locks->share_count)
		return refuse("a bundle needs a lock: a passphrase, an operator's key or shares");
	if (locks->key_count > BUNDLE_KEYS_MAX)
		return refuse("a bundle is sealed to %u keys at most", BUNDLE_KEYS_MAX);
	return locks->share_count ? shares_check_numbers(locks->shares_needed, locks->share_count)
				  : failure_none();
}

static struct failure put_locks(struct wire_writer *w, const struct bundle_locks *locks,
	const uint8_t id[BUNDLE_ID_LEN], const struct secret *key, const struct share *shares)
{
	wire_put_u8(w, (uint8_t)((locks->passphrase ? 1u : 0u) + locks->key_count +
				 (locks->share_count ? 1u : 0u)));
	if (locks->passphrase) {
		wire_put_u8(w, LOCK_PASSPHRASE);
		TRY_FAILURE(lock_passphrase(w, locks->passphrase, key));
	}
	for (size_t i = 0; i < locks->key_count; i++) {
		wire_put_u8(w, LOCK_KEY);
		TRY_FAILURE(lock_key(w, locks->keys[i], id, key));
	}
	if (locks->share_count) {
		wire_put_u8(w, LOCK_SHARES);
		lock_shares(w, shares);
	}
	return failure_none();
}

/* Appends the whole file to `out`. */
static struct failure put_file(const struct bundle *b, const struct bundle_locks *locks,
	const struct secret *key, const struct share *shares, struct bytes *out)
{
	LOCKED_BYTES_AUTO plain = {0};
	uint8_t before[BUNDLE_OUTER_MAX], wrap[AEAD_KEY_LEN], tag[AEAD_TAG_LEN];
	struct wire_writer w;

	TRY_FAILURE(bundle_encode(b, &plain));
	wire_write_start(&w, before, sizeof(before));
	wire_put_bytes(&w, (const uint8_t *)MAGIC, MAGIC_LEN);
	bundle_put_head(&w, &b->head);
	TRY_FAILURE(put_locks(&w, locks, b->head.id, key, shares));
	wire_put_u32(&w, (uint32_t)(plain.len + AEAD_TAG_LEN));
	if (w.failed)
		return refuse("the bundle has too many locks");
	content_key(key, b->head.id, wrap);
	/* In place: nothing but what is encrypted gets into memory that is not locked. */
	aead_seal(wrap, nonce, before, w.len, plain.data, plain.len, tag);
	wipe(wrap, sizeof(wrap));
	bytes_add(out, before, w.len);
	bytes_add(out, plain.data, plain.len);
	bytes_add(out, tag, sizeof(tag));
	return failure_none();
}

struct failure bundle_seal(const struct bundle *b, const struct bundle_locks *locks,
	struct bytes *out, struct share *out_shares)
{
	SECRET_AUTO key = {0};
	struct failure f;

	TRY_FAILURE(check_locks(locks));
	if (failed(secret_new(BUNDLE_KEY_LEN, &key)))
		return refuse("no locked memory left for a key");
	if (failed(random_bytes(key.bytes, key.len)))
		return refuse("no random bytes for a key");
	if (locks->share_count)
		TRY_FAILURE(shares_split(key.bytes, b->head.id, locks->shares_needed,
			locks->share_count, out_shares));
	f = put_file(b, locks, &key, out_shares, out);
	for (size_t i = 0; f.happened && i < locks->share_count; i++)
		share_free(&out_shares[i]);
	return f;
}

static bool lock_good(const struct lock *lock)
{
	switch (lock->kind) {
	case LOCK_PASSPHRASE:
		return lock->body.len == LOCK_PASSPHRASE_LEN;
	case LOCK_KEY:
		return lock->body.len == LOCK_KEY_LEN;
	case LOCK_SHARES:
		return lock->body.len > 2 &&
		       !shares_check_numbers(lock->body.data[0], lock->body.data[1]).happened &&
		       lock->body.len == LOCK_SHARES_LEN(lock->body.data[1]);
	}
	return false;
}

/* Kinds come in order; there is one passphrase and one splitting at most. */
static void get_locks(struct cursor *r, struct sealed *out)
{
	uint8_t count = wire_get_u8(r), last = 0;

	if (!count || count > BUNDLE_LOCKS_MAX)
		r->failed = true;
	for (size_t i = 0; !r->failed && i < count; i++) {
		uint8_t kind = wire_get_u8(r);
		struct lock *lock = &out->locks[i];

		lock->body = wire_get_field(r, 1, LOCK_MAX);
		if (kind < LOCK_PASSPHRASE || kind > LOCK_SHARES || kind < last ||
			(kind == last && kind != LOCK_KEY)) {
			r->failed = true;
			return;
		}
		lock->kind = (enum lock_kind)kind;
		last = kind;
		if (!lock_good(lock))
			r->failed = true;
		out->lock_count = i + 1;
	}
}

static struct failure take_apart(struct span file, struct sealed *out)
{
	struct cursor r;

	*out = (struct sealed){.contents = {file.data, 0}};
	if (file.len < ANY_LEN || memcmp(file.data, MAGIC, ANY_LEN) != 0)
		return refuse("it is not a bundle");
	if (file.len < MAGIC_LEN || memcmp(file.data, MAGIC, MAGIC_LEN) != 0)
		return refuse("it is a bundle in a format that this release does not know: use the "
			      "release that wrote it");
	wire_read_start(&r, file.data, file.len);
	wire_skip(&r, MAGIC_LEN);
	bundle_get_head(&r, &out->head);
	get_locks(&r, out);
	out->contents.len = wire_get_u32(&r);
	if (r.failed || out->contents.len != r.left || r.left <= AEAD_TAG_LEN ||
		r.left > BUNDLE_PLAIN_MAX + AEAD_TAG_LEN)
		return refuse("the bundle was cut short or changed: take its backup, or export a "
			      "new one");
	out->contents.data = r.at;
	out->before = (struct span){file.data, file.len - out->contents.len};
	return failure_none();
}

static const struct lock *find_lock(const struct sealed *s, enum lock_kind kind)
{
	for (size_t i = 0; i < s->lock_count; i++)
		if (s->locks[i].kind == kind)
			return &s->locks[i];
	return NULL;
}

struct failure bundle_look(struct span file, struct bundle_outside *out)
{
	const struct lock *shares;
	struct sealed s;

	TRY_FAILURE(take_apart(file, &s));
	*out = (struct bundle_outside){.head = s.head};
	out->passphrase = find_lock(&s, LOCK_PASSPHRASE);
	for (size_t i = 0; i < s.lock_count; i++)
		out->key_count += s.locks[i].kind == LOCK_KEY;
	shares = find_lock(&s, LOCK_SHARES);
	if (shares) {
		out->shares_needed = shares->body.data[0];
		out->share_count = shares->body.data[1];
	}
	return failure_none();
}

static struct failure try_keys(
	const struct sealed *s, const struct key_pair *own, struct secret *key)
{
	bool mine = false;

	for (size_t i = 0; i < s->lock_count; i++) {
		if (s->locks[i].kind != LOCK_KEY)
			continue;
		TRY_FAILURE(unlock_key(s->locks[i].body, own, s->head.id, key, &mine));
		if (mine)
			return failure_none();
	}
	return refuse("the bundle is not sealed to this key");
}

static struct failure find_key(
	const struct sealed *s, const struct bundle_openers *o, struct secret *key)
{
	const struct lock *lock;

	if (o->passphrase) {
		lock = find_lock(s, LOCK_PASSPHRASE);
		return lock ? unlock_passphrase(lock->body, o->passphrase, key)
			    : refuse("the bundle is not sealed with a passphrase");
	}
	if (o->key)
		return try_keys(s, o->key, key);
	if (!o->share_count)
		return refuse("a passphrase, a key or shares are needed to open the bundle");
	lock = find_lock(s, LOCK_SHARES);
	return lock ? unlock_shares(lock->body, o->shares, o->share_count, s->head.id, key)
		    : refuse("the bundle is not split into shares");
}

static struct failure decrypt(
	const struct sealed *s, const struct secret *key, struct locked_bytes *plain)
{
	uint8_t wrap[AEAD_KEY_LEN];
	struct status opened;

	memcpy(plain->data, s->contents.data, plain->len);
	content_key(key, s->head.id, wrap);
	opened = aead_open(wrap, nonce, s->before.data, s->before.len, plain->data, plain->len,
		s->contents.data + plain->len);
	wipe(wrap, sizeof(wrap));
	return failed(opened) ? refuse("the bundle was changed: take its backup, or export a new "
				       "one")
			      : failure_none();
}

struct failure bundle_open(
	struct span file, const struct bundle_openers *openers, struct bundle *out)
{
	LOCKED_BYTES_AUTO plain = {0};
	SECRET_AUTO key = {0};
	struct bundle b = {0};
	struct sealed s;

	TRY_FAILURE(take_apart(file, &s));
	if (failed(secret_new(BUNDLE_KEY_LEN, &key)))
		return refuse("no locked memory left for a key");
	TRY_FAILURE(find_key(&s, openers, &key));
	TRY_FAILURE(locked_bytes_new(s.contents.len - AEAD_TAG_LEN, &plain));
	TRY_FAILURE(decrypt(&s, &key, &plain));
	TRY_FAILURE(bundle_decode(&plain, &b));
	if (b.head.kind != s.head.kind || b.head.created_s != s.head.created_s ||
		b.head.uses != s.head.uses || memcmp(b.head.id, s.head.id, BUNDLE_ID_LEN) != 0) {
		bundle_free(&b);
		return refuse("the bundle says one thing outside and another inside");
	}
	*out = b;
	return failure_none();
}

struct failure bundle_load(const char *path, struct bytes *out)
{
	struct bytes file = {0};
	struct failure f;
	size_t len = 0;

	bytes_zeros(&file, BUNDLE_SEALED_MAX);
	f = trusted_file_read(path, (char *)file.data, file.len, &len);
	file.len = len;
	if (f.happened)
		bytes_free(&file);
	else
		*out = file;
	return f;
}
