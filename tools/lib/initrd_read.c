/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second layer of cpio_read.h: parts, streams, hard links. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/lib/cpio_read.h"

struct reading {
	const uint8_t *data;
	size_t len;
	size_t left; /* bytes that streams may still unpack to */
	struct initrd *out;
	struct initrd_flaw *flaw;
};

static struct initrd_part *add_part(struct reading *r, enum compression compression, size_t offset)
{
	struct initrd *out = r->out;
	struct initrd_part *part;

	if (out->part_count == INITRD_PARTS_MAX) {
		flaw_at(&r->flaw->flaw, offset, "more parts than are taken");
		return NULL;
	}
	out->parts = must_realloc(out->parts, out->part_count + 1, sizeof(*out->parts));
	part = &out->parts[out->part_count++];
	*part = (struct initrd_part){.compression = compression, .offset = offset};
	return part;
}

static bool add_item(struct reading *r, const struct cpio_item *item)
{
	struct initrd *out = r->out;

	if (out->item_count == INITRD_ITEMS_MAX)
		return flaw_at(&r->flaw->flaw, item->offset, "more entries than are taken");
	if (out->item_count == out->item_capacity) {
		out->item_capacity = out->item_capacity ? 2 * out->item_capacity : 64;
		out->items = must_realloc(out->items, out->item_capacity, sizeof(*out->items));
	}
	out->items[out->item_count] = *item;
	out->items[out->item_count].part = (uint32_t)out->part_count - 1;
	out->items[out->item_count++].archive = out->archives;
	return true;
}

/* All archives from *pos on, up to the end or to something else, which is no failure here. */
static enum cpio_step walk(struct reading *r, const uint8_t *data, size_t len, size_t *pos)
{
	struct cpio_item item;

	for (;;) {
		enum cpio_step step = cpio_next(data, len, pos, &item, &r->flaw->flaw);
		if (step == CPIO_TRAILER)
			r->out->archives++;
		else if (step != CPIO_ITEM)
			return step;
		else if (!add_item(r, &item))
			return CPIO_BAD;
	}
}

static bool read_plain(struct reading *r, size_t *pos)
{
	struct initrd_part *part = add_part(r, COMPRESSION_NONE, *pos);
	enum cpio_step step;

	if (!part)
		return false;
	step = walk(r, r->data, r->len, pos);
	part->len = *pos - part->offset;
	return step != CPIO_BAD;
}

/* A flaw in what the part unpacks to: its own place, and the part's. */
static bool inside(struct reading *r, const struct initrd_part *part)
{
	r->flaw->inside = true;
	r->flaw->inside_offset = r->flaw->flaw.offset;
	r->flaw->flaw.offset = part->offset;
	return false;
}

static bool read_stream(struct reading *r, size_t *pos, enum compression compression)
{
	struct initrd_part *part = add_part(r, compression, *pos);
	size_t used = 0, at = 0;
	bool whole;

	if (!part)
		return false;
	whole = decompress(compression, r->data + *pos, r->len - *pos, r->left, &part->unpacked,
		&used, &r->flaw->flaw);
	part->len = used;
	if (!whole)
		r->flaw->flaw.offset += *pos;
	r->left -= part->unpacked.len;
	*pos += used;
	if (!whole) {
		struct initrd_flaw first = *r->flaw;

		/* Linux has unpacked what came before the damage. */
		walk(r, part->unpacked.data, part->unpacked.len, &at);
		*r->flaw = first;
		return false;
	}
	switch (walk(r, part->unpacked.data, part->unpacked.len, &at)) {
	case CPIO_END:
		return true;
	case CPIO_OTHER:
		flaw_at(&r->flaw->flaw, at, "something that is no archive within the stream");
		return inside(r, part);
	default:
		return inside(r, part);
	}
}

static int by_group(const void *a, const void *b)
{
	const struct cpio_item *x = *(struct cpio_item *const *)a;
	const struct cpio_item *y = *(struct cpio_item *const *)b;
	const uint32_t keys[][2] = {{x->archive, y->archive}, {x->device[0], y->device[0]},
		{x->device[1], y->device[1]}, {x->inode, y->inode}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	/* The one that has the contents comes first. */
	return x->len == y->len ? 0 : x->len > y->len ? -1 : 1;
}

/* newc stores the contents of hard links once, with one of the names. */
static void share_contents(struct initrd *out)
{
	struct cpio_item **links = must_realloc(NULL, out->item_count, sizeof(struct cpio_item *));
	size_t count = 0;

	for (size_t i = 0; i < out->item_count; i++)
		if (S_ISREG(out->items[i].mode) && out->items[i].links > 1)
			links[count++] = &out->items[i];
	qsort(links, count, sizeof(struct cpio_item *), by_group);
	for (size_t i = 1; i < count; i++) {
		const struct cpio_item *before = links[i - 1];
		struct cpio_item *item = links[i];

		if (item->len == 0 && before->archive == item->archive &&
			before->inode == item->inode && before->device[0] == item->device[0] &&
			before->device[1] == item->device[1]) {
			item->data = before->data;
			item->len = before->len;
		}
	}
	free(links);
}

static bool read_all(struct reading *r)
{
	size_t pos = 0;

	while (pos < r->len) {
		enum compression compression = compression_of(r->data + pos, r->len - pos);

		if (r->data[pos] == 0)
			pos++;
		else if (r->data[pos] != '0' && compression == COMPRESSION_NONE)
			return flaw_at(&r->flaw->flaw, pos,
				"neither a cpio archive nor a known compression");
		else if (!(r->data[pos] == '0' ? read_plain(r, &pos)
					       : read_stream(r, &pos, compression)))
			return false;
	}
	return true;
}

bool initrd_read(const uint8_t *data, size_t len, struct initrd *out, struct initrd_flaw *flaw)
{
	struct reading r = {
		.data = data, .len = len, .left = decompress_limit(len), .out = out, .flaw = flaw};
	bool fine;

	*out = (struct initrd){0};
	*flaw = (struct initrd_flaw){0};
	fine = read_all(&r);
	share_contents(out);
	return fine;
}

void initrd_free(struct initrd *initrd)
{
	for (size_t i = 0; i < initrd->part_count; i++)
		bytes_free(&initrd->parts[i].unpacked);
	free(initrd->parts);
	free(initrd->items);
	*initrd = (struct initrd){0};
}
