/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KEKs in a PKCS#11 token. What the token refuses or does not answer is tried once more after the
 * module has been started anew, since devices drop sessions, are pulled and come back with other
 * slot numbers; after that the token is away, until a later call finds it again.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "tools/keys/engine.h"
#include "tools/keys/engine_pkcs11_keys.h"
#include "tools/keys/engine_pkcs11_token.h"
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

struct token_engine {
	struct kek_engine base; /* first: the handle of our caller is the engine's */
	struct pkcs11_uri uri;
	struct token token;
	struct token_keys keys; /* while entered */
	struct token_marks marks;
	bool entered;
	char said[FAILURE_TEXT_MAX]; /* why it is away, as people were told last; "": it is not */
};

static struct token_engine *of(struct kek_engine *e)
{
	return (struct token_engine *)e;
}

static void leave(struct token_engine *e)
{
	token_leave(&e->token);
	e->entered = false;
	e->keys = (struct token_keys){0};
}

/* The token entered, and its keys as they are now. */
static struct failure look(struct token_engine *e, bool *out_away)
{
	struct failure f;

	if (!e->entered)
		TRY_FAILURE(token_enter(&e->token, out_away));
	e->entered = true;
	f = token_keys_find(&e->token, &e->keys, out_away);
	if (!f.happened)
		f = token_keys_same(&e->token, &e->keys, &e->marks, out_away);
	if (f.happened)
		leave(e);
	return f;
}

/*
 * The same for a token in use. Its keys were seen: none at all is how some modules show a device
 * that is gone.
 */
static struct failure look_again(struct token_engine *e)
{
	bool away;

	TRY_FAILURE(look(e, &away));
	if (e->keys.count)
		return failure_none();
	leave(e);
	return refuse("the token shows no key %s", e->uri.object);
}

/* Says once why the token cannot be used, and once that it can again. */
static enum kek_answer answer(struct token_engine *e, const struct failure *f)
{
	if (f->happened && strcmp(e->said, f->text) != 0)
		complain("the KEKs in the token are away: %s", f->text);
	if (!f->happened && e->said[0])
		complain("the KEKs in the token are back");
	memcpy(e->said, f->text, sizeof(e->said));
	return f->happened ? KEK_AWAY : KEK_DONE;
}

static const struct token_key *find(const struct token_engine *e, uint32_t version)
{
	for (size_t i = 0; i < e->keys.count; i++)
		if (e->keys.list[i].version == version)
			return &e->keys.list[i];
	return NULL;
}

/* One attempt. *out_found: whether there is such a version, unless it fails. */
static struct failure try_hmac(struct token_engine *e, uint32_t version, struct span data,
	uint8_t out[32], bool *out_found)
{
	const struct token_key *key = find(e, version);
	CK_RV rv;

	/* Another process may have made it. */
	if (!key)
		TRY_FAILURE(look_again(e));
	key = find(e, version);
	*out_found = key;
	if (!key)
		return failure_none();
	rv = token_keys_sign(&e->token, key->handle, data, out);
	if (rv == CKR_OK)
		return failure_none();
	leave(e);
	return token_failure("the token does not sign", rv);
}

static enum kek_answer token_hmac(
	struct kek_engine *base, uint32_t version, struct span data, uint8_t out[32])
{
	struct token_engine *e = of(base);
	const bool was_entered = e->entered;
	bool found = false;
	struct failure f = try_hmac(e, version, data, out, &found);

	if ((f.happened || !found) && was_entered) {
		leave(e);
		f = try_hmac(e, version, data, out, &found);
	}
	if (answer(e, &f) != KEK_DONE)
		return KEK_AWAY;
	return found ? KEK_DONE : KEK_NO_VERSION;
}

/* Asks the token itself, so that the answer says how it is. */
static struct failure list(struct token_engine *e)
{
	const bool was_entered = e->entered;
	struct failure f = look_again(e);

	if (f.happened && was_entered)
		f = look_again(e);
	return f;
}

static enum kek_answer token_versions(
	struct kek_engine *base, uint32_t out[KEK_VERSIONS_MAX], size_t *out_count)
{
	struct token_engine *e = of(base);
	struct failure f = list(e);

	if (answer(e, &f) != KEK_DONE)
		return KEK_AWAY;
	for (size_t i = 0; i < e->keys.count; i++)
		out[i] = e->keys.list[i].version;
	*out_count = e->keys.count;
	return KEK_DONE;
}

/* While entered. */
static struct failure make(struct token_engine *e, uint32_t version)
{
	bool away;
	struct failure f = token_keys_make(&e->token, version, &e->keys);

	if (!f.happened)
		f = token_keys_same(&e->token, &e->keys, &e->marks, &away);
	if (f.happened)
		leave(e);
	return f;
}

static struct failure token_add(struct kek_engine *base, uint32_t version)
{
	struct token_engine *e = of(base);
	uint32_t last;

	if (e->uri.version)
		return refuse("the PKCS#11 URI names one key by its id: leave the id out to make "
			      "another one");
	TRY_FAILURE(list(e));
	last = e->keys.list[e->keys.count - 1].version;
	if (version <= last)
		return refuse("the token has version %u, so a new one cannot be %u", last, version);
	if (e->keys.count == KEK_VERSIONS_MAX)
		return refuse("the token has %u versions: destroy one that is retired, with the "
			      "token's own tool",
			KEK_VERSIONS_MAX);
	return make(e, version);
}

static void token_close(struct kek_engine *base)
{
	struct token_engine *e = of(base);

	token_unload(&e->token);
	free(e);
}

/* What cannot go away by itself must be known at the start. */
static struct failure check_start(struct token_engine *e, bool create)
{
	bool away;
	struct failure f = look(e, &away);

	if (f.happened && away && !create) {
		(void)answer(e, &f);
		return failure_none();
	}
	if (f.happened || e->keys.count)
		return f;
	if (create && !e->uri.version)
		return make(e, 1);
	return refuse("the token has no key %s%s", e->uri.object,
		e->uri.version ? " of the id in the PKCS#11 URI" : "");
}

struct failure kek_token_open(const char *uri, bool create, struct kek_engine **out)
{
	static const struct kek_engine_ops ops = {
		.hmac = token_hmac,
		.versions = token_versions,
		.add = token_add,
		.close = token_close,
	};
	struct token_engine *e;
	struct pkcs11_uri names;
	struct failure f;

	TRY_FAILURE(pkcs11_uri_read(uri, &names));
	e = must_alloc(sizeof(*e));
	*e = (struct token_engine){.base.ops = &ops, .uri = names};
	f = token_load(&e->token, &e->uri);
	if (!f.happened)
		f = check_start(e, create);
	if (f.happened) {
		token_close(&e->base);
		return f;
	}
	*out = &e->base;
	return failure_none();
}
