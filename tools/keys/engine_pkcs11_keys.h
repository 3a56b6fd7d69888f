/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The KEKs of a token that was entered: secret keys of 32 bytes under one label, whose CKA_ID is
 * the version (four bytes, big-endian). Each must be of a kind that never leaves the token.
 */
#ifndef TOOLS_KEYS_ENGINE_PKCS11_KEYS_H
#define TOOLS_KEYS_ENGINE_PKCS11_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "early/contract/wire.h"
#include "tools/keys/engine.h"
#include "tools/keys/engine_pkcs11_token.h"

struct token_key {
	uint32_t version;
	CK_OBJECT_HANDLE handle; /* as long as the token is not left */
};

struct token_keys {
	struct token_key list[KEK_VERSIONS_MAX]; /* versions ascending */
	size_t count;
};

/* Tells the key of a version from any other, and tells nothing of it. */
struct token_mark {
	uint32_t version;
	uint8_t mac[32];
};

/* Of every key that was ever seen. */
struct token_marks {
	struct token_mark list[KEK_VERSIONS_MAX];
	size_t count;
};

/*
 * Looks for the keys. One of the label that is not fit to be a KEK is a failure for all: somebody
 * must look at it. *out_away, always written: the failure is the token's, and may go away by
 * itself.
 */
struct failure token_keys_find(struct token *t, struct token_keys *out, bool *out_away) MUST_CHECK;
/*
 * Has the token make a key, checks what it made, and looks for the keys again. What does not pass
 * is destroyed.
 */
struct failure token_keys_make(
	struct token *t, uint32_t version, struct token_keys *out) MUST_CHECK;
/*
 * Whether each key is the one that had its version before, and marks those that are new: another
 * token may bear the label of ours, and hold keys that somebody knows.
 */
struct failure token_keys_same(struct token *t, const struct token_keys *keys,
	struct token_marks *marks, bool *out_away) MUST_CHECK;
/* HMAC-SHA256 with a key. */
CK_RV token_keys_sign(
	struct token *t, CK_OBJECT_HANDLE key, struct span data, uint8_t out[32]) MUST_CHECK;

#endif
