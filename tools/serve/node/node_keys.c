/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar node rotate|retire|keys`: versions of the key-encryption key (KEK).
 *
 * A rotation makes the key first and then writes into the store that it is current. When power is
 * cut between the two, a key is there that nothing was ever sealed under, and the next rotation
 * takes it. A service that runs sees the new version with its next grant.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/keys/derive.h"
#include "tools/keys/engine.h"
#include "tools/lib/hex.h"
#include "tools/lib/number.h"
#include "tools/serve/log/json_line.h"
#include "tools/serve/node/node_word.h"
#include "tools/serve/store/store_keks.h"

#define SECRETS_BYTES (64u << 10)

/* What a rotation goes from, and to. */
struct rotation {
	uint32_t from, to;
	uint8_t check[KEK_CHECK_LEN]; /* of the new one */
};

static struct failure open_engine(const struct node_request *r, struct kek_engine **out)
{
	char path[PATH_MAX];

	if (r->kek && kek_is_token(r->kek))
		return kek_engine_open(r->kek, r->passphrase, false, out);
	TRY_FAILURE(state_kek_path(r->state, r->kek, path));
	return kek_engine_open(path, r->passphrase, false, out);
}

static struct failure answered(enum kek_answer answer)
{
	return answer == KEK_DONE
		       ? failure_none()
		       : refuse("the key-encryption keys cannot be reached: is the token there?");
}

static void take_highest(void *context, const struct store_kek *kek)
{
	uint32_t *highest = context;

	*highest = kek->version > *highest ? kek->version : *highest;
}

/* A new key in another place than the service's would be one that it cannot find. */
static struct failure check_place(struct kek_engine *e, struct store *s, uint32_t current)
{
	uint8_t wanted[KEK_CHECK_LEN], check[KEK_CHECK_LEN];
	enum kek_answer answer = kek_check_value(e, current, check);
	bool known;

	if (answer != KEK_NO_VERSION)
		TRY_FAILURE(answered(answer));
	TRY_FAILURE(store_get_kek_check(s, current, wanted, &known));
	if (answer == KEK_DONE && known && equal_ct(check, wanted, KEK_CHECK_LEN))
		return failure_none();
	return refuse("key-encryption key %u, which is current, is not here: give --kek-file the "
		      "place that the service has its keys in",
		current);
}

/* A key that an earlier rotation made and did not come to use, or a new one. */
static struct failure make_key(struct kek_engine *e, struct store *s, struct rotation *out)
{
	uint32_t versions[KEK_VERSIONS_MAX], known = 0, there;
	size_t count = 0;

	TRY_FAILURE(check_place(e, s, out->from));
	TRY_FAILURE(store_each_kek(s, take_highest, &known));
	TRY_FAILURE(answered(kek_versions(e, versions, &count)));
	there = count ? versions[count - 1] : 0;
	out->to = there;
	if (there <= out->from) {
		out->to = (known > there ? known : there) + 1;
		TRY_FAILURE(e->ops->add(e, out->to));
	}
	return answered(kek_check_value(e, out->to, out->check));
}

static struct failure use_key(struct store *s, const struct rotation *k)
{
	uint8_t check[KEK_CHECK_LEN];
	uint32_t current;
	bool known;

	TRY_FAILURE(store_current_kek(s, &current));
	if (current != k->from)
		return refuse("another rotation came first: key-encryption key %u is current now",
			current);
	TRY_FAILURE(store_get_kek_check(s, k->to, check, &known));
	if (!known)
		TRY_FAILURE(store_put_kek_check(s, k->to, k->check));
	else if (!equal_ct(check, k->check, KEK_CHECK_LEN))
		return refuse("key-encryption key %u is not the one that the store knows", k->to);
	TRY_FAILURE(store_rotate_kek(s, k->to));
	return node_put_change(s, "rotate", "key-encryption key %u, was %u", k->to, k->from);
}

static struct failure use_in_transaction(struct store *s, const struct rotation *k)
{
	struct failure f;

	TRY_FAILURE(store_begin(s));
	f = use_key(s, k);
	if (!f.happened)
		return store_commit(s);
	store_rollback(s);
	return f;
}

static struct failure make_and_use(
	const struct node_request *r, struct store *s, struct rotation *k)
{
	struct kek_engine *engine = NULL;
	struct failure f;

	TRY_FAILURE(store_current_kek(s, &k->from));
	if (!k->from)
		return refuse("no service has started from this folder yet");
	TRY_FAILURE(open_engine(r, &engine));
	f = make_key(engine, s, k);
	kek_engine_close(engine);
	return f.happened ? f : use_in_transaction(s, k);
}

static struct failure with_secrets(
	const struct node_request *r, struct store *s, struct rotation *k)
{
	struct failure f;

	if (failed(secret_pool_open(SECRETS_BYTES)))
		return refuse("no locked memory: raise RLIMIT_MEMLOCK above 64 KiB");
	f = failed(random_open()) ? refuse("no random bytes") : make_and_use(r, s, k);
	secret_pool_close();
	return f;
}

struct failure node_rotate(const struct node_request *r)
{
	struct rotation k = {.from = 0};
	struct store *s = NULL;
	struct failure f = r->rotate_kek ? node_store(r, STORE_CHANGE, &s)
					 : refuse("rotate what? --kek is the key-encryption key");

	if (!f.happened)
		f = with_secrets(r, s, &k);
	store_close(s);
	if (!f.happened)
		printf("key-encryption key %u is current: new disks get it, and others at their "
		       "next rejoin\n",
			k.to);
	return f;
}

struct users {
	uint32_t version;
	uint64_t shown;
};

static void show_user(void *context, const struct store_node *node, const struct store_disk *disk)
{
	struct users *u = context;
	char id[NODE_DISK_HEX], name[NODE_NAME_HEX];

	if (disk->key_version != u->version && disk->next_version != u->version)
		return;
	hex_encode(disk->disk_id, DISK_ID_LEN, id);
	hex_encode(node->node_id, TPM_NAME_LEN, name);
	printf("disk %s of node %s %s\n", id, name,
		disk->key_version == u->version ? "has it" : "is about to get it");
	u->shown++;
}

static struct failure retire(struct store *s, const struct node_request *r)
{
	struct users users = {.shown = 0};
	struct store_kek kek;
	uint64_t version;
	bool known;

	if (!number_read(r->name, 10, 1, UINT32_MAX, &version))
		return refuse("%s is no version of a key-encryption key", r->name);
	users.version = (uint32_t)version;
	TRY_FAILURE(store_get_kek(s, users.version, &kek, &known));
	if (!known)
		return refuse("there is no key-encryption key %s: protostar node keys", r->name);
	if (kek.state == KEK_RETIRED)
		return refuse("key-encryption key %s is retired already", r->name);
	if (kek.state == KEK_CURRENT)
		return refuse(
			"key-encryption key %s is current: protostar node rotate --kek", r->name);
	TRY_FAILURE(store_each(s, show_user, &users));
	if (users.shown)
		return refuse("%" PRIu64 " disk%s key-encryption key %s: a node's disk leaves it "
			      "when the node joins again, a lost one with protostar node forget",
			users.shown, users.shown == 1 ? " has" : "s have", r->name);
	TRY_FAILURE(store_retire_kek(s, users.version));
	return node_put_change(s, "retire", "key-encryption key %s", r->name);
}

struct failure node_retire(const struct node_request *r)
{
	return node_in_transaction(r, retire);
}

static const char *state_name(enum kek_state state)
{
	static const char *const names[] = {
		[KEK_KNOWN] = "known", [KEK_CURRENT] = "current", [KEK_RETIRED] = "retired"};

	return names[state];
}

struct listing {
	bool json;
	unsigned shown;
};

static void show_kek(void *context, const struct store_kek *kek)
{
	struct listing *l = context;
	struct json_line line;

	if (!l->json) {
		printf("%7u  %-7s  %10" PRIu64 "  %10" PRIu64 "\n", kek->version,
			state_name(kek->state), kek->disks, kek->pending);
		return;
	}
	json_line_start(&line);
	json_line_number(&line, "version", kek->version);
	json_line_text(&line, "state", state_name(kek->state));
	json_line_number(&line, "disks", kek->disks);
	json_line_number(&line, "pending", kek->pending);
	if (l->shown++)
		fputs(",\n ", stdout);
	if (json_line_end(&line))
		fwrite(line.text, 1, line.len - 1, stdout);
}

struct failure node_keys(const struct node_request *r)
{
	struct listing l = {.json = r->json};
	struct store *s = NULL;
	struct failure f = node_store(r, STORE_READ, &s);

	if (!f.happened)
		fputs(l.json ? "[" : "VERSION  STATE         DISKS     PENDING\n", stdout);
	if (!f.happened)
		f = store_each_kek(s, show_kek, &l);
	if (!f.happened && l.json)
		puts("]");
	store_close(s);
	return f;
}
