/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar node recovered LEDGER`: a service that is back is told what was opened from its
 * bundles meanwhile. Each use enters the audit record once, however often its ledger is brought.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/bundle/ledger.h"
#include "tools/lib/bytes.h"
#include "tools/lib/file.h"
#include "tools/lib/hex.h"
#include "tools/serve/keys/identity.h"
#include "tools/serve/node/node_command.h"
#include "tools/serve/node/node_word.h"
#include "tools/serve/store/store_bundles.h"

#define SECRETS_BYTES (64u << 10)

struct entry {
	struct store *store;
	uint8_t id[LEDGER_ID_LEN];
	uint64_t before; /* uses that are in the record already */
};

static void time_text(uint64_t seconds, char out[32])
{
	time_t time = (time_t)seconds;
	struct tm tm = {0};

	if (seconds > INT32_MAX * UINT64_C(100) || !gmtime_r(&time, &tm) ||
		!strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, 32, "%" PRIu64, seconds);
}

static struct failure enter(void *context, const struct ledger_use *use)
{
	const struct entry *e = context;
	char bundle[2 * LEDGER_ID_LEN + 1], node[2 * TPM_NAME_LEN + 1], disk[2 * DISK_ID_LEN + 1];
	char when[32];

	if (use->number <= e->before)
		return failure_none();
	hex_encode(e->id, LEDGER_ID_LEN, bundle);
	hex_encode(use->node_id, TPM_NAME_LEN, node);
	hex_encode(use->disk_id, DISK_ID_LEN, disk);
	time_text(use->time_s, when);
	return node_put_change(e->store, "recovered",
		"bundle %s, use %" PRIu64 " at %s: node %s, disk %s, generation %" PRIu64, bundle,
		use->number, when, node, disk, use->generation);
}

static struct failure enter_all(
	struct entry *e, struct span text, const uint8_t key[LEDGER_KEY_LEN], uint64_t *out_new)
{
	struct store_bundle bundle;
	struct ledger_read read;
	bool known;

	TRY_FAILURE(store_get_bundle(e->store, e->id, &bundle, &known));
	if (!known)
		return refuse("this service did not export the bundle that it is of");
	e->before = bundle.used;
	TRY_FAILURE(ledger_check(text, e->id, key, enter, e, &read));
	if (read.uses <= bundle.used)
		return failure_none();
	*out_new = read.uses - bundle.used;
	bundle.used = read.uses;
	return store_put_bundle(e->store, &bundle);
}

static struct failure in_transaction(
	struct entry *e, struct span text, const uint8_t key[LEDGER_KEY_LEN], uint64_t *out_new)
{
	struct failure f;

	TRY_FAILURE(store_begin(e->store));
	f = enter_all(e, text, key, out_new);
	if (!f.happened)
		return store_commit(e->store);
	store_rollback(e->store);
	return f;
}

static struct failure take(const struct node_request *r, struct span text, uint64_t *out_new)
{
	struct entry e = {0};
	uint8_t key[LEDGER_KEY_LEN];
	struct key_pair identity;
	struct failure f;

	if (!ledger_id(text, e.id))
		return refuse("%s is not a ledger of a bundle's uses", r->name);
	TRY_FAILURE(state_identity(r->state, &identity));
	ledger_key_derive(identity.priv.bytes, e.id, key);
	key_free(&identity);
	f = node_store(r, STORE_CHANGE, &e.store);
	if (!f.happened) {
		f = in_transaction(&e, text, key, out_new);
		if (f.happened)
			f = refuse(
				"%s: %s; it may be of another service's bundle", r->name, f.text);
	}
	store_close(e.store);
	wipe(key, sizeof(key));
	return f;
}

struct failure node_recovered(const struct node_request *r)
{
	struct bytes text = {0};
	uint64_t new = 0;
	struct failure f;

	if (failed(secret_pool_open(SECRETS_BYTES)))
		return refuse("no locked memory: raise RLIMIT_MEMLOCK above 64 KiB");
	if (file_read(r->name, LEDGER_FILE_MAX, &text))
		f = take(r, (struct span){text.data, text.len}, &new);
	else
		f = refuse("%s was not entered", r->name);
	bytes_free(&text);
	secret_pool_close();
	if (!f.happened)
		printf("%" PRIu64 " uses entered\n", new);
	return f;
}
