#include "tools/serve/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/serve/identity.h"

#define AUDIT_FILE "audit.jsonl"

bool state_path(const char *folder, const char *name, char *out, size_t cap, struct why *why)
{
	if ((size_t)snprintf(out, cap, "%s/%s", folder, name) >= cap)
		return refuse(why, "%s: the path is too long", folder);
	return true;
}

/* Other users must not be able to put files of their own in place of ours. */
static bool make_folder(const char *folder, struct why *why)
{
	struct stat st;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return refuse(why, "%s: %s", folder, strerror(errno));
	if (stat(folder, &st) || !S_ISDIR(st.st_mode))
		return refuse(why, "%s is not a folder", folder);
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

static bool kek_path_of(
	const char *folder, const char *kek_path, char out[PATH_MAX], struct why *why)
{
	if (!kek_path)
		return state_path(folder, "kek", out, PATH_MAX, why);
	if ((size_t)snprintf(out, PATH_MAX, "%s", kek_path) >= PATH_MAX)
		return refuse(why, "%s: the path is too long", kek_path);
	return true;
}

static bool make_paths(const char *folder, const char *kek_path, struct paths *out, struct why *why)
{
	return state_path(folder, "service-key.der", out->identity, PATH_MAX, why) &&
	       kek_path_of(folder, kek_path, out->kek, why) &&
	       state_path(folder, STORE_FILE, out->store, PATH_MAX, why) &&
	       state_path(folder, AUDIT_FILE, out->audit, PATH_MAX, why);
}

/* True also when that cannot be found out: then opening it will say why. */
static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

/*
 * What was lost is never made anew unnoticed. A new store would have disks formatted that are in
 * use, new KEKs would open none of them, and what joined since could not be merged with a backup.
 * The KEKs are made before the store, and the audit record is written after both, so on a first
 * start neither is missing beside what comes later.
 */
static bool check_nothing_lost(const struct paths *p, struct why *why)
{
	struct stat audit;

	if (!exists(p->store) && lstat(p->audit, &audit) == 0 && audit.st_size > 0)
		return refuse(why,
			"%s is missing, but there is an audit record: restore it from its "
			"backup, or begin with an empty folder",
			p->store);
	if (!exists(p->kek) && exists(p->store))
		return refuse(why,
			"%s is missing, but there is a store of disks made with it: restore it "
			"from its backup",
			p->kek);
	return true;
}

static bool open_parts(const struct paths *p, struct service *s, struct why *why)
{
	struct key_pair identity;

	if (!identity_open(p->identity, &identity, why))
		return false;
	s->identity = identity;
	return key_service_open(p->kek, &s->keys, why) &&
	       store_open(p->store, false, &s->store, why) && audit_open(p->audit, &s->audit, why);
}

bool state_open(const char *folder, const char *kek_path, struct service *out, struct why *why)
{
	struct paths paths;

	if (!make_paths(folder, kek_path, &paths, why) || !make_folder(folder, why) ||
		!lock_folder(folder, why) || !check_nothing_lost(&paths, why))
		return false;
	if (open_parts(&paths, out, why))
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
