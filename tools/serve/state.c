#include "tools/serve/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "tools/lib/hex.h"
#include "tools/serve/identity.h"
#include "tools/serve/record.h"

bool state_path(const char *folder, const char *name, char *out, size_t cap, struct why *why)
{
	if ((size_t)snprintf(out, cap, "%s/%s", folder, name) >= cap)
		return refuse(why, "%s: the path is too long", folder);
	return true;
}

/* Other users must not be able to put files of their own in place of ours. */
static bool make_folder(const char *folder, bool init, struct why *why)
{
	struct stat st;

	if (init && mkdir(folder, 0700) && errno != EEXIST)
		return refuse(why, "%s: %s", folder, strerror(errno));
	if (stat(folder, &st) || !S_ISDIR(st.st_mode))
		return refuse(why, "%s is not a folder: protostar serve --init makes it", folder);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
		return refuse(why, "%s must belong to this user, and nobody else may write to it",
			folder);
	return true;
}

static bool lock_folder(const char *folder, struct why *why)
{
	char path[PATH_MAX];
	int fd;

	if (!state_path(folder, "lock", path, sizeof(path), why))
		return false;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return refuse(why, "%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return refuse(why, "%s: another service is running from it", folder);
	}
	return true;
}

struct paths {
	char identity[PATH_MAX], kek[PATH_MAX], store[PATH_MAX], audit[PATH_MAX];
};

bool state_kek_path(const char *folder, const char *kek_path, char *out, struct why *why)
{
	if (!kek_path)
		return state_path(folder, STATE_KEK, out, PATH_MAX, why);
	if ((size_t)snprintf(out, PATH_MAX, "%s", kek_path) >= PATH_MAX)
		return refuse(why, "%s: the path is too long", kek_path);
	return true;
}

static bool make_paths(const char *folder, const char *kek_path, struct paths *out, struct why *why)
{
	return state_path(folder, STATE_IDENTITY, out->identity, PATH_MAX, why) &&
	       state_kek_path(folder, kek_path, out->kek, why) &&
	       state_path(folder, STORE_FILE, out->store, PATH_MAX, why) &&
	       state_path(folder, STATE_AUDIT, out->audit, PATH_MAX, why);
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

static bool refuse_without_store(const struct paths *p, const char *folder, struct why *why)
{
	if (has_bytes(p->audit))
		return refuse(why,
			"%s is missing, but there is an audit record: restore it from its "
			"backup, or begin with an empty folder",
			p->store);
	if (exists(p->kek) || exists(p->identity))
		return refuse(why,
			"%s is missing, but there are keys: restore it from the backup that they "
			"are of; with a new one (protostar serve --init) no disk in use is known",
			p->store);
	return refuse(why, "%s: no service has been here: protostar serve --state %s --init",
		folder, folder);
}

/*
 * What was lost is never made anew unnoticed: a new store knows no disk in use, new KEKs open none
 * of them, and no node takes a new service key. The keys are made before the store, and the audit
 * record is written after both, so when a first start was cut short nothing is missing beside what
 * comes later.
 */
static bool check_nothing_lost(
	const struct paths *p, const char *folder, bool init, struct why *why)
{
	bool has_store = exists(p->store);

	if (!has_store && (!init || has_bytes(p->audit)))
		return refuse_without_store(p, folder, why);
	if (!exists(p->kek) && has_store)
		return refuse(why,
			"%s is missing, but there is a store of disks made with it: restore it "
			"from its backup",
			p->kek);
	if (!exists(p->identity) && has_store && !init)
		return refuse(why,
			"%s is missing: restore it from its backup. A new one (--init) has another "
			"pin, which images must name",
			p->identity);
	return true;
}

/* A version that the store knows must be the key it was; one that it does not know is new. */
static bool check_kek(
	struct service *s, uint32_t version, const uint8_t check[KEK_CHECK_LEN], struct why *why)
{
	uint8_t stored[KEK_CHECK_LEN];
	bool known;

	if (!store_get_kek_check(s->store, version, stored, &known, why))
		return false;
	if (!known)
		return store_put_kek_check(s->store, version, check, why);
	return equal_ct(check, stored, KEK_CHECK_LEN) ||
	       refuse(why,
		       "key-encryption key %u is not the one that the store's disks were made "
		       "with: restore keys and store from one backup",
		       version);
}

static bool has_version(const struct key_service *keys, uint32_t version)
{
	uint8_t check[KEK_CHECK_LEN];
	uint32_t found;

	for (size_t i = 0; key_service_check(keys, i, &found, check); i++)
		if (found == version)
			return true;
	return false;
}

static bool check_keks(struct service *s, struct why *why)
{
	uint8_t check[KEK_CHECK_LEN];
	uint32_t version = 0;

	for (size_t i = 0; key_service_check(s->keys, i, &version, check); i++)
		if (!check_kek(s, version, check, why))
			return false;
	for (version = 0; store_next_kek(s->store, version, &version, why);) {
		if (!version)
			return true;
		if (!has_version(s->keys, version))
			return refuse(why,
				"key-encryption key %u is missing: the store has disks made with "
				"it. Restore it from its backup",
				version);
	}
	return false;
}

bool state_identity(const char *folder, struct key_pair *out, struct why *why)
{
	char path[PATH_MAX];

	if (!make_folder(folder, false, why) ||
		!state_path(folder, STATE_IDENTITY, path, PATH_MAX, why))
		return false;
	if (!exists(path))
		return refuse(why, "%s: no key is here: protostar serve --state %s --init makes it",
			folder, folder);
	return identity_open(path, false, out, why);
}

static bool open_keys(const struct paths *p, bool init, struct service *s, struct why *why)
{
	struct key_pair identity;

	if (!identity_open(p->identity, init, &identity, why))
		return false;
	s->identity = identity;
	return key_service_open(p->kek, init, &s->keys, why);
}

/*
 * The record's last line tells of a commit, and the store may have lost it, or a crash came between
 * the two: then nobody had the ACK. Either way the disk is written over only when an operator says
 * so.
 */
static bool hold_back(struct service *s, const char *disk_hex, struct why *why)
{
	static const uint8_t nobody[TPM_NAME_LEN];
	uint8_t id[DISK_ID_LEN];
	const struct store_key key = {nobody, nobody, id};
	struct store_view view;

	if (!hex_decode_text(disk_hex, strlen(disk_hex), id, sizeof(id)) ||
		!store_view(s->store, &key, &view, why))
		return false;
	if (!view.has_disk)
		return refuse(why,
			"the audit record's last line is the commit of disk %s, which the store "
			"does not know: restore store and record from one backup",
			disk_hex);
	view.disk.may_overwrite = false;
	return store_put_disk(s->store, &view.disk, why);
}

/* What the record holds behind the store's position must not be a decision that the store lost. */
static bool judge_tail(struct service *s, const struct audit_tail *tail, struct why *why)
{
	if (tail->decisions && !(tail->decisions == 1 && tail->last_line))
		return refuse(why,
			"the store is older than the audit record: it lacks %llu grants and "
			"commits, from line %llu on. Restore store, keys and record from one "
			"backup (protostar node backup makes one)",
			(unsigned long long)tail->decisions, (unsigned long long)tail->first);
	if (tail->missing)
		log_say(&s->log, "record-missing",
			"there was no audit record: a new one goes on from the line that the store "
			"knows");
	return !tail->decisions || strcmp(tail->event, "commit") != 0 ||
	       hold_back(s, tail->disk, why);
}

/* Keys, store and audit record fit each other, and what operators did meanwhile is recorded. */
static bool open_records(const struct paths *p, bool init, struct service *s, struct why *why)
{
	enum store_mode mode = init && !has_bytes(p->audit) ? STORE_CREATE : STORE_CHANGE;
	struct audit_position known;
	struct audit_tail tail;

	if (!store_open(p->store, mode, &s->store, why) ||
		!store_get_position(s->store, &known, why) ||
		!audit_open(p->audit, &known, &s->audit, &tail, why) || !store_begin(s->store, why))
		return false;
	if (check_keks(s, why) && judge_tail(s, &tail, why) && record_deeds(s, why) &&
		record_position(s, why))
		return store_commit(s->store, why);
	store_rollback(s->store);
	return false;
}

bool state_open(
	const char *folder, const char *kek_path, bool init, struct service *out, struct why *why)
{
	struct paths paths;

	if (!make_paths(folder, kek_path, &paths, why) || !make_folder(folder, init, why) ||
		!lock_folder(folder, why) || !check_nothing_lost(&paths, folder, init, why))
		return false;
	if (open_keys(&paths, init, out, why) && open_records(&paths, init, out, why))
		return true;
	state_close(out);
	return false;
}

void state_close(struct service *s)
{
	audit_close(s->audit);
	store_close(s->store);
	key_service_close(s->keys);
	key_free(&s->identity);
	s->audit = NULL;
	s->store = NULL;
	s->keys = NULL;
}
