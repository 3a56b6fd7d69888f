/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/operator/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "tools/bundle/bundle_policy.h"
#include "tools/bundle/ledger.h"
#include "tools/serve/unpack.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"
#include "tools/operator/bundle_keys.h"

#define LEDGER_SUFFIX ".uses"

struct recovery {
	struct bundle bundle;
	struct ledger *ledger;
	char folder[64]; /* of this run alone: what is read by path; no key is in it */
	struct service service;
};

static struct failure open_ledger(struct recovery *v, const char *bundle_path)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s" LEDGER_SUFFIX, bundle_path) >= sizeof(path))
		return refuse("%s: the path is too long", bundle_path);
	TRY_FAILURE(ledger_open(path, v->bundle.head.id, v->bundle.ledger_key.data, &v->ledger));
	if (ledger_uses(v->ledger) < v->bundle.head.uses)
		return failure_none();
	return refuse("%s is used up: it was for %" PRIu32 " uses (%s). Export another one when a "
		      "service is back",
		bundle_path, v->bundle.head.uses, path);
}

/* In memory where there is a place for that: the policy may name a file of join material. */
static struct failure make_folder(struct recovery *v)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *above = runtime && runtime[0] == '/' && strlen(runtime) < 32 ? runtime
			    : access("/dev/shm", W_OK) == 0			 ? "/dev/shm"
										 : "/tmp";

	snprintf(v->folder, sizeof(v->folder), "%s/protostar-recover-XXXXXX", above);
	if (mkdtemp(v->folder))
		return failure_none();
	v->folder[0] = '\0';
	return refuse("%s: no folder can be made there: %s", above, strerror(errno));
}

static struct failure fill_store(const struct recovery *v)
{
	struct store *s = v->service.store;

	TRY_FAILURE(store_begin(s));
	TRY_FAILURE(unpack_records(&v->bundle, s));
	return store_commit(s);
}

/* A service of the bundle's records and keys, whose store is in memory. */
static struct failure open_service(struct recovery *v)
{
	const struct audit_position nothing = {0};
	struct service *s = &v->service;
	struct audit_tail tail;
	char path[PATH_MAX];

	TRY_FAILURE(make_folder(v));
	TRY_FAILURE(bundle_policy_write(&v->bundle, v->folder));
	snprintf(path, sizeof(path), "%s/" BUNDLE_POLICY_NAME, v->folder);
	TRY_FAILURE(policy_load(path, &s->policy));
	snprintf(path, sizeof(path), "%s/audit.jsonl", v->folder);
	TRY_FAILURE(audit_open(path, &nothing, &s->audit, &tail));
	TRY_FAILURE(store_open(":memory:", STORE_CREATE, &s->store));
	TRY_FAILURE(fill_store(v));
	return bundle_key_service(&v->bundle, &s->keys);
}

static void close_service(struct recovery *v)
{
	struct service *s = &v->service;

	key_service_close(s->keys);
	store_close(s->store);
	audit_close(s->audit);
	policy_free(s->policy);
	if (v->folder[0])
		folder_remove(v->folder);
}

/* On disk before the key leaves. A use that came to nothing behind this is one, too. */
static struct denial count_use(void *context, const struct exchange *x)
{
	struct recovery *v = context;
	struct ledger_use use = {
		.time_s = (uint64_t)time(NULL), .generation = x->granted.disk.generation};

	if (ledger_uses(v->ledger) >= v->bundle.head.uses)
		return deny(E_DENY_LIMIT, "the bundle is used up");
	memcpy(use.node_id, x->granted.node.node_id, TPM_NAME_LEN);
	memcpy(use.disk_id, x->granted.disk.disk_id, DISK_ID_LEN);
	return deny_failure(ledger_add(v->ledger, use));
}

static struct failure run(struct recovery *v, const struct recover_request *r,
	const struct key_pair *key, struct recover_result *out)
{
	const struct exchange_hooks hooks = {.context = v, .use = count_use};
	const struct meeting m = {.node = r->common.node, .wait_s = r->common.wait_s, .key = key};
	struct failure f;

	TRY_FAILURE(open_ledger(v, r->file.bundle));
	TRY_FAILURE(open_service(v));
	v->service.hooks = &hooks;
	f = meet(&m, &v->service, &out->node);
	v->service.hooks = NULL;
	out->uses_left = v->bundle.head.uses - ledger_uses(v->ledger);
	return f;
}

struct failure recover_node(
	const struct recover_request *r, const struct key_pair *key, struct recover_result *out)
{
	struct recovery v = {.service = {.purpose = PURPOSE_RECOVER, .log = {.fd = STDERR_FILENO}}};
	struct failure f;

	TRY_FAILURE(bundle_file_load(&r->file, key, &v.bundle));
	if (v.bundle.head.kind == BUNDLE_RECOVERY)
		f = run(&v, r, key, out);
	else
		f = refuse("%s is of a whole service: protostar node export without --service "
			   "makes one for a recovery",
			r->file.bundle);
	close_service(&v);
	ledger_close(v.ledger);
	bundle_free(&v.bundle);
	return f;
}
