/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "tools/lib/hex.h"
#include "tools/serve/keys/identity.h"
#include "tools/serve/keys/key_client.h"
#include "tools/serve/join/record.h"
#include "tools/serve/store/store_keks.h"

struct failure state_path(const char *folder, const char *name, char *out, size_t cap)
{
	if ((size_t)snprintf(out, cap, "%s/%s", folder, name) >= cap)
		return refuse("%s: the path is too long", folder);
	return failure_none();
}

/* Other users must not be able to put files of their own in place of ours. */
static struct failure make_folder(const char *folder, bool init)
{
	struct stat st;

	if (init && mkdir(folder, 0700) && errno != EEXIST)
		return refuse("%s: %s", folder, strerror(errno));
	if (stat(folder, &st) || !S_ISDIR(st.st_mode))
		return refuse("%s is not a folder: protostar serve --init makes it", folder);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
		return refuse(
			"%s must belong to this user, and nobody else may write to it", folder);
	return failure_none();
}

static struct failure lock_folder(const char *folder)
{
	char path[PATH_MAX];
	int fd;

	TRY_FAILURE(state_path(folder, "lock", path, sizeof(path)));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return refuse("%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return refuse("%s: another service is running from it", folder);
	}
	return failure_none();
}

struct paths {
	char identity[PATH_MAX], ca_key[PATH_MAX], ca_cert[PATH_MAX], kek[PATH_MAX],
		store[PATH_MAX], audit[PATH_MAX];
	bool kek_is_file; /* else it is behind a socket or in a token, and cannot be looked for */
};

struct failure state_kek_path(const char *folder, const char *kek_path, char *out)
{
	if (!kek_path)
		return state_path(folder, STATE_KEK, out, PATH_MAX);
	if ((size_t)snprintf(out, PATH_MAX, "%s", kek_path) >= PATH_MAX)
		return refuse("%s: the path is too long", kek_path);
	return failure_none();
}

static struct failure make_paths(
	const char *folder, const struct key_place *keys, struct paths *out)
{
	out->kek_is_file = !keys->socket && !(keys->kek && kek_is_token(keys->kek));
	TRY_FAILURE(state_path(folder, STATE_IDENTITY, out->identity, PATH_MAX));
	TRY_FAILURE(state_path(folder, STATE_CA_KEY, out->ca_key, PATH_MAX));
	TRY_FAILURE(state_path(folder, STATE_CA_CERT, out->ca_cert, PATH_MAX));
	TRY_FAILURE(state_kek_path(folder, keys->kek, out->kek));
	TRY_FAILURE(state_path(folder, STORE_FILE, out->store, PATH_MAX));
	return state_path(folder, STATE_AUDIT, out->audit, PATH_MAX);
}

/* True also when that cannot be found out: then opening it will say why. */
static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

static bool has_bytes(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_size > 0;
}

static struct failure refuse_without_store(const struct paths *p, const char *folder)
{
	if (has_bytes(p->audit))
		return refuse("%s is missing, but there is an audit record: restore it from its "
			      "backup, or begin with an empty folder",
			p->store);
	if ((p->kek_is_file && exists(p->kek)) || exists(p->identity))
		return refuse(
			"%s is missing, but there are keys: restore it from the backup that they "
			"are of; with a new one (protostar serve --init) no disk in use is known",
			p->store);
	return refuse(
		"%s: no service has been here: protostar serve --state %s --init", folder, folder);
}

/*
 * What was lost is never made anew unnoticed: a new store knows no disk in use, new KEKs open none
 * of them, and no node takes a new service key. The keys are made before the store, and the audit
 * record is written after both, so when a first start was cut short nothing is missing beside what
 * comes later.
 */
static struct failure check_nothing_lost(const struct paths *p, const char *folder, bool init)
{
	bool has_store = exists(p->store);

	if (!has_store && (!init || has_bytes(p->audit)))
		return refuse_without_store(p, folder);
	if (p->kek_is_file && !exists(p->kek) && has_store)
		return refuse(
			"%s is missing, but there is a store of disks made with it: restore it "
			"from its backup",
			p->kek);
	if (!exists(p->identity) && has_store && !init)
		return refuse(
			"%s is missing: restore it from its backup. A new one (--init) has another "
			"pin, which images must name",
			p->identity);
	if (!exists(p->ca_key) && has_store && !init)
		return refuse("%s is missing: restore it from its backup. With a new one (--init) "
			      "verifiers have to be given the new node-ca.pem",
			p->ca_key);
	return failure_none();
}

/* A version that the store knows must be the key it was; one that it does not know is new. */
static struct failure check_kek(
	struct service *s, uint32_t version, const uint8_t check[KEK_CHECK_LEN])
{
	uint8_t stored[KEK_CHECK_LEN];
	bool known;

	TRY_FAILURE(store_get_kek_check(s->store, version, stored, &known));
	if (!known)
		return store_put_kek_check(s->store, version, check);
	if (!equal_ct(check, stored, KEK_CHECK_LEN))
		return refuse("key-encryption key %u is not the one that the store's disks were "
			      "made with: restore keys and store from one backup",
			version);
	return failure_none();
}

static bool has_version(const struct key_status *keys, uint32_t version)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->versions[i].version == version)
			return true;
	return false;
}

static struct failure check_keks(struct service *s)
{
	struct key_status keys;
	uint32_t version = 0;

	TRY_FAILURE(key_service_status(s->keys, &keys));
	for (size_t i = 0; i < keys.count; i++)
		TRY_FAILURE(check_kek(s, keys.versions[i].version, keys.versions[i].check));
	do {
		TRY_FAILURE(store_next_kek(s->store, version, &version));
		if (version && !has_version(&keys, version))
			return refuse(
				"key-encryption key %u is missing: the store has disks made with "
				"it. Restore it from its backup",
				version);
	} while (version);
	return store_choose_kek(s->store);
}

struct failure state_identity(const char *folder, struct key_pair *out)
{
	char path[PATH_MAX];

	TRY_FAILURE(make_folder(folder, false));
	TRY_FAILURE(state_path(folder, STATE_IDENTITY, path, PATH_MAX));
	if (!exists(path))
		return refuse("%s: no key is here: protostar serve --state %s --init makes it",
			folder, folder);
	return identity_open(path, false, out);
}

/* The key service starts with keys of its own; where it runs already it has them. */
static struct failure open_key_service(
	const struct paths *p, const struct key_place *keys, bool init, struct service *s)
{
	memcpy(s->kek, p->kek, sizeof(s->kek));
	s->key_place = *keys;
	s->key_place.kek = s->kek;
	s->key_place.create = init;
	if (keys->tenant) {
		snprintf(s->tenant, sizeof(s->tenant), "%s", keys->tenant);
		s->key_place.tenant = s->tenant;
	}
	return key_client_open(&s->key_place, &s->keys);
}

static struct failure open_keys(
	const struct paths *p, const struct key_place *keys, bool init, struct service *s)
{
	struct key_pair identity;

	TRY_FAILURE(identity_open(p->identity, init, &identity));
	s->identity = identity;
	TRY_FAILURE(node_ca_open(p->ca_key, p->ca_cert, init, (int64_t)time(NULL), &s->node_ca));
	return open_key_service(p, keys, init, s);
}

/*
 * The record's last line tells of a commit, and the store may have lost it, or a crash came between
 * the two: then nobody had the ACK. Either way the disk is written over only when an operator says
 * so.
 */
static struct failure hold_back(struct service *s, const char *disk_hex)
{
	static const uint8_t nobody[TPM_NAME_LEN];
	uint8_t id[DISK_ID_LEN];
	const struct store_key key = {nobody, NULL, NULL, id};
	struct store_view view;

	if (!hex_decode_text(disk_hex, strlen(disk_hex), id, sizeof(id)))
		return refuse(
			"the audit record's last line is a commit that names no disk: restore "
			"store and record from one backup");
	TRY_FAILURE(store_view(s->store, &key, &view));
	if (!view.has_disk)
		return refuse(
			"the audit record's last line is the commit of disk %s, which the store "
			"does not know: restore store and record from one backup",
			disk_hex);
	view.disk.may_overwrite = false;
	return store_put_disk(s->store, &view.disk);
}

/* What the record holds behind the store's position must not be a decision that the store lost. */
static struct failure check_tail(struct service *s, const struct audit_tail *tail)
{
	if (tail->decisions && !(tail->decisions == 1 && tail->last_line))
		return refuse("the store is older than the audit record: it lacks %llu grants and "
			      "commits, from line %llu on. Restore store, keys and record from one "
			      "backup (protostar node backup makes one)",
			(unsigned long long)tail->decisions, (unsigned long long)tail->first);
	if (tail->missing)
		log_message(&s->log, "record-missing",
			"there was no audit record: a new one goes on from the line that the store "
			"knows");
	if (tail->decisions && strcmp(tail->event, "commit") == 0)
		return hold_back(s, tail->disk);
	return failure_none();
}

static struct failure check_records(struct service *s, const struct audit_tail *tail)
{
	TRY_FAILURE(check_keks(s));
	TRY_FAILURE(check_tail(s, tail));
	TRY_FAILURE(record_changes(s));
	return record_position(s);
}

/* Keys, store and audit record fit each other, and what operators did meanwhile is recorded. */
static struct failure open_records(const struct paths *p, bool init, struct service *s)
{
	enum store_mode mode = init && !has_bytes(p->audit) ? STORE_CREATE : STORE_CHANGE;
	struct audit_position known;
	struct audit_tail tail;
	struct failure f;

	TRY_FAILURE(store_open(p->store, mode, &s->store));
	TRY_FAILURE(store_get_position(s->store, &known));
	TRY_FAILURE(audit_open(p->audit, &known, &s->audit, &tail));
	TRY_FAILURE(store_begin(s->store));
	f = check_records(s, &tail);
	if (!f.happened)
		return store_commit(s->store);
	store_rollback(s->store);
	return f;
}

struct failure state_open(
	const char *folder, const struct key_place *keys, bool init, struct service *out)
{
	struct paths paths;
	struct failure f;

	TRY_FAILURE(make_paths(folder, keys, &paths));
	TRY_FAILURE(make_folder(folder, init));
	TRY_FAILURE(lock_folder(folder));
	TRY_FAILURE(check_nothing_lost(&paths, folder, init));
	f = open_keys(&paths, keys, init, out);
	if (!f.happened)
		f = open_records(&paths, init, out);
	if (f.happened)
		state_close(out);
	return f;
}

void state_close(struct service *s)
{
	audit_close(s->audit);
	store_close(s->store);
	key_service_close(s->keys);
	node_ca_close(s->node_ca);
	key_free(&s->identity);
	s->audit = NULL;
	s->store = NULL;
	s->keys = NULL;
	s->node_ca = NULL;
}
