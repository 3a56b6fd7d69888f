/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/tar_list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/lib/bytes.h"

#define BLOCK	     512u
#define NAME_LEN     100u
#define PREFIX_LEN   155u
#define NAME_MAX_LEN 65536u /* bytes of a long name; Linux takes 4096 */
#define XATTRS_MAX   1024u  /* of one file */
#define ENTRIES_MAX  (4u << 20)

enum {
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_SUM = 148,
	AT_TYPE = 156,
	AT_TARGET = 157,
	AT_MAGIC = 257,
	AT_MAJOR = 329,
	AT_MINOR = 337,
	AT_PREFIX = 345,
	AT_MORE = 482, /* GNU's sparse files: whether a block of more holes follows */
	AT_MORE_AGAIN = 504,
};

/* Octal digits after spaces, or GNU's binary form. What is negative there is larger than anything.
 */
static uint64_t number(const uint8_t *field, unsigned len)
{
	uint64_t value = 0;
	unsigned i = 0;

	if (field[0] & 0x80) {
		value = field[0] & 0x7f;
		for (i = 1; i < len; i++) {
			if (value >> 56)
				return UINT64_MAX;
			value = value << 8 | field[i];
		}
		return value;
	}
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	return value;
}

static bool is_zero(const uint8_t *block)
{
	return block[0] == 0 && memcmp(block, block + 1, BLOCK - 1) == 0;
}

static bool sum_is_right(const uint8_t *h)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		sum += i >= AT_SUM && i < AT_SUM + 8 ? ' ' : h[i];
	return sum == number(h + AT_SUM, 8);
}

bool tar_is(const uint8_t *file, size_t len)
{
	if (len < BLOCK)
		return false;
	return sum_is_right(file) || (len >= 2 * BLOCK && is_zero(file) && is_zero(file + BLOCK));
}

/* Copies a path in its plain form: no empty parts, no ".". */
static char *plain_path(const char *text, size_t len)
{
	char *out = must_alloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		size_t part = 0;

		while (i + part < len && text[i + part] != '/')
			part++;
		if (part && !(part == 1 && text[i] == '.')) {
			if (n)
				out[n++] = '/';
			memcpy(out + n, text + i, part);
			n += part;
		}
		i += part + 1;
	}
	out[n] = '\0';
	return out;
}

/* What extension headers said of the entry that follows them. */
struct extension {
	char *path, *target;
	uint64_t size, uid, gid;
	bool has_size, has_uid, has_gid, is_sparse;
	struct tar_xattr *xattrs;
	size_t xattr_count;
};

static void free_xattrs(struct tar_xattr *xattrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(xattrs[i].name);
	free(xattrs);
}

static void forget(struct extension *e)
{
	free(e->path);
	free(e->target);
	free_xattrs(e->xattrs, e->xattr_count);
	*e = (struct extension){0};
}

static char *copy_text(const uint8_t *data, size_t len)
{
	return must_format("%.*s", (int)len, (const char *)data);
}

/* Too large a number is larger than any file. */
static uint64_t decimal(const uint8_t *text, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		value = value > UINT64_MAX / 16 ? value : 10 * value + (uint64_t)(text[i] - '0');
	return value;
}

#define XATTR_PREFIX  "SCHILY.xattr."
#define SPARSE_PREFIX "GNU.sparse."

/* One record of a pax header. */
struct record {
	const char *key;
	size_t key_len;
	const uint8_t *value;
	size_t len;
};

static bool key_is(const struct record *r, const char *key)
{
	return strlen(key) == r->key_len && memcmp(r->key, key, r->key_len) == 0;
}

static bool key_starts(const struct record *r, const char *prefix)
{
	return strlen(prefix) < r->key_len && memcmp(r->key, prefix, strlen(prefix)) == 0;
}

/* A text with a NUL in it would be another one to whoever unpacks the file. */
static bool take_text(const struct record *r, char **out)
{
	if (r->len > NAME_MAX_LEN || memchr(r->value, '\0', r->len))
		return false;
	free(*out);
	*out = copy_text(r->value, r->len);
	return true;
}

/* The last of one name counts. */
static bool take_xattr(const struct record *r, struct extension *e)
{
	const char *name = r->key + strlen(XATTR_PREFIX);
	size_t len = r->key_len - strlen(XATTR_PREFIX), i = 0;

	if (memchr(name, '\0', len))
		return false;
	while (i < e->xattr_count &&
		(strlen(e->xattrs[i].name) != len || memcmp(e->xattrs[i].name, name, len) != 0))
		i++;
	if (i == e->xattr_count) {
		if (e->xattr_count == XATTRS_MAX)
			return false;
		e->xattrs = must_realloc(e->xattrs, e->xattr_count + 1, sizeof(*e->xattrs));
		e->xattrs[e->xattr_count++].name = copy_text((const uint8_t *)name, len);
	}
	e->xattrs[i].value = r->value;
	e->xattrs[i].len = r->len;
	return true;
}

static bool take_record(const struct record *r, struct extension *e)
{
	if (key_is(r, "path"))
		return take_text(r, &e->path);
	if (key_is(r, "linkpath"))
		return take_text(r, &e->target);
	if (key_starts(r, XATTR_PREFIX))
		return take_xattr(r, e);
	if (key_is(r, "size")) {
		e->has_size = true;
		e->size = decimal(r->value, r->len);
	} else if (key_is(r, "uid")) {
		e->has_uid = true;
		e->uid = decimal(r->value, r->len);
	} else if (key_is(r, "gid")) {
		e->has_gid = true;
		e->gid = decimal(r->value, r->len);
	} else if (key_starts(r, SPARSE_PREFIX)) {
		e->is_sparse = true;
	}
	return true;
}

/* The records of a pax header: "LENGTH KEY=VALUE\n" each. */
static bool read_pax(const uint8_t *data, size_t len, struct extension *e)
{
	while (len) {
		const uint8_t *space = memchr(data, ' ', len < 12 ? len : 12), *equals;
		struct record record;
		uint64_t size = 0;

		if (space)
			size = decimal(data, (size_t)(space - data));
		if (!space || size > len || size < (size_t)(space - data) + 3)
			return false;
		equals = memchr(space, '=', (size_t)(data + size - space));
		if (!equals || data[size - 1] != '\n')
			return false;
		record = (struct record){(const char *)space + 1, (size_t)(equals - space - 1),
			equals + 1, (size_t)(data + size - equals - 2)};
		if (!take_record(&record, e))
			return false;
		data += size;
		len -= (size_t)size;
	}
	return true;
}

static mode_t type_of(uint8_t type)
{
	switch (type) {
	case '2':
		return S_IFLNK;
	case '3':
		return S_IFCHR;
	case '4':
		return S_IFBLK;
	case '5':
		return S_IFDIR;
	case '6':
		return S_IFIFO;
	default:
		return S_IFREG;
	}
}

static size_t field_len(const uint8_t *field, size_t max)
{
	return strnlen((const char *)field, max);
}

static char *header_path(const uint8_t *h)
{
	int name = (int)field_len(h, NAME_LEN);
	/* GNU keeps other things where ustar has the prefix. */
	bool ustar = memcmp(h + AT_MAGIC, "ustar\0", 6) == 0;
	int prefix = ustar ? (int)field_len(h + AT_PREFIX, PREFIX_LEN) : 0;

	return must_format("%.*s%s%.*s", prefix, (const char *)h + AT_PREFIX, prefix ? "/" : "",
		name, (const char *)h);
}

/* The entry takes the attributes over. */
static void add_entry(struct tar_list *list, const uint8_t *h, struct extension *e,
	const uint8_t *data, size_t len)
{
	char *path = e->path ? must_dup(e->path) : header_path(h);
	char *target = e->target ? must_dup(e->target)
				 : copy_text(h + AT_TARGET, field_len(h + AT_TARGET, NAME_LEN));
	struct tar_entry entry = {
		.path = plain_path(path, strlen(path)),
		.mode = type_of(h[AT_TYPE]) | (mode_t)(number(h + AT_MODE, 8) & 07777),
		.type = h[AT_TYPE],
		.is_hard_link = h[AT_TYPE] == '1',
		.is_sparse = e->is_sparse || h[AT_TYPE] == 'S',
		.uid = e->has_uid ? e->uid : number(h + AT_UID, 8),
		.gid = e->has_gid ? e->gid : number(h + AT_GID, 8),
		.major = number(h + AT_MAJOR, 8),
		.minor = number(h + AT_MINOR, 8),
		.xattrs = e->xattrs,
		.xattr_count = e->xattr_count,
		.data = data,
		.len = len,
		.order = list->count,
	};

	e->xattrs = NULL;
	e->xattr_count = 0;
	/* Old tar files tell folders by a slash at the end. */
	if (S_ISREG(entry.mode) && *path && path[strlen(path) - 1] == '/')
		entry.mode = S_IFDIR | (entry.mode & 07777);
	if (entry.is_hard_link)
		entry.target = plain_path(target, strlen(target));
	else if (S_ISLNK(entry.mode))
		entry.target = must_dup(target);
	free(path);
	free(target);
	if ((list->count & (list->count - 1)) == 0)
		list->entries = must_realloc(
			list->entries, list->count ? 2 * list->count : 1, sizeof(*list->entries));
	list->entries[list->count++] = entry;
}

static bool is_extension(uint8_t type)
{
	return type == 'L' || type == 'K' || type == 'x' || type == 'g' || type == 'V';
}

static bool read_extension(uint8_t type, const uint8_t *data, size_t len, struct extension *e)
{
	char **text = type == 'L' ? &e->path : &e->target;

	if (type == 'x')
		return read_pax(data, len, e);
	if (type != 'L' && type != 'K')
		return true;
	if (len > NAME_MAX_LEN)
		return false;
	free(*text);
	*text = copy_text(data, len);
	return true;
}

/* How many blocks of holes follow the header of one of GNU's sparse files. */
static size_t sparse_blocks(const uint8_t *file, size_t len, size_t at)
{
	size_t count = 0;
	bool more = file[at + AT_TYPE] == 'S' && file[at + AT_MORE];

	while (more && at + (count + 2) * BLOCK <= len) {
		count++;
		more = file[at + count * BLOCK + AT_MORE_AGAIN];
	}
	return count;
}

/* One header and what belongs to it; *at becomes the place of the next one. */
static bool read_member(const uint8_t *file, size_t len, size_t *at, struct extension *e,
	struct tar_list *list, struct flaw *flaw)
{
	const uint8_t *h = file + *at;
	uint64_t size = e->has_size ? e->size : number(h + AT_SIZE, 12);
	size_t data_at = *at + BLOCK * (1 + sparse_blocks(file, len, *at));
	bool has_data = h[AT_TYPE] != '1' && h[AT_TYPE] != '2' && h[AT_TYPE] != '5';

	if (!sum_is_right(h))
		return flaw_at(flaw, *at, "a tar header does not fit its checksum");
	if (list->count == ENTRIES_MAX)
		return flaw_at(flaw, *at, "the tar file has too many members");
	if (!has_data)
		size = 0;
	if (data_at > len || size > len - data_at)
		return flaw_at(flaw, *at, "the tar file ends inside a member");
	if (!is_extension(h[AT_TYPE])) {
		add_entry(list, h, e, file + data_at, (size_t)size);
		forget(e);
	} else if (!read_extension(h[AT_TYPE], file + data_at, (size_t)size, e)) {
		return flaw_at(flaw, *at, "an extended tar header is malformed");
	}
	*at = data_at + (size_t)((size + BLOCK - 1) / BLOCK * BLOCK);
	return true;
}

static int by_path(const void *a, const void *b)
{
	const struct tar_entry *one = a, *two = b;
	int order = strcmp(one->path, two->path);

	return order ? order : (one->order > two->order) - (one->order < two->order);
}

bool tar_list_read(const uint8_t *file, size_t len, struct tar_list *out, struct flaw *flaw)
{
	struct tar_list list = {0};
	struct extension e = {0};
	bool fine = true;

	for (size_t at = 0; fine && at + BLOCK <= len && !is_zero(file + at);)
		fine = read_member(file, len, &at, &e, &list, flaw);
	forget(&e);
	if (!fine) {
		tar_list_free(&list);
		return false;
	}
	if (list.count)
		qsort(list.entries, list.count, sizeof(*list.entries), by_path);
	*out = list;
	return true;
}

void tar_list_free(struct tar_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->entries[i].path);
		free(list->entries[i].target);
		free_xattrs(list->entries[i].xattrs, list->entries[i].xattr_count);
	}
	free(list->entries);
	*list = (struct tar_list){0};
}

/* The first entry that is not before the path. */
static size_t lower_bound(const struct tar_list *list, const char *path)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(list->entries[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct tar_entry *tar_list_find(const struct tar_list *list, const char *path)
{
	const struct tar_entry *found = NULL;

	for (size_t i = lower_bound(list, path); i < list->count; i++) {
		if (strcmp(list->entries[i].path, path) != 0)
			break;
		found = &list->entries[i];
	}
	return found;
}

bool tar_list_has_below(const struct tar_list *list, const char *path)
{
	char *prefix = *path ? must_format("%s/", path) : must_dup("");
	size_t at = lower_bound(list, prefix);
	bool has = at < list->count && strncmp(list->entries[at].path, prefix, strlen(prefix)) == 0;

	free(prefix);
	return has;
}
