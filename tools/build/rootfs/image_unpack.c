/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/build/rootfs/container_image.h"
#include "tools/build/rootfs/layer_tree.h"
#include "tools/build/rootfs/root_source.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"

/* A layer's tar file, and what is in it. */
struct open_layer {
	struct mapped file;
	bool is_own; /* unpacked, and not in the archive */
	struct tar_list list;
};

struct unpacking {
	const struct image_request *r;
	const char *work;
	struct open_layer *layers;
	size_t count;
	uint64_t bytes;	  /* of all tar files so far */
	uint64_t entries; /* in them */
	struct layer_tree tree;
};

static bool unpack(struct unpacking *u, const struct image_layer *layer,
	const struct mapped *packed, struct open_layer *out)
{
	char *from = must_format("%s/blob", u->work), *to = must_format("%s/layer", u->work);
	const struct packed_file file = {layer->path + 1, from, u->r->unpacked_max - u->bytes};
	bool fine = file_write(from, packed->data, packed->len) &&
		    root_source_unpack(&file, packed, to) && file_map(to, &out->file);

	/* The mapping keeps the file. */
	unlink(from);
	unlink(to);
	free(from);
	free(to);
	out->is_own = fine;
	return fine;
}

static bool open_file(struct unpacking *u, const struct image_layer *layer, struct open_layer *out)
{
	struct mapped packed;
	bool fine;

	if (!image_file_open(u->r, layer->path, &packed))
		return false;
	fine = !layer->has_packed ||
	       (packed.len == layer->size &&
		       image_digest_matches(&layer->packed, packed.data, packed.len)) ||
	       complain("--root %s: %s does not have the size and digest that it is named by: it "
			"is damaged, or was changed",
		       u->r->root, layer->path + 1);
	if (fine && !root_source_is_packed(&packed)) {
		out->file = packed;
		return true;
	}
	fine = fine && unpack(u, layer, &packed, out);
	root_tree_unmap(u->r->tree, &packed);
	return fine;
}

static void close_layer(const struct unpacking *u, struct open_layer *layer)
{
	tar_list_free(&layer->list);
	if (layer->is_own)
		file_unmap(&layer->file);
	else
		root_tree_unmap(u->r->tree, &layer->file);
}

static bool read_layer(
	struct unpacking *u, const struct image_layer *layer, struct open_layer *open)
{
	const char *path = layer->path + 1;
	struct flaw flaw;

	u->bytes += open->file.len;
	if (u->bytes > u->r->unpacked_max)
		return complain("--root %s: its layers have more than %llu bytes together",
			u->r->root, (unsigned long long)u->r->unpacked_max);
	if (!image_digest_matches(&layer->unpacked, open->file.data, open->file.len))
		return complain("--root %s: what is in the layer %s does not have the digest that "
				"the image's config names: it is damaged, or was changed",
			u->r->root, path);
	if (!tar_is(open->file.data, open->file.len))
		return complain("--root %s: the layer %s is no tar file", u->r->root, path);
	if (!tar_list_read(open->file.data, open->file.len, &open->list, &flaw))
		return flaw_complain(path, &flaw);
	u->entries += open->list.count;
	return u->entries <= LAYER_NODES_MAX ||
	       complain("--root %s: its layers have more than %u entries together", u->r->root,
		       LAYER_NODES_MAX);
}

static bool refuse_entry(
	const struct unpacking *u, const struct image_layer *layer, const struct layer_flaw *flaw)
{
	char *path = printable(flaw->path, strlen(flaw->path), PRINTABLE_MAX);

	complain(
		"--root %s: layer %s: \"%s\": %s", u->r->root, layer->path + 1, path, flaw->reason);
	free(path);
	return false;
}

static bool apply_layer(struct unpacking *u, const struct image_layer *layer)
{
	struct open_layer *open = &u->layers[u->count++];
	struct layer_flaw flaw = {0};

	*open = (struct open_layer){0};
	return open_file(u, layer, open) && read_layer(u, layer, open) &&
	       (layer_tree_apply(&u->tree, &open->list, &flaw) || refuse_entry(u, layer, &flaw));
}

static bool write_tree(struct unpacking *u, const char *out)
{
	struct tar_writer writer;
	bool fine;

	if (!tar_write_open(out, &writer))
		return false;
	fine = layer_tree_write(&u->tree, &writer) ||
	       complain("--root %s: a path in it has more than %u bytes", u->r->root,
		       (unsigned)PATH_MAX - 1);
	return tar_write_close(&writer, out) && fine;
}

static bool unpack_all(struct unpacking *u, const struct chosen_image *image, const char *out)
{
	bool fine = true;

	u->layers = must_realloc(NULL, image->count, sizeof(*u->layers));
	for (size_t i = 0; fine && i < image->count; i++)
		fine = apply_layer(u, &image->layers[i]);
	fine = fine && write_tree(u, out);
	layer_tree_free(&u->tree);
	for (size_t i = 0; i < u->count; i++)
		close_layer(u, &u->layers[i]);
	free(u->layers);
	return fine;
}

bool image_unpack(
	const struct image_request *r, enum image_kind kind, const char *work, const char *out)
{
	struct unpacking u = {.r = r, .work = work};
	struct chosen_image image;
	bool fine = kind == IMAGE_LAYOUT ? image_find(r, &image) : image_find_saved(r, &image);

	fine = fine && unpack_all(&u, &image, out);
	chosen_image_free(&image);
	return fine;
}
