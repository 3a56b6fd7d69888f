/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON of container images, right and wrong. */
#include <stdlib.h>
#include "tests/unit/test.h"
#include "tools/build/rootfs/image_json.h"
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

#define HASH   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define DIGEST "\"digest\":\"sha256:" HASH "\""
#define ITEM   "\"mediaType\":\"a/b\"," DIGEST ",\"size\":7"

static void test_digests(void)
{
	static const char *const bad[] = {"", "sha256", "sha256:", "sha256:00", "md5:" HASH,
		"sha256:" HASH "0", "sha512:" HASH, "sha1:0011223344556677889900112233445566778899",
		"sha256:../../etc", " sha256:" HASH, "sha384:" HASH};
	struct image_digest digest;

	REQUIRE(image_digest_read("sha256:" HASH, &digest));
	CHECK(digest.bank == BANK_SHA256 && digest.hash[1] == 0x11);
	CHECK(strcmp(digest.text, "sha256:" HASH) == 0);
	free(digest.text);
	REQUIRE(image_digest_read("sha512:" HASH HASH, &digest));
	CHECK(digest.bank == BANK_SHA512);
	free(digest.text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!image_digest_read(bad[i], &digest));
	REQUIRE(image_digest_read(
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		&digest));
	CHECK(image_digest_matches(&digest, "", 0) && !image_digest_matches(&digest, "x", 1));
	free(digest.text);
}

static bool reads_index(const char *text)
{
	struct image_list list;
	bool fine = image_index_read("index", text, strlen(text), &list);

	if (fine)
		image_list_free(&list);
	return fine;
}

static void test_index(void)
{
	static const char good[] =
		"{\"schemaVersion\":2,\"manifests\":[{" ITEM
		",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\","
		"\"os.features\":[]},\"annotations\":{\"io.containerd.image.name\":\"full:1\","
		"\"org.opencontainers.image.ref.name\":\"1\"}},{" ITEM
		",\"annotations\":{\"vnd.docker.reference.type\":\"x\"}}],\"more\":1}";
	struct image_list list;

	REQUIRE(image_index_read("index", good, strlen(good), &list));
	REQUIRE(list.count == 2);
	CHECK(strcmp(list.items[0].architecture, "arm64") == 0 && list.items[0].size == 7);
	CHECK(strcmp(list.items[0].name, "full:1") == 0 && strcmp(list.items[0].tag, "1") == 0);
	CHECK(!list.items[0].is_attestation && list.items[1].is_attestation);
	CHECK(!list.items[1].os && !list.items[1].name);
	image_list_free(&list);
	CHECK(reads_index("{\"manifests\":[]}"));
	CHECK(!reads_index("[]") && !reads_index("{}") && !reads_index("{\"manifests\":{}}"));
	CHECK(!reads_index("{\"manifests\":[1]}") && !reads_index("{\"manifests\":[{}]}"));
	CHECK(!reads_index("{\"manifests\":[{" DIGEST ",\"size\":1}]}"));
	CHECK(!reads_index("{\"manifests\":[{\"mediaType\":\"a b\"," DIGEST ",\"size\":1}]}"));
	CHECK(!reads_index("{\"manifests\":[{\"mediaType\":\"a\"," DIGEST ",\"size\":-1}]}"));
	CHECK(!reads_index("{\"manifests\":[{" ITEM ",\"platform\":{\"os\":\"linux\"}}]}"));
	CHECK(!reads_index("{\"manifests\":[{" ITEM ",\"size\":7}]}"));
	CHECK(!reads_index("{\"manifests\":[{" ITEM ",\"annotations\":"
			   "{\"org.opencontainers.image.ref.name\":\"\\u001b[31m\"}}]}"));
}

static void test_manifest(void)
{
	static const char good[] = "{\"config\":{" ITEM "},\"layers\":[{" ITEM "},{" ITEM "}]}";
	static const char *const bad[] = {"{\"layers\":[]}", "{\"config\":{" ITEM "}}",
		"{\"config\":[],\"layers\":[]}", "{\"config\":{" ITEM "},\"layers\":[null]}"};
	struct image_manifest manifest;

	REQUIRE(image_manifest_read("m", good, strlen(good), &manifest));
	CHECK(manifest.layers.count == 2 && manifest.config.size == 7);
	image_manifest_free(&manifest);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!image_manifest_read("m", bad[i], strlen(bad[i]), &manifest));
}

static void test_config(void)
{
	static const char good[] = "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{},"
				   "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" HASH
				   "\"]},\"history\":[{\"created_by\":\"\\u00e9 \\u001b\"}]}";
	static const char *const bad[] = {"{}", "{\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[]}}",
		"{\"os\":\"linux\",\"architecture\":\"amd64\"}",
		"{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"diff_ids\":[\"x\"]}}",
		"{\"os\":\"linux\",\"architecture\":1,\"rootfs\":{\"diff_ids\":[]}}"};
	struct image_config config;

	REQUIRE(image_config_read("c", good, strlen(good), &config));
	CHECK(config.count == 1 && strcmp(config.architecture, "amd64") == 0);
	image_config_free(&config);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!image_config_read("c", bad[i], strlen(bad[i]), &config));
}

static void test_saved(void)
{
	static const char good[] =
		"[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\",\"a:2\"],\"Layers\":[\"l.tar\"]},"
		"{\"Config\":\"d.json\",\"RepoTags\":null,\"Layers\":[]}]";
	static const char *const bad[] = {"{}", "[1]", "[{\"Config\":\"c\"}]",
		"[{\"Config\":\"c\",\"Layers\":\"x\"}]", "[{\"Config\":1,\"Layers\":[]}]",
		"[{\"Config\":\"c\",\"Layers\":[\"\"]}]"};
	struct image_saved_list list;

	REQUIRE(image_saved_read("m", good, strlen(good), &list));
	REQUIRE(list.count == 2);
	CHECK(list.items[0].tag_count == 2 && strcmp(list.items[0].layers[0], "l.tar") == 0);
	CHECK(!list.items[1].tag_count && !list.items[1].layer_count);
	image_saved_free(&list);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!image_saved_read("m", bad[i], strlen(bad[i]), &list));
}

/* Just inside and just outside of each limit. */
static void test_limits(void)
{
	struct bytes text = {0};

	for (unsigned extra = 0; extra < 2; extra++) {
		text.len = 0;
		bytes_add_text(&text, "{\"manifests\":[{" ITEM "}");
		for (unsigned i = 1; i < IMAGE_ENTRIES_MAX + extra; i++)
			bytes_add_text(&text, ",{" ITEM "}");
		bytes_add(&text, "]}", 3);
		CHECK(reads_index((char *)text.data) == (extra == 0));
	}
	for (unsigned extra = 0; extra < 2; extra++) {
		struct image_saved_list list;
		bool fine;

		text.len = 0;
		bytes_add_text(&text, "[{\"Layers\":[],\"Config\":\"");
		for (unsigned i = 0; i < IMAGE_TEXT_MAX + extra; i++)
			bytes_add_text(&text, "c");
		bytes_add_text(&text, "\"}]");
		fine = image_saved_read("m", text.data, text.len, &list);
		CHECK(fine == (extra == 0));
		if (fine)
			image_saved_free(&list);
	}
	bytes_free(&text);
}

static void test_layout(void)
{
	static const char good[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	static const char later[] = "{\"imageLayoutVersion\":\"2.0.0\"}";

	CHECK(image_layout_read("l", good, strlen(good)));
	CHECK(!image_layout_read("l", later, strlen(later)) && !image_layout_read("l", "{}", 2));
}

int main(void)
{
	report_silence();
	RUN(test_digests);
	RUN(test_index);
	RUN(test_manifest);
	RUN(test_config);
	RUN(test_saved);
	RUN(test_limits);
	RUN(test_layout);
	return test_summary();
}
