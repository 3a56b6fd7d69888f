/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where key-encryption keys (KEKs) are: a file (engine_file.c), or a PKCS#11 token. Nothing but
 * HMAC-SHA256 with a KEK ever leaves an engine, so that a token need not know more than that; what
 * is made of it is in derive.h. KEKs have versions, ascending from 1: a new one is added for a
 * rotation, and none is ever changed or removed here.
 *
 * One thread. Order: secret_pool_open(), random_open(), kek_engine_open(), any calls, close.
 */
#ifndef TOOLS_KEYS_ENGINE_H
#define TOOLS_KEYS_ENGINE_H

#include "early/contract/wire.h"
#include "tools/lib/failure.h"

#define KEK_LEN		 32u
#define KEK_VERSIONS_MAX 64u
#define KEK_MAC_LEN	 32u

enum kek_answer {
	KEK_DONE,
	KEK_NO_VERSION, /* there is no KEK of that version */
	KEK_AWAY,	/* the token or the file cannot be reached now: ask again later */
};

struct kek_engine;

struct kek_engine_ops {
	/* HMAC-SHA256 of data under the KEK of this version; out is written when it is done. */
	enum kek_answer (*hmac)(
		struct kek_engine *e, uint32_t version, struct span data, uint8_t out[KEK_MAC_LEN]);
	/* The versions that there are now, ascending. */
	enum kek_answer (*versions)(
		struct kek_engine *e, uint32_t out[KEK_VERSIONS_MAX], size_t *out_count);
	/* Makes a new KEK inside. A version that is not above all others is refused. */
	struct failure (*add)(struct kek_engine *e, uint32_t version);
	void (*close)(struct kek_engine *e);
};

struct kek_engine {
	const struct kek_engine_ops *ops;
};

/* True when `where` names a token (RFC 7512), and no file. */
bool kek_is_token(const char *where);

/*
 * Opens the KEKs at `where`: a path, or a URI of RFC 7512,
 * "pkcs11:token=...;object=...?module-path=...&pin-source=file:...". passphrase_file: what an
 * encrypted file is opened with, or NULL for a plain one. `create`: makes version 1 when there is
 * none. *out is released by its close.
 */
struct failure kek_engine_open(const char *where, const char *passphrase_file, bool create,
	struct kek_engine **out) MUST_CHECK;
/*
 * Writes the keys of a file into a new one, each opened and sealed with its passphrase, or as they
 * are where that is NULL.
 */
struct failure kek_file_copy(const char *from, const char *passphrase_from, const char *to,
	const char *passphrase_to) MUST_CHECK;
/* The two kinds. */
struct failure kek_file_open(const char *path, const char *passphrase_file, bool create,
	struct kek_engine **out) MUST_CHECK;
struct failure kek_token_open(const char *uri, bool create, struct kek_engine **out) MUST_CHECK;

static inline enum kek_answer kek_hmac(
	struct kek_engine *e, uint32_t version, struct span data, uint8_t out[KEK_MAC_LEN])
{
	return e->ops->hmac(e, version, data, out);
}

static inline enum kek_answer kek_versions(
	struct kek_engine *e, uint32_t out[KEK_VERSIONS_MAX], size_t *out_count)
{
	return e->ops->versions(e, out, out_count);
}

static inline void kek_engine_close(struct kek_engine *e)
{
	if (e)
		e->ops->close(e);
}

#endif
