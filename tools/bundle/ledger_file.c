/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ledger as a file that grows. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "tools/bundle/ledger_private.h"
#include "tools/lib/hex.h"
#include "tools/lib/private_file.h"

struct ledger {
	int fd;
	char *path;
	struct secret key;
	uint8_t id[LEDGER_ID_LEN];
	struct ledger_read read;
	bool broken; /* a write failed: what the file holds is not known any more */
};

static struct failure failed_at(const struct ledger *l)
{
	return refuse("%s: %s", l->path, strerror(errno));
}

/* Whole with its heading, under its name, before anybody counts by it. */
static struct failure make_file(const char *path, const uint8_t id[LEDGER_ID_LEN])
{
	char heading[LEDGER_HEADING_LEN + 1];

	ledger_heading(id, heading);
	return private_file_create(path, (const uint8_t *)heading, LEDGER_HEADING_LEN);
}

static struct failure open_file(struct ledger *l)
{
	const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	struct stat st;

	l->fd = open(l->path, flags);
	if (l->fd < 0 && errno == ENOENT) {
		TRY_FAILURE(make_file(l->path, l->id));
		l->fd = open(l->path, flags);
	}
	if (l->fd < 0 || fstat(l->fd, &st))
		return failed_at(l);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
		return refuse(
			"%s must be a file of this user that nobody else may write to", l->path);
	if (flock(l->fd, LOCK_EX | LOCK_NB))
		return refuse("%s: another protostar recover is using this bundle", l->path);
	return failure_none();
}

static struct failure check_file(struct ledger *l)
{
	char *text = malloc(LEDGER_FILE_MAX + 1);
	ssize_t len = text ? pread(l->fd, text, LEDGER_FILE_MAX + 1, 0) : -1;
	struct failure f;

	if (len < 0 || (size_t)len > LEDGER_FILE_MAX)
		f = refuse("%s cannot be read, or is longer than any ledger", l->path);
	else
		f = ledger_check((struct span){(const uint8_t *)text, (size_t)len}, l->id,
			l->key.bytes, NULL, NULL, &l->read);
	free(text);
	if (f.happened)
		return refuse("%s: %s", l->path, f.text);
	if (l->read.whole < (size_t)len && (ftruncate(l->fd, (off_t)l->read.whole) || fsync(l->fd)))
		return failed_at(l);
	return failure_none();
}

static struct failure open_all(struct ledger *l, const char *path, const uint8_t *key)
{
	l->path = strdup(path);
	if (!l->path)
		return refuse("out of memory");
	if (failed(secret_new(LEDGER_KEY_LEN, &l->key)))
		return refuse("no locked memory left for a ledger's key");
	memcpy(l->key.bytes, key, LEDGER_KEY_LEN);
	TRY_FAILURE(open_file(l));
	return check_file(l);
}

struct failure ledger_open(const char *path, const uint8_t id[LEDGER_ID_LEN],
	const uint8_t key[LEDGER_KEY_LEN], struct ledger **out)
{
	struct ledger *l = calloc(1, sizeof(*l));
	struct failure f;

	if (!l)
		return refuse("out of memory");
	l->fd = -1;
	memcpy(l->id, id, LEDGER_ID_LEN);
	f = open_all(l, path, key);
	if (f.happened)
		ledger_close(l);
	else
		*out = l;
	return f;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	secret_free(&l->key);
	free(l->path);
	free(l);
}

uint64_t ledger_uses(const struct ledger *l)
{
	return l->read.uses;
}

struct failure ledger_add(struct ledger *l, struct ledger_use use)
{
	uint8_t mac[LEDGER_MAC_LEN];
	char line[LEDGER_LINE_MAX];
	size_t len;

	if (l->broken)
		return refuse("%s could not be written: begin again", l->path);
	use.number = l->read.uses + 1;
	len = ledger_line(&use, line);
	ledger_mac(l->key.bytes, l->read.mac, line, len - 1, mac);
	hex_encode(mac, sizeof(mac), line + len);
	len += 2 * sizeof(mac);
	line[len++] = '\n';
	l->broken = write(l->fd, line, len) != (ssize_t)len || fsync(l->fd);
	if (l->broken)
		return failed_at(l);
	memcpy(l->read.mac, mac, sizeof(mac));
	l->read.uses = use.number;
	return failure_none();
}
