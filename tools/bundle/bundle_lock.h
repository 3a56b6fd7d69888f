/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locks of a sealed bundle, one by one. Private to this room. */
#ifndef TOOLS_BUNDLE_BUNDLE_LOCK_H
#define TOOLS_BUNDLE_BUNDLE_LOCK_H

#include "crypto/aead.h"
#include "crypto/key.h"
#include "tools/bundle/shares.h"
#include "tools/lib/passphrase_box.h"

enum lock_kind { LOCK_PASSPHRASE = 1, LOCK_KEY = 2, LOCK_SHARES = 3 };

/*
 * Bodies: a passphrase's box; SHA-256 of the operator's SubjectPublicKeyInfo, an ephemeral public
 * key, the key encrypted, a tag; needed, count, and a commitment to each share.
 */
#define LOCK_PASSPHRASE_LEN (PASSPHRASE_BOX_OVERHEAD + BUNDLE_KEY_LEN)
#define LOCK_KEY_LEN	    (SHA256_LEN + P256_PUB_LEN + BUNDLE_KEY_LEN + AEAD_TAG_LEN)
#define LOCK_SHARES_LEN(n)  (2u + (n)*SHA256_LEN)
#define LOCK_MAX	    LOCK_SHARES_LEN(SHARES_MAX)

/* Each writes one lock's body; key has BUNDLE_KEY_LEN bytes. */
struct failure lock_passphrase(struct wire_writer *w, const struct secret *passphrase,
	const struct secret *key) MUST_CHECK;
struct failure lock_key(struct wire_writer *w, const uint8_t to[P256_PUB_LEN],
	const uint8_t bundle_id[BUNDLE_ID_LEN], const struct secret *key) MUST_CHECK;
/* Shares of the lock's count that were made before. */
void lock_shares(struct wire_writer *w, const struct share *shares);

/* Each opens one lock of the right length into key, which has BUNDLE_KEY_LEN bytes. */
struct failure unlock_passphrase(
	struct span body, const struct secret *passphrase, struct secret *key) MUST_CHECK;
/* *out_mine false: the lock is another's, and nothing was done. */
struct failure unlock_key(struct span body, const struct key_pair *own,
	const uint8_t bundle_id[BUNDLE_ID_LEN], struct secret *key, bool *out_mine) MUST_CHECK;
struct failure unlock_shares(struct span body, const struct share *shares, size_t count,
	const uint8_t bundle_id[BUNDLE_ID_LEN], struct secret *key) MUST_CHECK;

#endif
