/*
 * `protostar node backup`: keys, store and audit record of one moment, while the service runs. The
 * store is copied first; its position tells which line of the record is the last that belongs to
 * it, and the record is copied up to there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "tools/serve/node_command.h"
#include "tools/lib/private_file.h"

#define SECRETS_BYTES (64u << 10)
#define TRIES	      5 /* a rotation of the record between the two copies is rare */

struct backup {
	const struct node_request *request;
	const char *folder;
	struct store *store;
};

static bool copy_secret(const char *from, const char *to, struct why *why)
{
	SECRET_AUTO bytes = {0};

	return private_file_read(from, SECRET_MAX, &bytes, why) == PRIVATE_FILE_READ &&
	       private_file_create(to, bytes.bytes, bytes.len, why);
}

static bool copy_keys(const struct backup *b, struct why *why)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (!state_path(b->request->state, STATE_IDENTITY, from, PATH_MAX, why) ||
		!state_path(b->folder, STATE_IDENTITY, to, PATH_MAX, why) ||
		!copy_secret(from, to, why))
		return false;
	return state_kek_path(b->request->state, b->request->kek, from, why) &&
	       state_path(b->folder, STATE_KEK, to, PATH_MAX, why) && copy_secret(from, to, why);
}

/* The first len bytes of a file into a new one, through to the disk. */
static bool copy_start(const char *from, const char *to, uint64_t len, struct why *why)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = in >= 0 && out >= 0;
	char part[65536];

	while (good && len) {
		ssize_t n = read(in, part, len < sizeof(part) ? len : sizeof(part));

		good = n > 0 && write(out, part, (size_t)n) == n;
		len -= good ? (uint64_t)n : 0;
	}
	good = good && fsync(out) == 0;
	if (!good)
		refuse(why, "%s cannot be copied to %s: %s", from, to, strerror(errno));
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return good;
}

/* The copy of the store knows the record up to its position, and no further. */
static bool copy_record(const struct backup *b, const char *store_copy, struct why *why)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct audit_position last;
	struct audit *record = NULL;
	struct audit_tail tail;
	struct store *copy = NULL;
	bool good = store_open(store_copy, STORE_READ, &copy, why) &&
		    store_get_position(copy, &last, why);

	store_close(copy);
	if (!good || !state_path(b->request->state, STATE_AUDIT, from, PATH_MAX, why) ||
		!state_path(b->folder, STATE_AUDIT, to, PATH_MAX, why) ||
		!copy_start(from, to, last.end, why) || !audit_open(to, &last, &record, &tail, why))
		return false;
	audit_close(record);
	return true;
}

static bool copy_all(const struct backup *b, struct why *why)
{
	char store[PATH_MAX], record[PATH_MAX];

	if (!copy_keys(b, why) || !state_path(b->folder, STORE_FILE, store, PATH_MAX, why) ||
		!state_path(b->folder, STATE_AUDIT, record, PATH_MAX, why))
		return false;
	for (int i = 0; i < TRIES; i++) {
		if (!store_copy(b->store, store, why))
			return false;
		if (copy_record(b, store, why))
			return true;
		unlink(store);
		unlink(record);
	}
	return false;
}

static bool sync_folder(const char *folder, struct why *why)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (!good)
		refuse(why, "%s: %s", folder, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* A backup that failed leaves nothing behind: half of one would be taken for a whole one. */
static void remove_folder(const char *folder)
{
	static const char *const names[] = {STATE_IDENTITY, STATE_KEK, STORE_FILE, STATE_AUDIT};
	char path[PATH_MAX];
	struct why unused;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (state_path(folder, names[i], path, PATH_MAX, &unused))
			unlink(path);
	rmdir(folder);
}

bool node_backup(const struct node_request *r, struct why *why)
{
	struct backup b = {.request = r, .folder = r->name};
	bool good;

	if (failed(secret_room_open(SECRETS_BYTES)))
		return refuse(why, "no locked memory: raise RLIMIT_MEMLOCK above 64 KiB");
	if (mkdir(b.folder, 0700))
		return refuse(why, "%s: %s; a backup makes its folder", b.folder, strerror(errno));
	good = node_store(r, STORE_CHANGE, &b.store, why) && copy_all(&b, why) &&
	       sync_folder(b.folder, why);
	store_close(b.store);
	secret_room_close();
	if (!good) {
		remove_folder(b.folder);
		return false;
	}
	printf("%s: keys, store and audit record of one moment; keep it as safe as the keys\n",
		b.folder);
	return true;
}
