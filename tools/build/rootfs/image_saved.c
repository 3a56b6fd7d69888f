/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one image in an archive of `docker save` or `podman save` that --root means. Its
 * manifest.json names files; what they must hold is told by the config, whose own name is its
 * digest.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/build/rootfs/container_image.h"
#include "tools/lib/report.h"

static bool is_called(const struct image_saved *image, const char *tag)
{
	for (size_t i = 0; i < image->tag_count; i++)
		if (strcmp(image->tags[i], tag) == 0)
			return true;
	return strcmp(image->config, tag) == 0;
}

static bool refuse(
	const struct image_request *r, const struct image_saved_list *list, const char *why)
{
	struct bytes text = {0};

	for (size_t i = 0; i < list->count; i++) {
		bytes_addf(&text, "\n  %s", list->items[i].tag_count ? "" : list->items[i].config);
		for (size_t tag = 0; tag < list->items[i].tag_count; tag++)
			bytes_addf(&text, "%s%s", tag ? "  " : "", list->items[i].tags[tag]);
	}
	bytes_add(&text, "", 1);
	complain("--root %s %s:%s", r->root, why,
		list->count ? (const char *)text.data : " it has no image at all");
	bytes_free(&text);
	return false;
}

static const struct image_saved *choose(
	const struct image_request *r, const struct image_saved_list *list)
{
	const struct image_saved *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (r->tag && !is_called(&list->items[i], r->tag))
			continue;
		found = &list->items[i];
		count++;
	}
	if (count == 1)
		return found;
	refuse(r, list,
		count || !r->tag
			? "holds several images, or none: say which with --root-tag and a name "
			  "of these"
			: "has no image that is called as --root-tag says; it has");
	return NULL;
}

/* "HEX.json", "sha256:HEX" or "blobs/sha256/HEX"; tools that name it otherwise promise nothing. */
static bool config_is_whole(const char *path, const struct mapped *text)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct image_digest digest;
	char *full;
	bool fine;

	if (strncmp(name, "sha256:", 7) == 0)
		name += 7;
	full = must_format("sha256:%.64s", name);
	fine = !image_digest_read(full, &digest);
	if (!fine) {
		fine = image_digest_matches(&digest, text->data, text->len);
		free(digest.text);
	}
	free(full);
	return fine;
}

static void take_layers(const struct image_saved *image, const struct image_config *config,
	struct chosen_image *out)
{
	out->layers = must_realloc(NULL, config->count, sizeof(*out->layers));
	for (size_t i = 0; i < config->count; i++) {
		struct image_layer *layer = &out->layers[out->count++];

		*layer = (struct image_layer){
			.path = must_format("/%s", image->layers[i]),
			.unpacked = config->diff_ids[i],
		};
		layer->unpacked.text = must_dup(config->diff_ids[i].text);
	}
}

static bool take(
	const struct image_request *r, const struct image_saved *image, struct chosen_image *out)
{
	char *path = must_format("/%s", image->config);
	struct image_config config;
	struct mapped text;
	bool fine = image_file_open(r, path, &text);

	free(path);
	if (!fine)
		return false;
	fine = config_is_whole(image->config, &text) ||
	       complain("--root %s: %s does not have the digest that it is named by: it is "
			"damaged, or was changed",
		       r->root, image->config);
	fine = fine && image_config_read(image->config, text.data, text.len, &config);
	root_tree_unmap(r->tree, &text);
	if (!fine)
		return false;
	fine = image_config_fits(r, &config, image->layer_count);
	if (fine)
		take_layers(image, &config, out);
	image_config_free(&config);
	if (fine)
		progress("root: %s, a saved image of %zu layers",
			image->tag_count ? image->tags[0] : image->config, out->count);
	return fine;
}

/* What looks like one of `docker save`, and is not. */
static bool refuse_others(const struct image_request *r)
{
	struct root_file file;

	if (root_tree_look(r->tree, "/manifest.json", ROOT_FOLLOW, &file) != ROOT_FOUND)
		return complain("--root %s was saved by a Docker before 1.10: docker load and "
				"docker save it again",
			r->root);
	return root_tree_look(r->tree, "/version", ROOT_FOLLOW, &file) != ROOT_FOUND ||
	       complain("--root %s is a folder of skopeo's kind dir: skopeo copy dir:%s oci:NEW, "
			"and give NEW",
		       r->root, r->root);
}

bool image_find_saved(const struct image_request *r, struct chosen_image *out)
{
	struct image_saved_list list;
	const struct image_saved *image;
	struct mapped text;
	bool fine;

	*out = (struct chosen_image){0};
	if (!refuse_others(r) || !image_file_open(r, "/manifest.json", &text))
		return false;
	fine = image_saved_read("manifest.json", text.data, text.len, &list);
	root_tree_unmap(r->tree, &text);
	if (!fine)
		return false;
	image = choose(r, &list);
	fine = image && take(r, image, out);
	image_saved_free(&list);
	return fine;
}
