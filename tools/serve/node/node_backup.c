/* SPDX-License-Identifier: GPL-2.0-or-later */
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
#include "tools/keys/engine.h"
#include "tools/serve/node/node_command.h"
#include "tools/lib/file.h"
#include "tools/lib/private_file.h"

#define SECRETS_BYTES (64u << 10)
#define TRIES	      5 /* a rotation of the record between the two copies is rare */

#define CERTIFICATE_FILE_MAX 16384u

struct backup {
	const struct node_request *request;
	const char *folder;
	struct store *store;
};

static struct failure copy_secret(const char *from, const char *to)
{
	SECRET_AUTO bytes = {0};

	TRY_FAILURE(private_file_read(from, SECRET_MAX, &bytes, NULL));
	return private_file_create(to, bytes.bytes, bytes.len);
}

/* What everybody may read. */
static struct failure copy_certificate(const struct backup *b)
{
	char from[PATH_MAX], to[PATH_MAX], text[CERTIFICATE_FILE_MAX];
	size_t len = 0;

	TRY_FAILURE(state_path(b->request->state, STATE_CA_CERT, from, PATH_MAX));
	TRY_FAILURE(state_path(b->folder, STATE_CA_CERT, to, PATH_MAX));
	TRY_FAILURE(trusted_file_read(from, text, sizeof(text), &len));
	return file_write(to, text, len) ? failure_none() : refuse("%s cannot be written", to);
}

static struct failure copy_keys(const struct backup *b)
{
	char from[PATH_MAX], to[PATH_MAX];

	static const char *const names[] = {STATE_IDENTITY, STATE_CA_KEY};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		TRY_FAILURE(state_path(b->request->state, names[i], from, PATH_MAX));
		TRY_FAILURE(state_path(b->folder, names[i], to, PATH_MAX));
		TRY_FAILURE(copy_secret(from, to));
	}
	TRY_FAILURE(copy_certificate(b));
	if (b->request->kek && kek_is_token(b->request->kek))
		return failure_none();
	TRY_FAILURE(state_kek_path(b->request->state, b->request->kek, from));
	TRY_FAILURE(state_path(b->folder, STATE_KEK, to, PATH_MAX));
	return copy_secret(from, to);
}

/* The first len bytes of a file into a new one, through to the disk. */
static struct failure copy_start(const char *from, const char *to, uint64_t len)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct failure f = failure_none();
	bool good = in >= 0 && out >= 0;
	char part[65536];

	while (good && len) {
		ssize_t n = read(in, part, len < sizeof(part) ? len : sizeof(part));

		good = n > 0 && write(out, part, (size_t)n) == n;
		len -= good ? (uint64_t)n : 0;
	}
	if (!good || fsync(out))
		f = refuse("%s cannot be copied to %s: %s", from, to, strerror(errno));
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return f;
}

/* The copy of the store knows the record up to its position, and no further. */
static struct failure copy_record(const struct backup *b, const char *store_copy)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct audit_position last;
	struct audit *record = NULL;
	struct audit_tail tail;
	struct store *copy = NULL;
	struct failure f = store_open(store_copy, STORE_READ, &copy);

	if (!f.happened)
		f = store_get_position(copy, &last);
	store_close(copy);
	if (f.happened)
		return f;
	TRY_FAILURE(state_path(b->request->state, STATE_AUDIT, from, PATH_MAX));
	TRY_FAILURE(state_path(b->folder, STATE_AUDIT, to, PATH_MAX));
	TRY_FAILURE(copy_start(from, to, last.end));
	TRY_FAILURE(audit_open(to, &last, &record, &tail));
	audit_close(record);
	return failure_none();
}

static struct failure copy_all(const struct backup *b)
{
	char store[PATH_MAX], record[PATH_MAX];
	struct failure f = failure_none();

	TRY_FAILURE(state_path(b->folder, STORE_FILE, store, PATH_MAX));
	TRY_FAILURE(state_path(b->folder, STATE_AUDIT, record, PATH_MAX));
	for (int i = 0; i < TRIES; i++) {
		TRY_FAILURE(store_copy(b->store, store));
		f = copy_record(b, store);
		if (!f.happened)
			break;
		unlink(store);
		unlink(record);
	}
	/* Last: a key that the store's copy knows is there, also when one is made meanwhile. */
	return f.happened ? f : copy_keys(b);
}

static struct failure sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct failure f = failure_none();

	if (fd < 0 || fsync(fd))
		f = refuse("%s: %s", folder, strerror(errno));
	if (fd >= 0)
		close(fd);
	return f;
}

/* A backup that failed leaves nothing behind: half of one would be taken for a whole one. */
static void remove_folder(const char *folder)
{
	static const char *const names[] = {
		STATE_IDENTITY, STATE_CA_KEY, STATE_CA_CERT, STATE_KEK, STORE_FILE, STATE_AUDIT};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!state_path(folder, names[i], path, PATH_MAX).happened)
			unlink(path);
	rmdir(folder);
}

static struct failure make_backup(struct backup *b)
{
	TRY_FAILURE(node_store(b->request, STORE_CHANGE, &b->store));
	TRY_FAILURE(copy_all(b));
	return sync_folder(b->folder);
}

struct failure node_backup(const struct node_request *r)
{
	struct backup b = {.request = r, .folder = r->name};
	struct failure f;

	if (failed(secret_pool_open(SECRETS_BYTES)))
		return refuse("no locked memory: raise RLIMIT_MEMLOCK above 64 KiB");
	if (mkdir(b.folder, 0700))
		return refuse("%s: %s; a backup makes its folder", b.folder, strerror(errno));
	f = make_backup(&b);
	store_close(b.store);
	secret_pool_close();
	if (f.happened) {
		remove_folder(b.folder);
		return f;
	}
	printf("%s: keys, store and audit record of one moment; keep it as safe as the keys\n",
		b.folder);
	return failure_none();
}
