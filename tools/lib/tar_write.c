/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/tar_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

#define BLOCK	     512u
#define NAME_LEN     100u
#define NUMBER_MAX   07777777u	     /* what eight characters hold */
#define SIZE_MAX_TAR 077777777777ull /* what twelve hold */

bool tar_write_open(const char *path, struct tar_writer *out)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	out->file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (fd >= 0 && !out->file)
		close(fd);
	return out->file || complain("cannot write %s: %s", path, strerror(errno));
}

/* Errors are kept by the stream until tar_write_close(). */
static void put(const struct tar_writer *w, const void *data, size_t len)
{
	if (len)
		(void)fwrite(data, 1, len, w->file);
}

static void put_padded(const struct tar_writer *w, const void *data, size_t len)
{
	static const uint8_t zeros[BLOCK];

	put(w, data, len);
	put(w, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

static void put_number(uint8_t *field, unsigned digits, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%0*llo", (int)digits, (unsigned long long)value);
	memcpy(field, text, digits);
}

static void put_text(uint8_t *field, const char *text)
{
	memcpy(field, text, strnlen(text, NAME_LEN));
}

struct header {
	const char *path, *target;
	char type;
	mode_t mode;
	uint64_t uid, gid, size, major, minor;
};

/* A number that is too large stands in the pax header, and here as 0. */
static uint64_t fitting(uint64_t value, uint64_t max)
{
	return value > max ? 0 : value;
}

static void put_header(const struct tar_writer *w, const struct header *h)
{
	uint8_t block[BLOCK] = {0};
	unsigned sum = 0;

	put_text(block, h->path);
	put_number(block + 100, 7, h->mode & 07777);
	put_number(block + 108, 7, fitting(h->uid, NUMBER_MAX));
	put_number(block + 116, 7, fitting(h->gid, NUMBER_MAX));
	put_number(block + 124, 11, fitting(h->size, SIZE_MAX_TAR));
	put_number(block + 136, 11, 0);
	memset(block + 148, ' ', 8);
	block[156] = (uint8_t)h->type;
	put_text(block + 157, h->target);
	memcpy(block + 257, "ustar", 6);
	memcpy(block + 263, "00", 2);
	put_number(block + 329, 7, h->major);
	put_number(block + 337, 7, h->minor);
	for (unsigned i = 0; i < BLOCK; i++)
		sum += block[i];
	put_number(block + 148, 6, sum);
	block[154] = '\0';
	put(w, block, sizeof(block));
}

/* "LENGTH KEY=VALUE\n", where the length counts its own digits. */
static void add_record(struct bytes *pax, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, size = rest, before;

	do {
		before = size;
		size = rest + (size_t)snprintf(NULL, 0, "%zu", before);
	} while (size != before);
	bytes_addf(pax, "%zu %s=", size, key);
	bytes_add(pax, value, len);
	bytes_add_text(pax, "\n");
}

static void add_number_record(struct bytes *pax, const char *key, uint64_t value, uint64_t max)
{
	char text[24];

	if (value <= max)
		return;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add_record(pax, key, text, strlen(text));
}

static void put_pax(
	const struct tar_writer *w, const struct header *h, const struct tar_entry *entry)
{
	struct bytes pax = {0};

	if (strlen(h->path) > NAME_LEN)
		add_record(&pax, "path", h->path, strlen(h->path));
	if (strlen(h->target) > NAME_LEN)
		add_record(&pax, "linkpath", h->target, strlen(h->target));
	add_number_record(&pax, "size", h->size, SIZE_MAX_TAR);
	add_number_record(&pax, "uid", h->uid, NUMBER_MAX);
	add_number_record(&pax, "gid", h->gid, NUMBER_MAX);
	for (size_t i = 0; h->type != '1' && i < entry->xattr_count; i++) {
		char *key = must_format("SCHILY.xattr.%s", entry->xattrs[i].name);

		add_record(&pax, key, entry->xattrs[i].value, entry->xattrs[i].len);
		free(key);
	}
	if (pax.len) {
		put_header(w, &(struct header){.path = "pax",
				      .target = "",
				      .type = 'x',
				      .mode = 0644,
				      .size = pax.len});
		put_padded(w, pax.data, pax.len);
	}
	bytes_free(&pax);
}

static char type_of(const struct tar_entry *entry)
{
	switch (entry->mode & S_IFMT) {
	case S_IFLNK:
		return '2';
	case S_IFCHR:
		return '3';
	case S_IFBLK:
		return '4';
	case S_IFDIR:
		return '5';
	case S_IFIFO:
		return '6';
	default:
		return '0';
	}
}

void tar_write_entry(struct tar_writer *w, const char *path, const struct tar_entry *entry,
	const char *hard_link)
{
	/* mksquashfs takes the root by no other name than this. */
	char *name = must_format("./%s", path);
	char *target = hard_link ? must_format("./%s", hard_link) : NULL;
	struct header h = {
		.path = name,
		.target = "",
		.type = hard_link ? '1' : type_of(entry),
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
	};

	if (hard_link)
		h.target = target;
	else if (S_ISLNK(entry->mode))
		h.target = entry->target;
	else if (S_ISREG(entry->mode))
		h.size = entry->len;
	if (h.type == '3' || h.type == '4') {
		h.major = entry->major;
		h.minor = entry->minor;
	}
	put_pax(w, &h, entry);
	put_header(w, &h);
	put_padded(w, entry->data, (size_t)h.size);
	free(name);
	free(target);
}

bool tar_write_close(struct tar_writer *w, const char *path)
{
	static const uint8_t end[2 * BLOCK];
	bool fine;

	put(w, end, sizeof(end));
	fine = !ferror(w->file);
	fine = !fclose(w->file) && fine;
	w->file = NULL;
	return fine || complain("cannot write %s: %s", path, strerror(errno));
}
