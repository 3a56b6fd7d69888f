/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initrd, by the files in it and by how it is packed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/lib/cpio_read.h"
#include "tools/lib/printable.h"
#include "tools/content/content_private.h"
#include "tools/content/match.h"

#define FILE_ENTERED_MAX (1u << 20) /* bytes of a file that is compared by its lines */

static const char *type_name(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "folder";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
	case S_IFBLK:
		return "device";
	default:
		return "special file";
	}
}

static char *described(const struct cpio_item *item)
{
	char *target, *text;

	if (!S_ISLNK(item->mode))
		return must_format("%s, %zu bytes, mode %o", type_name(item->mode), item->len,
			item->mode & 07777);
	target = printable(item->data, item->len, PRINTABLE_MAX);
	text = must_format("link to %s", target);
	free(target);
	return text;
}

static void tell_one(
	const struct content_at *at, enum finding_change change, const struct cpio_item *item)
{
	char *name = printable(item->name, item->name_len, PRINTABLE_MAX);
	char *text = described(item);
	struct content_at inner = content_enter(at, name);
	bool in_b = change == FINDING_ADDED;
	struct content_values values = {.a = in_b ? NULL : text, .b = in_b ? text : NULL};

	if (change == FINDING_MOVED)
		values.a = NULL;
	content_tell(&inner, change, change == FINDING_MOVED ? "order" : "file", &values);
	free(text);
	free(name);
}

static void tell_texts(
	const struct content_at *at, const char *aspect, const char *a, const char *b)
{
	struct content_values values = {.a = a, .b = b};

	if (strcmp(a, b) != 0)
		content_tell(at, FINDING_CHANGED, aspect, &values);
}

static void tell_pair(
	const struct content_at *at, const char *aspect, const uint32_t a[2], const uint32_t b[2])
{
	char text_a[32], text_b[32];

	snprintf(text_a, sizeof(text_a), "%u:%u", a[0], a[1]);
	snprintf(text_b, sizeof(text_b), "%u:%u", b[0], b[1]);
	tell_texts(at, aspect, text_a, text_b);
}

static void compare_contents(
	const struct content_at *at, const struct cpio_item *a, const struct cpio_item *b)
{
	struct content in_a = {a->data, a->len}, in_b = {b->data, b->len};
	enum content_kind kind = CONTENT_OPAQUE;

	if ((a->mode & S_IFMT) != (b->mode & S_IFMT))
		return;
	if (S_ISLNK(a->mode)) {
		char *target_a = printable(a->data, a->len, PRINTABLE_MAX);
		char *target_b = printable(b->data, b->len, PRINTABLE_MAX);
		struct content_values values = {.a = target_a, .b = target_b};

		if (a->len != b->len || memcmp(a->data, b->data, a->len) != 0)
			content_tell(at, FINDING_CHANGED, "target", &values);
		free(target_a);
		free(target_b);
		return;
	}
	/* Lines only: an archive within a file is not unpacked by anything that boots. */
	if (a->len <= FILE_ENTERED_MAX && b->len <= FILE_ENTERED_MAX)
		kind = content_kind_of_file(a->name, &in_a);
	if (kind != CONTENT_TEXT && kind != CONTENT_SETTINGS)
		kind = CONTENT_OPAQUE;
	content_compare(at, kind, &in_a, &in_b);
}

/* Everything about one file that the archive's bytes hold, but for its place. */
static void compare_files(
	const struct content_at *outer, const struct cpio_item *a, const struct cpio_item *b)
{
	char *name = printable(a->name, a->name_len, PRINTABLE_MAX);
	struct content_at at = content_enter(outer, name);
	const uint32_t owner_a[2] = {a->uid, a->gid}, owner_b[2] = {b->uid, b->gid};

	tell_texts(&at, "type", type_name(a->mode), type_name(b->mode));
	content_tell_number(&at, "mode", BASE_OCTAL, a->mode & 07777, b->mode & 07777);
	tell_pair(&at, "owner", owner_a, owner_b);
	content_tell_number(&at, "mtime", BASE_DECIMAL, a->mtime, b->mtime);
	tell_pair(&at, "device", a->special, b->special);
	compare_contents(&at, a, b);
	content_tell_number(&at, "links", BASE_DECIMAL, a->links, b->links);
	free(name);
}

static struct match_key *names_of(const struct initrd *initrd)
{
	struct match_key *keys = must_realloc(NULL, initrd->item_count, sizeof(*keys));

	for (size_t i = 0; i < initrd->item_count; i++)
		keys[i] = (struct match_key){
			.data = initrd->items[i].name, .len = initrd->items[i].name_len};
	return keys;
}

static void compare_items(
	const struct content_at *at, const struct initrd *a, const struct initrd *b)
{
	struct match_key *in_a = names_of(a), *in_b = names_of(b);
	struct match match;

	match_keys(in_a, a->item_count, in_b, b->item_count, &match);
	for (size_t i = 0; i < a->item_count; i++) {
		size_t j = match.b_of_a[i];

		if (j == MATCH_NONE) {
			tell_one(at, FINDING_REMOVED, &a->items[i]);
			continue;
		}
		compare_files(at, &a->items[i], &b->items[j]);
		if (match.moved[i])
			tell_one(at, FINDING_MOVED, &a->items[i]);
	}
	for (size_t j = 0; j < b->item_count; j++)
		if (match.a_of_b[j] == MATCH_NONE)
			tell_one(at, FINDING_ADDED, &b->items[j]);
	match_free(&match);
	free(in_a);
	free(in_b);
}

/* "cpio 1024 bytes, zstd 20480 bytes" */
static char *packing(const struct initrd *initrd)
{
	struct bytes text = {0};

	for (size_t i = 0; i < initrd->part_count && text.len < PRINTABLE_MAX; i++) {
		const struct initrd_part *part = &initrd->parts[i];

		bytes_addf(&text, "%s%s %llu bytes", i ? ", " : "",
			part->compression ? compression_name(part->compression) : "cpio",
			(unsigned long long)part->len);
	}
	bytes_zeros(&text, 1);
	return (char *)text.data;
}

/* What the part holds once it is unpacked. */
static struct content archives_of(const struct content *initrd, const struct initrd_part *part)
{
	if (part->compression != COMPRESSION_NONE)
		return (struct content){part->unpacked.data, part->unpacked.len};
	return (struct content){initrd->data + part->offset, (size_t)part->len};
}

struct side {
	const struct content *bytes;
	struct initrd initrd;
};

static bool same_archives(const struct side *a, const struct side *b)
{
	if (a->initrd.part_count != b->initrd.part_count)
		return false;
	for (size_t i = 0; i < a->initrd.part_count; i++) {
		struct content x = archives_of(a->bytes, &a->initrd.parts[i]);
		struct content y = archives_of(b->bytes, &b->initrd.parts[i]);

		if (x.len != y.len || (x.len && memcmp(x.data, y.data, x.len) != 0))
			return false;
	}
	return true;
}

/* Told last: how the same or other files are packed. */
static void compare_packing(
	const struct content_at *at, const struct side *a, const struct side *b, bool same_files)
{
	char *text_a = packing(&a->initrd), *text_b = packing(&b->initrd);
	struct content_values values = {.a = text_a, .b = text_b};

	if (same_files)
		values.remark =
			same_archives(a, b)
				? "the archives are the same, only their compression differs"
				: "the files are the same, the archives around them differ";
	if (same_files || strcmp(text_a, text_b) != 0)
		content_tell(at, FINDING_CHANGED, "packing", &values);
	free(text_a);
	free(text_b);
}

static void tell_flaw(const struct content_at *at, bool is_b, const struct initrd_flaw *flaw)
{
	struct content_at inner = content_enter(at, "unpacked");

	if (!flaw->flaw.reason)
		return;
	content_tell_unreadable(at, is_b, flaw->flaw.offset,
		flaw->inside ? "the stream unpacks to no archive" : flaw->flaw.reason);
	if (flaw->inside)
		content_tell_unreadable(&inner, is_b, flaw->inside_offset, flaw->flaw.reason);
}

void content_initrd(const struct content_at *at, const struct content *a, const struct content *b)
{
	struct side in_a = {.bytes = a}, in_b = {.bytes = b};
	struct initrd_flaw flaw_a, flaw_b;
	size_t before;

	initrd_read(a->data, a->len, &in_a.initrd, &flaw_a);
	initrd_read(b->data, b->len, &in_b.initrd, &flaw_b);
	tell_flaw(at, false, &flaw_a);
	tell_flaw(at, true, &flaw_b);
	before = *at->told;
	compare_items(at, &in_a.initrd, &in_b.initrd);
	if (flaw_a.flaw.reason || flaw_b.flaw.reason)
		content_opaque(at, a, b);
	else
		compare_packing(at, &in_a, &in_b, *at->told == before);
	initrd_free(&in_a.initrd);
	initrd_free(&in_b.initrd);
}
