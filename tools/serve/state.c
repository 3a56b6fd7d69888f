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

static bool open_parts(const char *folder, const char *kek_path, struct service *s, struct why *why)
{
	char path[PATH_MAX];
	struct key_pair identity;

	if (!state_path(folder, "service-key.der", path, sizeof(path), why) ||
		!identity_open(path, &identity, why))
		return false;
	s->identity = identity;
	if (!kek_path && !state_path(folder, "kek", path, sizeof(path), why))
		return false;
	if (!key_service_open(kek_path ? kek_path : path, &s->keys, why))
		return false;
	if (!state_path(folder, STORE_FILE, path, sizeof(path), why) ||
		!store_open(path, false, &s->store, why))
		return false;
	return state_path(folder, "audit.jsonl", path, sizeof(path), why) &&
	       audit_open(path, &s->audit, why);
}

bool state_open(const char *folder, const char *kek_path, struct service *out, struct why *why)
{
	if (!make_folder(folder, why) || !lock_folder(folder, why))
		return false;
	if (open_parts(folder, kek_path, out, why))
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
