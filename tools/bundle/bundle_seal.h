/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bundle as a file: protostar-bundle(5), "Sealed". Its contents are encrypted with a key of their
 * own, and each lock holds that key for whoever has a passphrase, a P-256 key, or enough shares.
 * Any one lock opens the bundle.
 */
#ifndef TOOLS_BUNDLE_BUNDLE_SEAL_H
#define TOOLS_BUNDLE_BUNDLE_SEAL_H

#include "crypto/key.h"
#include "tools/bundle/bundle.h"
#include "tools/lib/bytes.h"

#define BUNDLE_KEYS_MAX	  6u
#define BUNDLE_LOCKS_MAX  (BUNDLE_KEYS_MAX + 2u)
#define BUNDLE_OUTER_MAX  8192u					/* bytes before the contents */
#define BUNDLE_SEALED_MAX (BUNDLE_PLAIN_MAX + BUNDLE_OUTER_MAX) /* bytes of a file */

/* How a bundle is locked; at least one. */
struct bundle_locks {
	const struct secret *passphrase;     /* NULL: none */
	const uint8_t (*keys)[P256_PUB_LEN]; /* of operators */
	size_t key_count;		     /* at most BUNDLE_KEYS_MAX */
	uint8_t share_count, shares_needed;  /* 0: none */
};

/*
 * Appends the bundle's file to out. out_shares has room for share_count shares, which the caller
 * releases; NULL without shares. Needs random_open().
 */
struct failure bundle_seal(const struct bundle *b, const struct bundle_locks *locks,
	struct bytes *out, struct share *out_shares) MUST_CHECK;

/* What an operator has: the first of these is used that is there. */
struct bundle_openers {
	const struct secret *passphrase; /* NULL: none */
	const struct key_pair *key;	 /* NULL: none */
	const struct share *shares;
	size_t share_count;
};

/*
 * Opens a file of at most BUNDLE_SEALED_MAX bytes, which may come from anybody. *out is released by
 * bundle_free(). The sentence of a failure names no file but those of shares.
 */
struct failure bundle_open(
	struct span file, const struct bundle_openers *openers, struct bundle *out) MUST_CHECK;

/*
 * What is seen of a file without opening it, for choosing what to ask for. Nothing of it is
 * authenticated.
 */
struct bundle_outside {
	struct bundle_head head;
	bool passphrase;
	size_t key_count;
	uint8_t share_count, shares_needed; /* 0: no shares */
};
struct failure bundle_look(struct span file, struct bundle_outside *out) MUST_CHECK;

/* Reads a bundle's file whole; it is no secret, but may be written by its owner alone. */
struct failure bundle_load(const char *path, struct bytes *out) MUST_CHECK;

/* bundle_keys.c: an operator's P-256 key, as OpenSSL writes it in PEM (`openssl genpkey`). */
struct failure bundle_public_key_load(const char *path, uint8_t out[P256_PUB_LEN]) MUST_CHECK;
/* Without a passphrase of its own; the file is a secret's. The caller calls key_free(). */
struct failure bundle_private_key_load(const char *path, struct key_pair *out) MUST_CHECK;

#endif
