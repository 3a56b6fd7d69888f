/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of an archive that holds container images. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/build/rootfs/container_image.h"
#include "tools/lib/report.h"

static bool is_there(const struct root_tree *tree, const char *path)
{
	struct root_file file;

	return root_tree_look(tree, path, ROOT_REFUSE, &file) == ROOT_FOUND;
}

enum image_kind image_kind_of(const struct root_tree *tree)
{
	if (is_there(tree, "/oci-layout"))
		return IMAGE_LAYOUT;
	if (is_there(tree, "/etc") || is_there(tree, "/usr"))
		return IMAGE_NONE;
	return is_there(tree, "/manifest.json") || is_there(tree, "/repositories") ? IMAGE_SAVED
										   : IMAGE_NONE;
}

bool image_file_open(const struct image_request *r, const char *path, struct mapped *out)
{
	struct root_file file;

	if (root_tree_look(r->tree, path, ROOT_FOLLOW, &file) != ROOT_FOUND || !S_ISREG(file.mode))
		return complain(
			"--root %s has no file %s: the archive is not complete", r->root, path + 1);
	return root_tree_map(r->tree, &file, out) ||
	       complain("--root %s: %s cannot be read", r->root, path + 1);
}

char *image_blob_path(const struct image_digest *digest)
{
	return must_format("/blobs/%s/%s", bank_name(digest->bank), strchr(digest->text, ':') + 1);
}

bool image_blob_open(const struct image_request *r, const struct image_descriptor *descriptor,
	struct mapped *out)
{
	char *path = image_blob_path(&descriptor->digest);
	bool fine = image_file_open(r, path, out);

	if (fine && (out->len != descriptor->size ||
			    !image_digest_matches(&descriptor->digest, out->data, out->len))) {
		fine = complain("--root %s: %s does not have the size and digest that it is named "
				"by: it is damaged, or was changed",
			r->root, path + 1);
		root_tree_unmap(r->tree, out);
	}
	free(path);
	return fine;
}

bool image_config_fits(
	const struct image_request *r, const struct image_config *config, size_t count)
{
	if (strcmp(config->os, "linux") != 0 || strcmp(config->architecture, r->architecture) != 0)
		return complain("--root %s is an image for %s/%s, but the kernel is for linux/%s",
			r->root, config->os, config->architecture, r->architecture);
	if (!count)
		return complain(
			"--root %s is an image without layers: there is nothing in it", r->root);
	return config->count == count ||
	       complain("--root %s: the image has %zu layers, and its config names %zu", r->root,
		       count, config->count);
}

void chosen_image_free(struct chosen_image *image)
{
	for (size_t i = 0; i < image->count; i++) {
		free(image->layers[i].path);
		free(image->layers[i].packed.text);
		free(image->layers[i].unpacked.text);
	}
	free(image->layers);
	*image = (struct chosen_image){0};
}
