/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one image in an OCI image layout that --root means. */
#include <stdlib.h>
#include <string.h>
#include "tools/build/rootfs/container_image.h"
#include "tools/lib/report.h"

#define NESTED_MAX 4u /* indexes in indexes */

static const char *const manifest_types[] = {"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json"};
static const char *const index_types[] = {"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json"};
static const char *const config_types[] = {"application/vnd.oci.image.config.v1+json",
	"application/vnd.docker.container.image.v1+json"};
static const char *const layer_types[] = {
	"application/vnd.oci.image.layer.v1.tar",
	"application/vnd.oci.image.layer.v1.tar+gzip",
	"application/vnd.oci.image.layer.v1.tar+zstd",
	"application/vnd.oci.image.layer.nondistributable.v1.tar",
	"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
	"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
	"application/vnd.docker.image.rootfs.diff.tar",
	"application/vnd.docker.image.rootfs.diff.tar.gzip",
	"application/vnd.docker.image.rootfs.diff.tar.zstd",
	"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
};

#define IS(type, list) is_one_of(type, list, sizeof(list) / sizeof((list)[0]))

static bool is_one_of(const char *type, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(type, list[i]) == 0)
			return true;
	return false;
}

/* A manifest that an index names. */
struct candidate {
	const struct image_descriptor *of;
	const struct image_descriptor *named; /* it, or the index that it is in */
	char *platform;			      /* "linux/amd64"; NULL: nothing says so yet */
};

/* All that is in a layout, nested indexes too. */
struct search {
	const struct image_request *r;
	struct image_list *lists; /* what candidates borrow from */
	size_t list_count;
	struct candidate *found;
	size_t count;
};

static char *platform_text(const struct image_descriptor *d)
{
	/* What every machine of the architecture is. */
	bool plain = !d->variant || strcmp(d->variant, "v1") == 0 || strcmp(d->variant, "v8") == 0;

	return d->os ? must_format("%s/%s%s%s", d->os, d->architecture, plain ? "" : "/",
			       plain ? "" : d->variant)
		     : NULL;
}

static bool collect(struct search *s, const char *name, const struct mapped *text,
	const struct image_descriptor *named, unsigned depth);

static bool collect_index(struct search *s, const struct image_descriptor *d,
	const struct image_descriptor *named, unsigned depth)
{
	struct mapped text;
	bool fine;

	if (depth == NESTED_MAX)
		return complain("--root %s: its indexes are nested too deep", s->r->root);
	if (!image_blob_open(s->r, d, &text))
		return false;
	fine = collect(s, d->digest.text, &text, named, depth + 1);
	root_tree_unmap(s->r->tree, &text);
	return fine;
}

/* What is no image (signatures, bills of materials) is passed over. */
static bool collect_one(struct search *s, const struct image_descriptor *d,
	const struct image_descriptor *named, unsigned depth)
{
	if (IS(d->media_type, index_types))
		return collect_index(s, d, named ? named : d, depth);
	if (!IS(d->media_type, manifest_types) || d->is_attestation)
		return true;
	if (s->count == IMAGE_ENTRIES_MAX)
		return complain("--root %s has more than %u images", s->r->root, IMAGE_ENTRIES_MAX);
	s->found = must_realloc(s->found, s->count + 1, sizeof(*s->found));
	s->found[s->count++] = (struct candidate){d, named ? named : d, platform_text(d)};
	return true;
}

static bool collect(struct search *s, const char *name, const struct mapped *text,
	const struct image_descriptor *named, unsigned depth)
{
	struct image_list list;
	bool fine = true;

	if (s->list_count == IMAGE_ENTRIES_MAX)
		return complain("--root %s has too many indexes", s->r->root);
	if (!image_index_read(name, text->data, text->len, &list))
		return false;
	s->lists = must_realloc(s->lists, s->list_count + 1, sizeof(*s->lists));
	s->lists[s->list_count++] = list;
	for (size_t i = 0; fine && i < list.count; i++)
		fine = collect_one(s, &list.items[i], named, depth);
	return fine;
}

static void search_free(struct search *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->found[i].platform);
	free(s->found);
	for (size_t i = 0; i < s->list_count; i++)
		image_list_free(&s->lists[i]);
	free(s->lists);
}

/* Manifest and config of a candidate. */
static bool open_manifest(
	const struct search *s, const struct candidate *c, struct image_manifest *out)
{
	struct mapped text;
	bool fine;

	if (!image_blob_open(s->r, c->of, &text))
		return false;
	fine = image_manifest_read(c->of->digest.text, text.data, text.len, out);
	root_tree_unmap(s->r->tree, &text);
	if (fine && !IS(out->config.media_type, config_types)) {
		fine = complain("--root %s: %s is no container image, but %s", s->r->root,
			c->of->digest.text, out->config.media_type);
		image_manifest_free(out);
	}
	return fine;
}

static bool open_config(
	const struct search *s, const struct image_manifest *manifest, struct image_config *out)
{
	struct mapped text;
	bool fine;

	if (!image_blob_open(s->r, &manifest->config, &text))
		return false;
	fine = image_config_read(manifest->config.digest.text, text.data, text.len, out);
	root_tree_unmap(s->r->tree, &text);
	return fine;
}

/* An index need not say what a manifest is for; its config does. */
static bool ask_config(const struct search *s, struct candidate *c)
{
	struct image_manifest manifest;
	struct image_config config;
	bool fine;

	if (!open_manifest(s, c, &manifest))
		return false;
	fine = open_config(s, &manifest, &config);
	image_manifest_free(&manifest);
	if (fine) {
		c->platform = must_format("%s/%s", config.os, config.architecture);
		image_config_free(&config);
	}
	return fine;
}

static bool is_called(const struct candidate *c, const char *tag)
{
	const char *const names[] = {
		c->named->name, c->named->tag, c->named->digest.text, c->of->digest.text};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] && strcmp(names[i], tag) == 0)
			return true;
	return false;
}

static const char *name_of(const struct candidate *c)
{
	return c->named->name ? c->named->name : c->of->digest.text;
}

/* Lists what there is, below what is wrong with it. */
static bool refuse(const struct search *s, const char *why)
{
	struct bytes list = {0};

	for (size_t i = 0; i < s->count; i++)
		bytes_addf(&list, "\n  %s  %s  %s", name_of(&s->found[i]),
			s->found[i].platform ? s->found[i].platform : "-",
			s->found[i].of->digest.text);
	bytes_add(&list, "", 1);
	complain("--root %s %s:%s", s->r->root, why,
		s->count ? (const char *)list.data : " it has no image at all");
	bytes_free(&list);
	return false;
}

/* Whether two candidates are one image: of one digest. */
static bool is_same(const struct candidate *a, const struct candidate *b)
{
	return strcmp(a->of->digest.text, b->of->digest.text) == 0;
}

/* Keeps those that pass; the others are released. */
static void keep(struct search *s, const bool *passes)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (passes[i])
			s->found[kept++] = s->found[i];
		else
			free(s->found[i].platform);
	}
	s->count = kept;
}

static bool keep_called(struct search *s)
{
	bool passes[IMAGE_ENTRIES_MAX], any = false;

	if (!s->r->tag)
		return true;
	for (size_t i = 0; i < s->count; i++) {
		passes[i] = is_called(&s->found[i], s->r->tag);
		any = any || passes[i];
	}
	if (!any)
		return refuse(s, "has no image that is called as --root-tag says; it has");
	keep(s, passes);
	return true;
}

static void keep_different(struct search *s)
{
	bool passes[IMAGE_ENTRIES_MAX] = {false};

	for (size_t i = 0; i < s->count; i++) {
		passes[i] = true;
		for (size_t j = 0; j < i && passes[i]; j++)
			passes[i] = !is_same(&s->found[i], &s->found[j]);
	}
	keep(s, passes);
}

static bool keep_platform(struct search *s)
{
	char *wanted = must_format("linux/%s", s->r->architecture);
	char *why = must_format("has no image for %s; it has", wanted);
	bool passes[IMAGE_ENTRIES_MAX], fine = true, any = false;

	for (size_t i = 0; fine && i < s->count; i++) {
		if (!s->found[i].platform && s->count > 1)
			fine = ask_config(s, &s->found[i]);
		/* The last one's config is looked at when it is taken. */
		passes[i] = !s->found[i].platform || strcmp(s->found[i].platform, wanted) == 0;
		any = any || passes[i];
	}
	if (fine && !any)
		fine = refuse(s, why);
	if (fine)
		keep(s, passes);
	free(wanted);
	free(why);
	return fine;
}

static bool choose(struct search *s)
{
	if (!keep_called(s))
		return false;
	keep_different(s);
	return keep_platform(s) &&
	       (s->count == 1 ||
		       refuse(s, "holds several images: say which with --root-tag and a name or "
				 "digest of these"));
}

static bool take_layers(const struct image_request *r, const struct image_manifest *manifest,
	const struct image_config *config, struct chosen_image *out)
{
	out->layers = must_realloc(NULL, config->count, sizeof(*out->layers));
	for (size_t i = 0; i < config->count; i++) {
		const struct image_descriptor *d = &manifest->layers.items[i];

		if (!IS(d->media_type, layer_types))
			return complain("--root %s: a layer is %s, which is not a tar file (plain, "
					"gzip or zstd): skopeo copy makes one",
				r->root, d->media_type);
		out->layers[out->count] = (struct image_layer){
			.path = image_blob_path(&d->digest),
			.has_packed = true,
			.packed = d->digest,
			.size = d->size,
			.unpacked = config->diff_ids[i],
		};
		out->layers[out->count].packed.text = must_dup(d->digest.text);
		out->layers[out->count].unpacked.text = must_dup(config->diff_ids[i].text);
		out->count++;
	}
	return true;
}

static bool take(const struct search *s, struct chosen_image *out)
{
	struct image_manifest manifest;
	struct image_config config;
	bool fine;

	if (!open_manifest(s, &s->found[0], &manifest))
		return false;
	fine = open_config(s, &manifest, &config);
	if (fine) {
		fine = image_config_fits(s->r, &config, manifest.layers.count) &&
		       take_layers(s->r, &manifest, &config, out);
		image_config_free(&config);
	}
	image_manifest_free(&manifest);
	if (fine)
		progress("root: %s, an OCI image of %zu layers, %s", name_of(&s->found[0]),
			out->count, s->found[0].of->digest.text);
	return fine;
}

static bool check_layout(const struct image_request *r)
{
	struct mapped text;
	bool fine;

	if (!image_file_open(r, "/oci-layout", &text))
		return false;
	fine = image_layout_read("oci-layout", text.data, text.len);
	root_tree_unmap(r->tree, &text);
	return fine;
}

bool image_find(const struct image_request *r, struct chosen_image *out)
{
	struct search s = {.r = r};
	struct mapped text;
	bool fine;

	*out = (struct chosen_image){0};
	if (!check_layout(r) || !image_file_open(r, "/index.json", &text))
		return false;
	fine = collect(&s, "index.json", &text, NULL, 0) && choose(&s) && take(&s, out);
	root_tree_unmap(r->tree, &text);
	search_free(&s);
	if (!fine)
		chosen_image_free(out);
	return fine;
}
