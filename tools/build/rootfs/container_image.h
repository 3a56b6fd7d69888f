/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container image as --root: an OCI image layout, or what `docker save` and `podman save` write,
 * in a folder or in a tar file. One image is chosen in it, its layers are applied one on the other
 * (layer_tree.h), and what comes out is one tar file that depends on the layers alone.
 *
 * Everything in it may be hostile. Blobs are believed only where they have the size and the digest
 * that the text before them names, layers also the digest that the config names for what they
 * unpack to. Limits: layers, texts and entries (image_json.h, layer_tree.h),
 * and the bytes that a request takes.
 *
 * Order: image_kind_of(); image_unpack(), which calls the rest. What fails has complained.
 */
#ifndef TOOLS_BUILD_ROOTFS_CONTAINER_IMAGE_H
#define TOOLS_BUILD_ROOTFS_CONTAINER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/build/rootfs/image_json.h"
#include "tools/build/rootfs/root_tree.h"
#include "tools/lib/file.h"

#define IMAGE_UNPACKED_MAX (UINT64_C(16) << 30) /* bytes: what a request takes as a rule */

enum image_kind {
	IMAGE_NONE,
	IMAGE_LAYOUT, /* oci-layout, index.json, blobs */
	IMAGE_SAVED,  /* manifest.json and layers */
};

enum image_kind image_kind_of(const struct root_tree *tree);

struct image_request {
	const char *root; /* as it was given, for complaints */
	const struct root_tree *tree;
	const char *tag;	  /* NULL: the only one */
	const char *architecture; /* "amd64" */
	uint64_t unpacked_max;	  /* bytes of all layers together */
};

/* Writes the files of the image into a new tar file. work: a folder for files on the way. */
bool image_unpack(
	const struct image_request *r, enum image_kind kind, const char *work, const char *out);

/* Inside of the room: what image_find.c and image_saved.c choose, and image_unpack.c unpacks. */

struct image_layer {
	char *path; /* in the archive: "/blobs/sha256/HEX" */
	bool has_packed;
	struct image_digest packed; /* of the file, and its size: where has_packed */
	uint64_t size;
	struct image_digest unpacked;
};

struct chosen_image {
	struct image_layer *layers; /* the lowest first */
	size_t count;
};

bool image_find(const struct image_request *r, struct chosen_image *out);
bool image_find_saved(const struct image_request *r, struct chosen_image *out);
void chosen_image_free(struct chosen_image *image);

/* A regular file of the archive; root_tree_unmap() releases it. */
bool image_file_open(const struct image_request *r, const char *path, struct mapped *out);
/* The blob that a descriptor names, once size and digest are right. */
bool image_blob_open(const struct image_request *r, const struct image_descriptor *descriptor,
	struct mapped *out);
char *image_blob_path(const struct image_digest *digest);

/* Refuses a config of another machine, or one whose layers are not count. */
bool image_config_fits(
	const struct image_request *r, const struct image_config *config, size_t count);

#endif
