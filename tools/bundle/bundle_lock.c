/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bundle/bundle_lock.h"

#include <string.h>

static const uint8_t nonce[AEAD_NONCE_LEN]; /* zero: each key is used once */

struct failure lock_passphrase(
	struct wire_writer *w, const struct secret *passphrase, const struct secret *key)
{
	uint8_t box[LOCK_PASSPHRASE_LEN];
	size_t len = 0;

	TRY_FAILURE(passphrase_box_seal(
		passphrase, (struct span){key->bytes, key->len}, box, sizeof(box), &len));
	wire_put_field(w, (struct span){box, len}, LOCK_PASSPHRASE_LEN, LOCK_PASSPHRASE_LEN);
	return failure_none();
}

static void fingerprint(const uint8_t pub[P256_PUB_LEN], uint8_t out[SHA256_LEN])
{
	uint8_t spki[P256_SPKI_LEN];

	key_spki(pub, spki);
	sha256(spki, sizeof(spki), out);
}

/* The key that a lock's contents are encrypted with, from what both sides agree on. */
static struct failure agree(const struct key_pair *own, const uint8_t peer[P256_PUB_LEN],
	const uint8_t eph[P256_PUB_LEN], const uint8_t to[P256_PUB_LEN],
	const uint8_t bundle_id[BUNDLE_ID_LEN], uint8_t out[AEAD_KEY_LEN])
{
	static const char label[] = "protostar bundle key v1";
	uint8_t info[sizeof(label) - 1 + 2 * P256_PUB_LEN], z[32];

	if (failed(key_agree(own, peer, z)))
		return refuse("a key of the bundle is no point on P-256");
	memcpy(info, label, sizeof(label) - 1);
	memcpy(info + sizeof(label) - 1, eph, P256_PUB_LEN);
	memcpy(info + sizeof(label) - 1 + P256_PUB_LEN, to, P256_PUB_LEN);
	hkdf256(bundle_id, BUNDLE_ID_LEN, z, sizeof(z), info, sizeof(info), out, AEAD_KEY_LEN);
	wipe(z, sizeof(z));
	return failure_none();
}

struct failure lock_key(struct wire_writer *w, const uint8_t to[P256_PUB_LEN],
	const uint8_t bundle_id[BUNDLE_ID_LEN], const struct secret *key)
{
	uint8_t body[LOCK_KEY_LEN], wrap[AEAD_KEY_LEN];
	uint8_t *eph = body + SHA256_LEN, *inside = eph + P256_PUB_LEN;
	struct key_pair fresh;
	struct failure f;

	if (failed(key_generate(&fresh)))
		return refuse("no key can be made");
	fingerprint(to, body);
	memcpy(eph, fresh.pub, P256_PUB_LEN);
	f = agree(&fresh, to, eph, to, bundle_id, wrap);
	key_free(&fresh);
	if (f.happened)
		return f;
	memcpy(inside, key->bytes, BUNDLE_KEY_LEN);
	aead_seal(wrap, nonce, bundle_id, BUNDLE_ID_LEN, inside, BUNDLE_KEY_LEN,
		inside + BUNDLE_KEY_LEN);
	wipe(wrap, sizeof(wrap));
	wire_put_field(w, (struct span){body, sizeof(body)}, LOCK_KEY_LEN, LOCK_KEY_LEN);
	return f;
}

void lock_shares(struct wire_writer *w, const struct share *shares)
{
	uint8_t body[LOCK_MAX] = {shares[0].needed, shares[0].count};

	for (size_t i = 0; i < shares[0].count; i++)
		share_commitment(&shares[i], body + 2 + i * SHA256_LEN);
	wire_put_field(w, (struct span){body, LOCK_SHARES_LEN(shares[0].count)}, 0, LOCK_MAX);
}

struct failure unlock_passphrase(
	struct span body, const struct secret *passphrase, struct secret *key)
{
	SECRET_AUTO plain = {0};

	TRY_FAILURE(passphrase_box_open(passphrase, body, &plain));
	if (plain.len != BUNDLE_KEY_LEN)
		return refuse("what the passphrase opens is no bundle's key");
	memcpy(key->bytes, plain.bytes, BUNDLE_KEY_LEN);
	return failure_none();
}

struct failure unlock_key(struct span body, const struct key_pair *own,
	const uint8_t bundle_id[BUNDLE_ID_LEN], struct secret *key, bool *out_mine)
{
	const uint8_t *eph = body.data + SHA256_LEN, *inside = eph + P256_PUB_LEN;
	uint8_t mine[SHA256_LEN], wrap[AEAD_KEY_LEN];
	struct status s;

	fingerprint(own->pub, mine);
	*out_mine = memcmp(mine, body.data, SHA256_LEN) == 0;
	if (!*out_mine)
		return failure_none();
	TRY_FAILURE(agree(own, eph, eph, own->pub, bundle_id, wrap));
	memcpy(key->bytes, inside, BUNDLE_KEY_LEN);
	s = aead_open(wrap, nonce, bundle_id, BUNDLE_ID_LEN, key->bytes, BUNDLE_KEY_LEN,
		inside + BUNDLE_KEY_LEN);
	wipe(wrap, sizeof(wrap));
	return failed(s) ? refuse("the bundle was changed: take its backup") : failure_none();
}

/* A share that was made to look good is found here, and named. */
static struct failure check_commitment(struct span body, const struct share *share)
{
	uint8_t made[SHA256_LEN];

	if (share->needed != body.data[0] || share->count != body.data[1])
		return refuse("%s says %u of %u, and the bundle says %u of %u",
			share->path ? share->path : "the share", share->needed, share->count,
			body.data[0], body.data[1]);
	share_commitment(share, made);
	if (!equal_ct(made, body.data + 2 + (share->index - 1u) * SHA256_LEN, SHA256_LEN))
		return refuse("%s is not what it was when the bundle was made: take another share",
			share->path ? share->path : "the share");
	return failure_none();
}

struct failure unlock_shares(struct span body, const struct share *shares, size_t count,
	const uint8_t bundle_id[BUNDLE_ID_LEN], struct secret *key)
{
	TRY_FAILURE(shares_join(shares, count, bundle_id, key->bytes));
	for (size_t i = 0; i < count; i++)
		TRY_FAILURE(check_commitment(body, &shares[i]));
	return failure_none();
}
