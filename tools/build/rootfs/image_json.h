/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON of container images: an OCI layout's index.json and what it leads to (index, manifest,
 * config; Docker's kinds of them too), and the manifest.json of `docker save`. The texts may be
 * hostile: json_read.h's rules, lists and texts bounded, digests of known kinds only. Members that
 * are not needed here are passed over, as the specification has it.
 *
 * Each function reads a whole text, complains with the name it is given, and fills *out, of which
 * all text is owned and released by the function of its kind.
 */
#ifndef TOOLS_BUILD_ROOTFS_IMAGE_JSON_H
#define TOOLS_BUILD_ROOTFS_IMAGE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bank.h"

#define IMAGE_JSON_MAX	  (4u << 20) /* bytes; registries have the same limit */
#define IMAGE_LAYERS_MAX  512u
#define IMAGE_ENTRIES_MAX 1024u /* manifests of an index, images of an archive */
#define IMAGE_TEXT_MAX	  1024u /* bytes of a name, a path, a media type */

struct image_digest {
	enum bank bank; /* BANK_SHA256 or BANK_SHA512 */
	uint8_t hash[BANK_DIGEST_MAX];
	char *text; /* "sha256:HEX" */
};

/* "sha256:" or "sha512:" and as many digits as it has; false, and *out untouched, for another. */
bool image_digest_read(const char *text, struct image_digest *out);
bool image_digest_matches(const struct image_digest *digest, const void *data, size_t len);

/* What a digest names, and of an index's member also what it is for. */
struct image_descriptor {
	char *media_type;
	struct image_digest digest;
	uint64_t size;			   /* bytes */
	char *os, *architecture, *variant; /* NULL: it does not say */
	char *name;			   /* how it is asked for; NULL: it has none */
	char *tag;			   /* the same, shorter; NULL: it has none */
	bool is_attestation;		   /* about an image, not one */
};

struct image_list {
	struct image_descriptor *items;
	size_t count;
};

/* index.json, or a blob that is an index. */
bool image_index_read(const char *name, const void *text, size_t len, struct image_list *out);
void image_list_free(struct image_list *list);

struct image_manifest {
	struct image_descriptor config;
	struct image_list layers; /* the lowest first */
};

bool image_manifest_read(
	const char *name, const void *text, size_t len, struct image_manifest *out);
void image_manifest_free(struct image_manifest *manifest);

struct image_config {
	char *os, *architecture;
	struct image_digest *diff_ids; /* of the layers, unpacked; the lowest first */
	size_t count;
};

bool image_config_read(const char *name, const void *text, size_t len, struct image_config *out);
void image_config_free(struct image_config *config);

/* One image of `docker save`, by paths in the archive. */
struct image_saved {
	char *config;
	char **tags, **layers;
	size_t tag_count, layer_count;
};

struct image_saved_list {
	struct image_saved *items;
	size_t count;
};

bool image_saved_read(const char *name, const void *text, size_t len, struct image_saved_list *out);
void image_saved_free(struct image_saved_list *list);

/* oci-layout: false when it is not of a version that is known here. */
bool image_layout_read(const char *name, const void *text, size_t len);

#endif
