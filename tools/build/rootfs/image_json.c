/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/rootfs/image_json.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_read.h"

static const char ref_name[] = "org.opencontainers.image.ref.name";
static const char full_name[] = "io.containerd.image.name";
static const char about_name[] = "vnd.docker.reference.type";

bool image_digest_read(const char *text, struct image_digest *out)
{
	static const enum bank banks[] = {BANK_SHA256, BANK_SHA512};

	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		struct image_digest digest = {.bank = banks[i]};
		size_t len = strlen(bank_name(banks[i]));

		if (strncmp(text, bank_name(banks[i]), len) != 0 || text[len] != ':' ||
			!hex_decode(text + len + 1, digest.hash, bank_len(banks[i])))
			continue;
		digest.text = must_dup(text);
		*out = digest;
		return true;
	}
	return false;
}

bool image_digest_matches(const struct image_digest *digest, const void *data, size_t len)
{
	uint8_t hash[BANK_DIGEST_MAX];

	bank_hash(digest->bank, data, len, hash);
	return memcmp(hash, digest->hash, bank_len(digest->bank)) == 0;
}

static struct json_object *parse(
	const char *name, const void *text, size_t len, struct json_at *root)
{
	struct flaw flaw;
	struct json_object *value = json_parse(text, len, IMAGE_JSON_MAX, &flaw);

	if (!value)
		flaw_complain(name, &flaw);
	*root = (struct json_at){.value = value, .name = name};
	return value;
}

/* These texts are shown to people, and used as names of files. */
static bool take_text(const struct json_at *at, char **out)
{
	const char *text;

	if (!json_get_text(at, &text))
		return false;
	if (!*text || strlen(text) > IMAGE_TEXT_MAX)
		return json_fault(at, "the text is empty or too long");
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return json_fault(at, "the text has a space, or is not ASCII");
	*out = must_dup(text);
	return true;
}

static bool read_text(const struct json_at *in, const char *member, char **out)
{
	struct json_at at;

	return json_member(in, member, &at) && take_text(&at, out);
}

static bool read_optional(const struct json_at *in, const char *member, char **out)
{
	struct json_at at;

	return !json_has(in, member, &at) || take_text(&at, out);
}

static bool take_digest(const struct json_at *at, struct image_digest *out)
{
	const char *text;

	return json_get_text(at, &text) &&
	       (image_digest_read(text, out) ||
		       json_fault(at, "it must be sha256: or sha512: and its digits"));
}

static bool read_platform(const struct json_at *in, struct image_descriptor *out)
{
	struct json_at at;

	return !json_has(in, "platform", &at) ||
	       (read_text(&at, "os", &out->os) &&
		       read_text(&at, "architecture", &out->architecture) &&
		       read_optional(&at, "variant", &out->variant));
}

/* Docker's full name where there is one; what the specification has as reference is a tag then. */
static bool read_names(const struct json_at *in, struct image_descriptor *out)
{
	struct json_at at, about;

	if (!json_has(in, "annotations", &at))
		return true;
	out->is_attestation = json_has(&at, about_name, &about);
	return read_optional(&at, full_name, &out->name) &&
	       read_optional(&at, ref_name, out->name ? &out->tag : &out->name);
}

static bool read_descriptor(const struct json_at *in, struct image_descriptor *out)
{
	struct json_at digest, size;

	return read_text(in, "mediaType", &out->media_type) && json_member(in, "digest", &digest) &&
	       take_digest(&digest, &out->digest) && json_member(in, "size", &size) &&
	       json_get_number(&size, INT64_MAX, &out->size) && read_platform(in, out) &&
	       read_names(in, out);
}

static void free_descriptor(struct image_descriptor *d)
{
	free(d->media_type);
	free(d->digest.text);
	free(d->os);
	free(d->architecture);
	free(d->variant);
	free(d->name);
	free(d->tag);
}

static bool read_list(
	const struct json_at *in, const char *member, size_t max, struct image_list *out)
{
	struct json_at at;
	size_t count;

	if (!json_member(in, member, &at) || !json_list(&at, max, &count))
		return false;
	out->items = must_realloc(NULL, count + 1, sizeof(*out->items));
	for (size_t i = 0; i < count; i++) {
		struct json_at item = json_item(&at, i);

		out->items[out->count++] = (struct image_descriptor){0};
		if (!read_descriptor(&item, &out->items[i]))
			return false;
	}
	return true;
}

void image_list_free(struct image_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_descriptor(&list->items[i]);
	free(list->items);
	*list = (struct image_list){0};
}

bool image_index_read(const char *name, const void *text, size_t len, struct image_list *out)
{
	struct image_list list = {0};
	struct json_at root;
	struct json_object *value = parse(name, text, len, &root);
	bool fine = value && read_list(&root, "manifests", IMAGE_ENTRIES_MAX, &list);

	json_object_put(value);
	if (fine)
		*out = list;
	else
		image_list_free(&list);
	return fine;
}

static bool read_manifest(const struct json_at *root, struct image_manifest *out)
{
	struct json_at config;

	return json_member(root, "config", &config) && read_descriptor(&config, &out->config) &&
	       read_list(root, "layers", IMAGE_LAYERS_MAX, &out->layers);
}

bool image_manifest_read(const char *name, const void *text, size_t len, struct image_manifest *out)
{
	struct image_manifest manifest = {0};
	struct json_at root;
	struct json_object *value = parse(name, text, len, &root);
	bool fine = value && read_manifest(&root, &manifest);

	json_object_put(value);
	if (fine)
		*out = manifest;
	else
		image_manifest_free(&manifest);
	return fine;
}

void image_manifest_free(struct image_manifest *manifest)
{
	free_descriptor(&manifest->config);
	image_list_free(&manifest->layers);
	*manifest = (struct image_manifest){0};
}

static bool read_diff_ids(const struct json_at *root, struct image_config *out)
{
	struct json_at rootfs, at;
	size_t count;

	if (!json_member(root, "rootfs", &rootfs) || !json_member(&rootfs, "diff_ids", &at) ||
		!json_list(&at, IMAGE_LAYERS_MAX, &count))
		return false;
	out->diff_ids = must_realloc(NULL, count + 1, sizeof(*out->diff_ids));
	for (size_t i = 0; i < count; i++) {
		struct json_at item = json_item(&at, i);

		if (!take_digest(&item, &out->diff_ids[i]))
			return false;
		out->count++;
	}
	return true;
}

bool image_config_read(const char *name, const void *text, size_t len, struct image_config *out)
{
	struct image_config config = {0};
	struct json_at root;
	struct json_object *value = parse(name, text, len, &root);
	bool fine = value && read_text(&root, "os", &config.os) &&
		    read_text(&root, "architecture", &config.architecture) &&
		    read_diff_ids(&root, &config);

	json_object_put(value);
	if (fine)
		*out = config;
	else
		image_config_free(&config);
	return fine;
}

void image_config_free(struct image_config *config)
{
	for (size_t i = 0; i < config->count; i++)
		free(config->diff_ids[i].text);
	free(config->diff_ids);
	free(config->os);
	free(config->architecture);
	*config = (struct image_config){0};
}

static bool read_texts(const struct json_at *at, size_t max, char ***out, size_t *out_count)
{
	size_t count;

	if (!json_list(at, max, &count))
		return false;
	*out = must_realloc(NULL, count + 1, sizeof(**out));
	for (size_t i = 0; i < count; i++) {
		struct json_at item = json_item(at, i);

		if (!take_text(&item, &(*out)[i]))
			return false;
		++*out_count;
	}
	return true;
}

/* RepoTags is null where an image has none. */
static bool read_saved(const struct json_at *in, struct image_saved *out)
{
	struct json_at tags, layers;

	return read_text(in, "Config", &out->config) && json_member(in, "Layers", &layers) &&
	       read_texts(&layers, IMAGE_LAYERS_MAX, &out->layers, &out->layer_count) &&
	       (!json_has(in, "RepoTags", &tags) || !tags.value ||
		       read_texts(&tags, IMAGE_ENTRIES_MAX, &out->tags, &out->tag_count));
}

bool image_saved_read(const char *name, const void *text, size_t len, struct image_saved_list *out)
{
	struct image_saved_list list = {0};
	struct json_at root;
	struct json_object *value = parse(name, text, len, &root);
	size_t count;
	bool fine = value && json_list(&root, IMAGE_ENTRIES_MAX, &count);

	if (fine)
		list.items = must_realloc(NULL, count + 1, sizeof(*list.items));
	for (size_t i = 0; fine && i < count; i++) {
		struct json_at item = json_item(&root, i);

		list.items[list.count++] = (struct image_saved){0};
		fine = read_saved(&item, &list.items[i]);
	}
	json_object_put(value);
	if (fine)
		*out = list;
	else
		image_saved_free(&list);
	return fine;
}

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

void image_saved_free(struct image_saved_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].config);
		free_texts(list->items[i].tags, list->items[i].tag_count);
		free_texts(list->items[i].layers, list->items[i].layer_count);
	}
	free(list->items);
	*list = (struct image_saved_list){0};
}

bool image_layout_read(const char *name, const void *text, size_t len)
{
	struct json_at root, at;
	const char *version;
	struct json_object *value = parse(name, text, len, &root);
	bool fine = value && json_member(&root, "imageLayoutVersion", &at) &&
		    json_get_text(&at, &version) &&
		    (strncmp(version, "1.", 2) == 0 ||
			    json_fault(&at, "it must be 1.0.0: this layout is of a later version"));

	json_object_put(value);
	return fine;
}
