/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of what an image may unpack to, which take too long to reach with real ones. */
#include <stdlib.h>
#include <sys/stat.h>
#include "tests/unit/rootfs/layer_maker.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/build/rootfs/container_image.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/lib/run.h"

static void hex_of(const struct bytes *data, char out[65])
{
	uint8_t hash[32];

	bank_hash(BANK_SHA256, data->data, data->len, hash);
	hex_encode(hash, sizeof(hash), out);
}

static void put_file(const char *name, const struct bytes *data)
{
	scratch_write(scratch_path(name), data->data, data->len, 0644);
}

/* A saved image whose one layer has text of this length, packed by gzip. */
static size_t make_image(size_t text_len)
{
	char *text = must_alloc(text_len + 1), hex[65];
	struct bytes tar = {0}, config = {0}, manifest = {0};
	const char *const gzip[] = {"gzip", "-c", NULL};
	struct run_output output = {scratch_path("layer"), UINT64_MAX, "gzip"};

	memset(text, 'x', text_len);
	text[text_len] = '\0';
	layer_add_entry(&tar, '0', "file", "", text);
	bytes_zeros(&tar, 1024);
	put_file("tar", &tar);
	unlink(output.path);
	CHECK(run_to_file(&output, gzip, scratch_path("tar")));
	hex_of(&tar, hex);
	bytes_addf(&config,
		"{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"diff_ids\":"
		"[\"sha256:%s\"]}}",
		hex);
	put_file("config", &config);
	bytes_addf(&manifest, "[{\"Config\":\"config\",\"Layers\":[\"layer\"]}]");
	put_file("manifest.json", &manifest);
	free(text);
	bytes_free(&config);
	bytes_free(&manifest);
	text_len = tar.len;
	bytes_free(&tar);
	return text_len;
}

static bool unpacks(uint64_t max)
{
	const char *work = scratch_path("work"), *out = scratch_path("out");
	struct image_request r = {.root = scratch, .architecture = "amd64", .unpacked_max = max};
	struct root_tree tree;
	bool fine;

	(void)mkdir(work, 0700);
	unlink(out);
	if (!root_tree_of_folder(scratch, &tree))
		return false;
	r.tree = &tree;
	fine = image_kind_of(&tree) == IMAGE_SAVED && image_unpack(&r, IMAGE_SAVED, work, out);
	root_tree_close(&tree);
	/* Nothing stays on the way. */
	CHECK(!rmdir(work));
	return fine;
}

static void test_unpacked_bytes(void)
{
	size_t len = make_image(1 << 20);

	CHECK(unpacks(len));
	CHECK(unpacks(UINT64_C(1) << 40));
	CHECK(!unpacks(len - 1));
	CHECK(!unpacks(1));
	CHECK(!unpacks(0));
}

int main(void)
{
	report_silence();
	scratch_open();
	RUN(test_unpacked_bytes);
	scratch_close();
	return test_summary();
}
