/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bundle's key split among operators: any `needed` of `count` shares give it back, fewer tell
 * nothing of it (Shamir, "How to share a secret", 1979). Each byte of the key is the value at 0 of
 *a random polynomial over GF(256) (gf256.h) with needed - 1 degrees; share i has the values at i.
 *
 * A share's file is text of exactly these lines, numbers in decimal, and mode 0600:
 *
 *	protostar-share 1
 *	bundle <32 hex digits>
 *	share <index, 1 to count>
 *	count <2 to 32>
 *	needed <2 to count>
 *	value <64 hex digits>
 *	check <64 hex digits: SHA-256 of the lines before>
 *
 * The check finds a slip of whoever copied a share by hand. A share that was made to look good is
 * found by the bundle, which has a commitment to each: the SHA-256 of a share's value with what
 * stands around it. Each value alone is uniformly random, so its hash tells nothing.
 */
#ifndef TOOLS_BUNDLE_SHARES_H
#define TOOLS_BUNDLE_SHARES_H

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "early/contract/wire.h"
#include "tools/lib/failure.h"

#define BUNDLE_ID_LEN  16u
#define BUNDLE_KEY_LEN 32u
#define SHARES_MAX     32u
#define SHARE_FILE_MAX 512u

struct share {
	uint8_t bundle_id[BUNDLE_ID_LEN];
	uint8_t index, count, needed;
	struct secret value; /* BUNDLE_KEY_LEN bytes; owned */
	const char *path;    /* borrowed: where it was read, for sentences; or NULL */
};

/* Whether a key may be split so; a sentence says what may be. */
struct failure shares_check_numbers(unsigned needed, unsigned count) MUST_CHECK;
/* count new shares, each released by share_free(). Needs random_open(). */
struct failure shares_split(const uint8_t key[BUNDLE_KEY_LEN],
	const uint8_t bundle_id[BUNDLE_ID_LEN], uint8_t needed, uint8_t count,
	struct share *out) MUST_CHECK;
/*
 * The key from the first `needed` of `count` shares. Refused by name: a share of another bundle, of
 * another splitting, one that is there twice, too few of them. Whether a value is right is for
 * share_commitment() to tell: wrong ones give another key.
 */
struct failure shares_join(const struct share *shares, size_t count,
	const uint8_t bundle_id[BUNDLE_ID_LEN], uint8_t out_key[BUNDLE_KEY_LEN]) MUST_CHECK;
void share_commitment(const struct share *share, uint8_t out[SHA256_LEN]);
void share_free(struct share *share);

/* The text of a share's file in a new secret. */
struct failure share_encode(const struct share *share, struct secret *out) MUST_CHECK;
struct failure share_decode(struct span text, struct share *out) MUST_CHECK;
/* Creates the file; an existing one is an error. */
struct failure share_save(const struct share *share, const char *path) MUST_CHECK;
/* Reads one; out->path becomes path, which is borrowed. */
struct failure share_load(const char *path, struct share *out) MUST_CHECK;

#endif
