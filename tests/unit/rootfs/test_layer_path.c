/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the paths of layers say: files, whiteouts, and what is neither. */
#include <stdbool.h>
#include "tests/unit/test.h"
#include "tools/build/rootfs/layer_path.h"

static bool says(const char *path, enum layer_path_kind kind, size_t dir_len, const char *name)
{
	struct layer_path got = layer_path_read(path);

	return got.kind == kind && got.dir_len == dir_len && strcmp(got.name, name) == 0 &&
	       !got.why;
}

static bool refuses(const char *path, const char *why)
{
	struct layer_path got = layer_path_read(path);

	return got.kind == LAYER_REFUSED && got.why && strstr(got.why, why);
}

static void test_files(void)
{
	CHECK(says("", LAYER_FILE, 0, ""));
	CHECK(says("a", LAYER_FILE, 0, "a"));
	CHECK(says("usr/bin/ls", LAYER_FILE, 7, "ls"));
	CHECK(says("a/..b/...", LAYER_FILE, 5, "..."));
	CHECK(says("wh.a", LAYER_FILE, 0, "wh.a"));
	CHECK(says(".wha", LAYER_FILE, 0, ".wha"));
	CHECK(says("a.wh.b", LAYER_FILE, 0, "a.wh.b"));
}

static void test_whiteouts(void)
{
	CHECK(says(".wh.a", LAYER_WHITEOUT, 0, "a"));
	CHECK(says("usr/bin/.wh.ls", LAYER_WHITEOUT, 7, "ls"));
	CHECK(says("a/.wh....", LAYER_WHITEOUT, 1, "..."));
	CHECK(says("a/.wh..b", LAYER_WHITEOUT, 1, ".b"));
	CHECK(says(".wh..wh..opq", LAYER_OPAQUE, 0, ".wh..wh..opq"));
	CHECK(says("a/b/.wh..wh..opq", LAYER_OPAQUE, 3, ".wh..wh..opq"));
}

static void test_refused(void)
{
	CHECK(refuses("..", "upwards") && refuses("a/../b", "upwards") &&
		refuses("a/..", "upwards"));
	CHECK(refuses("../.wh.a", "upwards"));
	CHECK(refuses("a//b", "empty") && refuses("a/", "empty") && refuses("./a", "empty"));
	CHECK(refuses(".wh.", "no name") && refuses(".wh..", "no name") &&
		refuses("a/.wh...", "no name"));
	CHECK(refuses(".wh.a/b", "below") && refuses(".wh..wh..opq/b", "below"));
	CHECK(refuses(".wh..wh.plnk", "AUFS") && refuses("a/.wh..wh..opqx", "AUFS"));
}

static void test_limits(void)
{
	char path[4200], name[300];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	CHECK(says(name, LAYER_FILE, 0, name));
	name[255] = 'n';
	name[256] = '\0';
	CHECK(refuses(name, "255"));
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? '/' : 'a';
	path[4095] = '\0';
	CHECK(layer_path_read(path).kind == LAYER_FILE);
	path[4095] = '/';
	path[4097] = '\0';
	CHECK(refuses(path, "4095"));
}

int main(void)
{
	RUN(test_files);
	RUN(test_whiteouts);
	RUN(test_refused);
	RUN(test_limits);
	return test_summary();
}
