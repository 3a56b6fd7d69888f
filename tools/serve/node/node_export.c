/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar node export`: makes a bundle, while the service runs or not. Records are read and the
 * bundle is put down, for the audit record, in one transaction; only then is a file written. So a
 * bundle that exists has been recorded, and one that was recorded may never have been written.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/random.h"
#include "tools/bundle/bundle_policy.h"
#include "tools/bundle/bundle_seal.h"
#include "tools/bundle/ledger.h"
#include "tools/lib/hex.h"
#include "tools/lib/number.h"
#include "tools/lib/passphrase_box.h"
#include "tools/lib/private_file.h"
#include "tools/lib/report.h"
#include "tools/serve/node/node_export.h"
#include "tools/serve/node/node_word.h"
#include "tools/serve/store/store_bundles.h"

#define SECRETS_BYTES                                                               \
	(1u << 20) /* the keys of BUNDLE_RECORDS_MAX disks, and what little is left \
		    */

_Static_assert(BUNDLE_ID_LEN == STORE_BUNDLE_ID_LEN, "one identifier");

struct export_request {
	const char *state, *policy, *out, *kek, *kek_passphrase, *passphrase, *shares;
	bool service;
	uint32_t uses;
	const char *nodes[EXPORT_NAMES_MAX];
	size_t node_count;
	const char *to[BUNDLE_KEYS_MAX];
	size_t to_count;
};

/* Everything that is held while a bundle is made. */
struct export
{
	const struct export_request *request;
	struct bundle bundle;
	struct bundle_policy policy;
	struct policy *rules;
	struct kek_engine *keys;
	struct export_records records;
	struct secret passphrase, service_key, ca_key, kek, ledger_key;
	char ca_certificate[BUNDLE_KEY_FILE_MAX];
	uint8_t to[BUNDLE_KEYS_MAX][P256_PUB_LEN];
	struct bundle_locks locks;
	struct share shares[SHARES_MAX];
	bool has_shares;
	struct bytes file;
};

/* "2/3": how many are needed, and how many there are. */
static struct failure take_shares(const char *text, struct bundle_locks *out)
{
	const char *slash = strchr(text, '/');
	char first[4] = "";
	uint64_t needed, count;

	if (slash && (size_t)(slash - text) < sizeof(first))
		memcpy(first, text, (size_t)(slash - text));
	if (!slash || !number_read(first, 10, 0, UINT8_MAX, &needed) ||
		!number_read(slash + 1, 10, 0, UINT8_MAX, &count))
		return refuse("--shares %s: give how many are needed and how many there are, as "
			      "2/3",
			text);
	TRY_FAILURE(shares_check_numbers((unsigned)needed, (unsigned)count));
	out->shares_needed = (uint8_t)needed;
	out->share_count = (uint8_t)count;
	return failure_none();
}

static struct failure share_path(const struct export *e, size_t index, char out[PATH_MAX])
{
	if ((size_t)snprintf(out, PATH_MAX, "%s.share-%zu", e->request->out, index) >= PATH_MAX)
		return refuse("%.200s: the path is too long", e->request->out);
	return failure_none();
}

static struct failure check_absent(const char *path)
{
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return refuse("%s: there is a file already, or it cannot be looked at: nothing is "
			      "overwritten",
			path);
	return failure_none();
}

static struct failure take_locks(struct export *e)
{
	const struct export_request *r = e->request;
	char path[PATH_MAX];

	if (r->passphrase) {
		TRY_FAILURE(passphrase_read(r->passphrase, &e->passphrase));
		e->locks.passphrase = &e->passphrase;
	}
	for (size_t i = 0; i < r->to_count; i++)
		TRY_FAILURE(bundle_public_key_load(r->to[i], e->to[i]));
	e->locks.keys = (const uint8_t(*)[P256_PUB_LEN])e->to;
	e->locks.key_count = r->to_count;
	if (r->shares)
		TRY_FAILURE(take_shares(r->shares, &e->locks));
	if (!r->passphrase && !r->to_count && !r->shares)
		return refuse("a bundle needs a lock: --passphrase-file, --to or --shares");
	TRY_FAILURE(check_absent(r->out));
	for (size_t i = 1; i <= e->locks.share_count; i++) {
		TRY_FAILURE(share_path(e, i, path));
		TRY_FAILURE(check_absent(path));
	}
	return failure_none();
}

/* The text of the file of KEKs, opened when it is encrypted: the bundle has its own lock. */
static struct failure take_kek_file(struct export *e, const char *path)
{
	SECRET_AUTO file = {0};
	SECRET_AUTO passphrase = {0};
	struct failure f;

	TRY_FAILURE(private_file_read(path, BUNDLE_KEY_FILE_MAX, &file, NULL));
	if (!passphrase_box_is((struct span){file.bytes, file.len})) {
		e->kek = file;
		file = (struct secret){0};
		return failure_none();
	}
	if (!e->request->kek_passphrase)
		return refuse("%s is encrypted: --kek-passphrase-file", path);
	TRY_FAILURE(passphrase_read(e->request->kek_passphrase, &passphrase));
	f = passphrase_box_open(&passphrase, (struct span){file.bytes, file.len}, &e->kek);
	return f.happened ? refuse("%s: %s", path, f.text) : f;
}

/* A token's KEKs stay in it: the bundle says where it is. */
static struct failure take_kek(struct export *e, const char *where)
{
	if (kek_is_token(where)) {
		e->bundle.kek = (struct span){(const uint8_t *)where, strlen(where)};
		return failure_none();
	}
	TRY_FAILURE(take_kek_file(e, where));
	e->bundle.kek = (struct span){e->kek.bytes, e->kek.len};
	return failure_none();
}

/* The service's own keys, each as its file. */
static struct failure take_service_keys(struct export *e, const char *kek)
{
	const char *state = e->request->state;
	char path[PATH_MAX];
	size_t len = 0;

	TRY_FAILURE(state_path(state, STATE_IDENTITY, path, PATH_MAX));
	TRY_FAILURE(private_file_read(path, BUNDLE_KEY_FILE_MAX, &e->service_key, NULL));
	TRY_FAILURE(state_path(state, STATE_CA_KEY, path, PATH_MAX));
	TRY_FAILURE(private_file_read(path, BUNDLE_KEY_FILE_MAX, &e->ca_key, NULL));
	TRY_FAILURE(state_path(state, STATE_CA_CERT, path, PATH_MAX));
	TRY_FAILURE(trusted_file_read(path, e->ca_certificate, sizeof(e->ca_certificate), &len));
	e->bundle.service_key = (struct span){e->service_key.bytes, e->service_key.len};
	e->bundle.ca_key = (struct span){e->ca_key.bytes, e->ca_key.len};
	e->bundle.ca_certificate = (struct span){(const uint8_t *)e->ca_certificate, len};
	return take_kek(e, kek);
}

/* What uses are counted under, so that the service knows their ledger when it is brought back. */
static struct failure take_ledger_key(struct export *e)
{
	struct key_pair identity;

	if (failed(secret_new(LEDGER_KEY_LEN, &e->ledger_key)))
		return refuse("no locked memory left for a ledger's key");
	TRY_FAILURE(state_identity(e->request->state, &identity));
	ledger_key_derive(identity.priv.bytes, e->bundle.head.id, e->ledger_key.bytes);
	key_free(&identity);
	e->bundle.ledger_key = (struct span){e->ledger_key.bytes, e->ledger_key.len};
	return failure_none();
}

static struct failure take_files(struct export *e)
{
	const struct export_request *r = e->request;
	char path[PATH_MAX];
	const char *kek = r->kek;

	TRY_FAILURE(take_locks(e));
	TRY_FAILURE(bundle_policy_read(r->policy, &e->policy));
	TRY_FAILURE(policy_load(r->policy, &e->rules));
	if (!kek || !kek_is_token(kek)) {
		TRY_FAILURE(state_kek_path(r->state, r->kek, path));
		kek = path;
	}
	TRY_FAILURE(kek_engine_open(kek, r->kek_passphrase, false, &e->keys));
	bundle_policy_lend(&e->policy, &e->bundle);
	return r->service ? take_service_keys(e, kek) : take_ledger_key(e);
}

/* Keys of other disks would be found out on the day they are needed. */
static struct failure check_keks(const struct export *e, struct store *s)
{
	uint32_t versions[KEK_VERSIONS_MAX];
	uint8_t check[KEK_CHECK_LEN], stored[KEK_CHECK_LEN];
	size_t count = 0;
	bool known;

	if (kek_versions(e->keys, versions, &count) != KEK_DONE)
		return refuse("the key-encryption keys cannot be reached: is the token there?");
	for (size_t i = 0; i < count; i++) {
		TRY_FAILURE(store_get_kek_check(s, versions[i], stored, &known));
		if (!known)
			continue;
		if (kek_check_value(e->keys, versions[i], check) != KEK_DONE)
			return refuse(
				"the key-encryption keys cannot be reached: is the token there?");
		if (!equal_ct(check, stored, KEK_CHECK_LEN))
			return refuse("key-encryption key %u is not the one that the store's disks "
				      "were made with",
				versions[i]);
	}
	return failure_none();
}

static struct failure put_down(const struct export *e, struct store *s)
{
	const struct bundle *b = &e->bundle;
	struct store_bundle row = {.service = e->request->service,
		.created_s = b->head.created_s,
		.uses = b->head.uses};
	char id[2 * BUNDLE_ID_LEN + 1];

	memcpy(row.id, b->head.id, sizeof(row.id));
	TRY_FAILURE(store_put_bundle(s, &row));
	for (size_t i = 0; i < b->node_count; i++)
		TRY_FAILURE(store_put_bundle_node(s, row.id, b->nodes[i].node.node_id));
	hex_encode(b->head.id, BUNDLE_ID_LEN, id);
	if (row.service)
		return node_put_change(
			s, "export", "bundle %s: a service with %zu nodes", id, b->node_count);
	return node_put_change(s, "export", "bundle %s: recovery of %zu nodes, %u uses", id,
		b->node_count, b->head.uses);
}

static struct failure read_records(struct export *e, struct store *s)
{
	const struct export_choice choice = {.names = e->request->nodes,
		.name_count = e->request->node_count,
		.service = e->request->service,
		.policy = e->rules,
		.tenant = e->policy.tenant,
		.keys = e->keys};
	struct bundle *b = &e->bundle;

	TRY_FAILURE(check_keks(e, s));
	TRY_FAILURE(export_records_read(s, &choice, &e->records));
	b->nodes = e->records.nodes;
	b->node_count = e->records.node_count;
	b->enrolments = e->records.enrolments;
	b->enrolment_count = e->records.enrolment_count;
	b->tickets = e->records.tickets;
	b->ticket_count = e->records.ticket_count;
	b->revocations = e->records.revocations;
	b->revocation_count = e->records.revocation_count;
	return put_down(e, s);
}

static struct failure in_transaction(struct export *e)
{
	const struct node_request where = {.state = e->request->state};
	struct store *s = NULL;
	struct failure f = node_store(&where, STORE_CHANGE, &s);

	if (!f.happened)
		f = store_begin(s);
	if (!f.happened)
		f = read_records(e, s);
	if (!f.happened)
		f = store_commit(s);
	else if (s)
		store_rollback(s);
	store_close(s);
	return f;
}

static struct failure write_files(const struct export *e)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < e->locks.share_count; i++) {
		TRY_FAILURE(share_path(e, i + 1, path));
		TRY_FAILURE(share_save(&e->shares[i], path));
	}
	return private_file_create(e->request->out, e->file.data, e->file.len);
}

/* Half of a set of shares would be taken for a whole one. */
static void remove_files(const struct export *e)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < e->locks.share_count; i++)
		if (!share_path(e, i + 1, path).happened)
			unlink(path);
	unlink(e->request->out);
}

static struct failure make_head(struct export *e)
{
	struct bundle_head *h = &e->bundle.head;

	h->kind = e->request->service ? BUNDLE_SERVICE : BUNDLE_RECOVERY;
	h->created_s = (uint64_t)time(NULL);
	h->uses = e->request->service ? 0 : e->request->uses;
	if (failed(random_bytes(h->id, sizeof(h->id))))
		return refuse("no random bytes for a bundle");
	return failure_none();
}

static struct failure make(struct export *e)
{
	struct failure f;

	TRY_FAILURE(make_head(e));
	progress("reading the policy and the keys");
	TRY_FAILURE(take_files(e));
	progress("reading the records");
	TRY_FAILURE(in_transaction(e));
	progress("sealing the bundle");
	TRY_FAILURE(bundle_seal(&e->bundle, &e->locks, &e->file, e->shares));
	e->has_shares = e->locks.share_count;
	f = write_files(e);
	if (f.happened)
		remove_files(e);
	return f;
}

static void print(const struct export *e)
{
	char id[2 * BUNDLE_ID_LEN + 1], path[PATH_MAX];
	const struct bundle *b = &e->bundle;

	hex_encode(b->head.id, BUNDLE_ID_LEN, id);
	if (e->request->service)
		printf("%s: bundle %s, all that a service needs, with %zu nodes\n", e->request->out,
			id, b->node_count);
	else
		printf("%s: bundle %s, recovery of %zu nodes, %u uses\n", e->request->out, id,
			b->node_count, b->head.uses);
	if (e->records.left_out)
		printf("%zu nodes are left out: never in use, or revoked\n", e->records.left_out);
	for (size_t i = 1; i <= e->locks.share_count; i++)
		if (!share_path(e, i, path).happened)
			printf("%s: share %zu of %u, of which %u are needed\n", path, i,
				e->locks.share_count, e->locks.shares_needed);
}

static void release(struct export *e)
{
	for (size_t i = 0; e->has_shares && i < e->locks.share_count; i++)
		share_free(&e->shares[i]);
	export_records_free(&e->records);
	bundle_policy_free(&e->policy);
	policy_free(e->rules);
	kek_engine_close(e->keys);
	secret_free(&e->passphrase);
	secret_free(&e->service_key);
	secret_free(&e->ledger_key);
	secret_free(&e->ca_key);
	secret_free(&e->kek);
	bytes_free(&e->file);
	free(e);
}

static struct failure export(const struct export_request *r)
{
	struct export *e;
	struct failure f;

	if (r->service && (r->node_count || r->uses))
		return refuse("--service is for all nodes and has no count of uses: leave out "
			      "--node and --uses");
	if (failed(secret_pool_open(SECRETS_BYTES)))
		return refuse("no locked memory: raise RLIMIT_MEMLOCK above 4 MiB");
	e = must_realloc(NULL, 1, sizeof(*e));
	memset(e, 0, sizeof(*e));
	e->request = r;
	f = failed(random_open()) ? refuse("no random bytes") : make(e);
	if (!f.happened)
		print(e);
	release(e);
	secret_pool_close();
	return f;
}

static const struct option_row rows[] = {
	{"state", "DIR", OPTION_FOLDER, OPTION_INTO(struct export_request, state), .required = true,
		.help = "the service's folder"},
	{"policy", "FILE", OPTION_FILE, OPTION_INTO(struct export_request, policy),
		.required = true,
		.help = "the service's policy; the files that it names go with it, and have names "
			"relative to its folder"},
	{"out", "FILE", OPTION_FILE, OPTION_INTO(struct export_request, out), .required = true,
		.help = "the bundle to make"},
	{"kek-file", "WHERE", OPTION_TEXT, OPTION_INTO(struct export_request, kek),
		.help = "its key-encryption keys: a file, or pkcs11:... for a token; default "
			"DIR/kek"},
	{"kek-passphrase-file", "FILE", OPTION_FILE,
		OPTION_INTO(struct export_request, kek_passphrase),
		.help = "what opens the file of these keys, where it is encrypted"},
	{0},
};

static const struct option_row content_rows[] = {
	{"node", "NAME", OPTION_TEXT, OPTION_LIST(struct export_request, nodes, node_count),
		.repeat = true,
		.help = "a node or disk to recover, or 8 digits of its name at least; default: all "
			"that are in use"},
	{"uses", "N", OPTION_NUMBER, OPTION_INTO(struct export_request, uses), .min = 1,
		.max = BUNDLE_USES_MAX, .help = "how often it may be used; default 1"},
	{"service", .kind = OPTION_FLAG, OPTION_INTO(struct export_request, service),
		.help = "all that a machine needs to be the service, its keys among it"},
	{0},
};

static const struct option_row lock_rows[] = {
	{"passphrase-file", "FILE", OPTION_FILE, OPTION_INTO(struct export_request, passphrase),
		.help = "seal it with the passphrase in this file"},
	{"to", "PUBKEY", OPTION_FILE, OPTION_LIST(struct export_request, to, to_count),
		.repeat = true, .help = "seal it to an operator's P-256 key, in PEM"},
	{"shares", "K/N", OPTION_TEXT, OPTION_INTO(struct export_request, shares),
		.help = "split its key into N files, of which K open it: FILE.share-1 and so on"},
	{0},
};

static int run_export(int argc, char **argv)
{
	struct export_request r = {.uses = 0};
	struct failure f;
	int code = command_read(&node_export_command, argc, argv, &r);

	if (code >= 0)
		return code;
	if (!r.service && !r.uses)
		r.uses = 1;
	f = export(&r);
	if (!f.happened)
		return EXIT_DONE;
	complain("%s", f.text);
	return EXIT_REFUSED;
}

const struct command node_export_command = {
	.name = "node export",
	.summary = "make a bundle to recover nodes, or the service",
	.about = "Makes a bundle, with which an operator opens the disks of nodes that reach no "
		 "service (protostar recover), or makes a machine the service. A bundle for "
		 "recovery has the keys of these disks, and no other key: it is of no use for a "
		 "disk whose key was rotated since. The service may be running. The export enters "
		 "the audit record.",
	.groups = {{.rows = rows}, {.heading = "What is in it", .rows = content_rows},
		{.heading = "What opens it", .rows = lock_rows}},
	.run = run_export,
};
