/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/tree_hash.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "tools/lib/bank.h"
#include "tools/lib/bytes.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"

#define DEPTH_MAX 128u
#define XATTR_MAX 65536u /* Linux: XATTR_SIZE_MAX and XATTR_LIST_MAX */

/* A file with several names, by where it was seen first. */
struct first_name {
	dev_t device;
	ino_t inode;
	char *name;
};

struct walk {
	struct tree_hash *out;
	struct bytes listing;
	bool owners;
	size_t prefix; /* characters of the folder's own path */
	struct first_name *names;
	size_t name_count;
};

/* A field of the listing: its length, then its bytes, so that no two listings can be mistaken. */
static void add_field(struct walk *w, const void *data, size_t len)
{
	uint8_t prefix[8];

	put_le64(prefix, len);
	bytes_add(&w->listing, prefix, sizeof(prefix));
	bytes_add(&w->listing, data, len);
}

static void add_number(struct walk *w, uint64_t value)
{
	uint8_t number[8];

	put_le64(number, value);
	bytes_add(&w->listing, number, sizeof(number));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct name_list {
	char **names;
	size_t count;
};

static void add_name(struct name_list *list, const char *name)
{
	list->names = must_realloc(list->names, list->count + 1, sizeof(*list->names));
	list->names[list->count++] = must_dup(name);
}

static void free_names(struct name_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
}

static bool add_attributes(struct walk *w, const char *path)
{
	char *text = must_alloc(XATTR_MAX), *value = must_alloc(XATTR_MAX);
	ssize_t len = llistxattr(path, text, XATTR_MAX);
	struct name_list list = {0};
	bool fine = len >= 0 || errno == ENOTSUP ||
		    complain("cannot list the attributes of %s: %s", path, strerror(errno));

	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(text + at) + 1)
		add_name(&list, text + at);
	if (list.count)
		qsort(list.names, list.count, sizeof(*list.names), by_text);
	add_number(w, list.count);
	for (size_t i = 0; fine && i < list.count; i++) {
		ssize_t n = lgetxattr(path, list.names[i], value, XATTR_MAX);

		if (n < 0) {
			fine = complain("cannot read the attribute %s of %s: %s", list.names[i],
				path, strerror(errno));
			break;
		}
		add_field(w, list.names[i], strlen(list.names[i]));
		add_field(w, value, (size_t)n);
	}
	free_names(&list);
	free(text);
	free(value);
	return fine;
}

/* The first name of a file that has several; NULL when this is the first. */
static const char *earlier_name(struct walk *w, const struct stat *st, const char *name)
{
	for (size_t i = 0; i < w->name_count; i++)
		if (w->names[i].device == st->st_dev && w->names[i].inode == st->st_ino)
			return w->names[i].name;
	w->names = must_realloc(w->names, w->name_count + 1, sizeof(*w->names));
	w->names[w->name_count++] = (struct first_name){st->st_dev, st->st_ino, must_dup(name)};
	return NULL;
}

static bool add_file(struct walk *w, const char *path, const struct stat *st)
{
	const char *name = path + w->prefix;
	const char *earlier = st->st_nlink > 1 ? earlier_name(w, st, name) : NULL;
	uint8_t hash[32];
	struct mapped m;

	add_field(w, earlier ? earlier : "", earlier ? strlen(earlier) : 0);
	if (!file_map(path, &m))
		return false;
	bank_hash(BANK_SHA256, m.data, m.len, hash);
	add_number(w, m.len);
	bytes_add(&w->listing, hash, sizeof(hash));
	w->out->bytes += m.len;
	file_unmap(&m);
	return true;
}

static bool add_link(struct walk *w, const char *path)
{
	char target[4096];
	ssize_t len = readlink(path, target, sizeof(target));

	if (len < 0 || (size_t)len == sizeof(target))
		return complain("cannot read the link %s: %s", path, strerror(errno));
	add_field(w, target, (size_t)len);
	return true;
}

static bool add_entry(struct walk *w, const char *path, struct stat *st)
{
	if (lstat(path, st))
		return complain("cannot look at %s: %s", path, strerror(errno));
	w->out->entries++;
	add_field(w, path + w->prefix, strlen(path + w->prefix));
	add_number(w, st->st_mode);
	add_number(w, w->owners ? st->st_uid : 0);
	add_number(w, w->owners ? st->st_gid : 0);
	if (!add_attributes(w, path))
		return false;
	if (S_ISREG(st->st_mode))
		return add_file(w, path, st);
	if (S_ISLNK(st->st_mode))
		return add_link(w, path);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		add_number(w, major(st->st_rdev));
		add_number(w, minor(st->st_rdev));
	}
	return true;
}

static bool list_folder(const char *path, struct name_list *out)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return complain("cannot read the folder %s: %s", path, strerror(errno));
	while ((errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			add_name(out, entry->d_name);
	if (errno) {
		complain("cannot read the folder %s: %s", path, strerror(errno));
		closedir(dir);
		return false;
	}
	closedir(dir);
	if (out->count)
		qsort(out->names, out->count, sizeof(*out->names), by_text);
	return true;
}

static bool walk_folder(struct walk *w, const char *path, unsigned depth)
{
	struct name_list list = {0};
	bool fine = depth < DEPTH_MAX || complain("%s: folders lie too deep", path);

	fine = fine && list_folder(path, &list);
	for (size_t i = 0; fine && i < list.count; i++) {
		char *below = must_format("%s/%s", path, list.names[i]);
		struct stat st;

		fine = add_entry(w, below, &st) &&
		       (!S_ISDIR(st.st_mode) || walk_folder(w, below, depth + 1));
		free(below);
	}
	free_names(&list);
	return fine;
}

bool tree_hash(const char *path, bool owners, struct tree_hash *out)
{
	struct walk w = {.out = out, .owners = owners, .prefix = strlen(path)};
	struct stat st;
	bool fine;

	*out = (struct tree_hash){0};
	/* "folder/" and "." name the folder itself, not a link to it. */
	fine = !stat(path, &st) || complain("cannot look at %s: %s", path, strerror(errno));
	fine = fine && (S_ISDIR(st.st_mode) || complain("%s is not a folder", path));
	if (fine) {
		out->entries = 1;
		add_field(&w, "", 0);
		add_number(&w, st.st_mode);
		add_number(&w, owners ? st.st_uid : 0);
		add_number(&w, owners ? st.st_gid : 0);
		fine = add_attributes(&w, path) && walk_folder(&w, path, 0);
	}
	bank_hash(BANK_SHA256, w.listing.data, w.listing.len, out->sha256);
	for (size_t i = 0; i < w.name_count; i++)
		free(w.names[i].name);
	free(w.names);
	bytes_free(&w.listing);
	return fine;
}
