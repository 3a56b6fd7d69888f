/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layers that lie on each other, and the tar file that comes out. Real ones: container_images.py.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include "tests/unit/rootfs/layer_maker.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/build/rootfs/layer_tree.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"

#define LAYERS_MAX 4u

struct scene {
	struct bytes tars[LAYERS_MAX];
	struct tar_list lists[LAYERS_MAX];
	size_t count;
	struct layer_tree tree;
	struct layer_flaw flaw;
	struct mapped out;
	struct tar_list written;
};

/* Applies what was added to the next tar file. */
static bool apply(struct scene *s)
{
	size_t i = s->count++;
	struct flaw flaw;

	bytes_zeros(&s->tars[i], 1024);
	if (!tar_list_read(s->tars[i].data, s->tars[i].len, &s->lists[i], &flaw))
		return false;
	return layer_tree_apply(&s->tree, &s->lists[i], &s->flaw);
}

static bool write_out(struct scene *s)
{
	const char *path = scratch_path("out.tar");
	struct tar_writer writer;
	struct flaw flaw;

	unlink(path);
	return tar_write_open(path, &writer) && layer_tree_write(&s->tree, &writer) &&
	       tar_write_close(&writer, path) && file_map(path, &s->out) &&
	       tar_list_read(s->out.data, s->out.len, &s->written, &flaw);
}

static void end(struct scene *s)
{
	layer_tree_free(&s->tree);
	tar_list_free(&s->written);
	file_unmap(&s->out);
	for (size_t i = 0; i < s->count; i++) {
		tar_list_free(&s->lists[i]);
		bytes_free(&s->tars[i]);
	}
}

static struct bytes *next(struct scene *s)
{
	return &s->tars[s->count];
}

static bool has(const struct scene *s, const char *path)
{
	return tar_list_find(&s->written, path) != NULL;
}

static bool holds(const struct scene *s, const char *path, const char *text)
{
	const struct tar_entry *e = tar_list_find(&s->written, path);

	if (e && e->is_hard_link)
		e = tar_list_find(&s->written, e->target);
	return e && e->len == strlen(text) && memcmp(e->data, text, e->len) == 0;
}

static void test_whiteouts_mean_layers_below(void)
{
	struct scene s = {0};

	layer_add_entry(next(&s), '0', "d/a", "", "low");
	layer_add_entry(next(&s), '0', "d/b", "", "low");
	layer_add_entry(next(&s), '0', "e/a", "", "low");
	REQUIRE(apply(&s));
	layer_add_entry(next(&s), '0', "d/a", "", "high");
	layer_add_entry(next(&s), '0', "d/.wh.a", "", NULL);
	layer_add_entry(next(&s), '0', "e/c", "", "high");
	layer_add_entry(next(&s), '0', "e/.wh..wh..opq", "", NULL);
	layer_add_entry(next(&s), '0', "none/.wh.x", "", NULL);
	REQUIRE(apply(&s) && write_out(&s));
	CHECK(holds(&s, "d/a", "high") && holds(&s, "d/b", "low"));
	CHECK(holds(&s, "e/c", "high") && !has(&s, "e/a"));
	CHECK(!has(&s, "none") && !has(&s, "d/.wh.a") && !has(&s, "e/.wh..wh..opq"));
	end(&s);
}

static void test_order(void)
{
	struct scene s = {0};
	size_t at = 0;
	static const char *const want[] = {"", "a", "a/x", "a-b", "b"};

	layer_add_entry(next(&s), '0', "b", "", "b");
	layer_add_entry(next(&s), '0', "a-b", "", "c");
	layer_add_entry(next(&s), '0', "a/x", "", "x");
	REQUIRE(apply(&s) && write_out(&s));
	CHECK(s.written.count == 5);
	for (size_t order = 0; order < s.written.count; order++)
		for (size_t i = 0; i < s.written.count; i++)
			if (s.written.entries[i].order == order)
				CHECK(strcmp(s.written.entries[i].path, want[at++]) == 0);
	CHECK(at == 5);
	end(&s);
}

static void test_hard_links(void)
{
	struct scene s = {0};

	layer_add_entry(next(&s), '0', "a", "", "one");
	layer_add_entry(next(&s), '1', "b", "a", NULL);
	REQUIRE(apply(&s));
	layer_add_entry(next(&s), '0', ".wh.a", "", NULL);
	layer_add_entry(next(&s), '1', "c", "b", NULL);
	layer_add_entry(next(&s), '1', "b", "b", NULL);
	REQUIRE(apply(&s));
	layer_add_entry(next(&s), '0', "b", "", "two");
	layer_add_entry(next(&s), '1', "d", "c", NULL);
	REQUIRE(apply(&s) && write_out(&s));
	CHECK(!has(&s, "a") && holds(&s, "b", "two") && holds(&s, "c", "one"));
	CHECK(holds(&s, "d", "one") && tar_list_find(&s.written, "d")->is_hard_link);
	CHECK(!tar_list_find(&s.written, "c")->is_hard_link);
	end(&s);
}

/* A file that takes the place of the folder in which its other name is. */
static void test_link_out_of_a_folder_that_goes(void)
{
	struct scene s = {0};

	layer_add_entry(next(&s), '0', "a/b", "", "kept");
	REQUIRE(apply(&s));
	layer_add_entry(next(&s), '1', "a", "a/b", NULL);
	REQUIRE(apply(&s) && write_out(&s));
	CHECK(holds(&s, "a", "kept") && !has(&s, "a/b"));
	CHECK(s.tree.count == 2);
	end(&s);
}

static void test_links_stay_inside(void)
{
	struct scene s = {0};

	layer_add_entry(next(&s), '2', "up", "../../../etc", NULL);
	layer_add_entry(next(&s), '2', "abs", "/usr/./lib/../bin", NULL);
	layer_add_entry(next(&s), '2', "loop", "loop", NULL);
	REQUIRE(apply(&s));
	layer_add_entry(next(&s), '0', "up/a", "", "a");
	layer_add_entry(next(&s), '0', "abs/b", "", "b");
	REQUIRE(apply(&s));
	layer_add_entry(next(&s), '0', "up/.wh.a", "", NULL);
	REQUIRE(apply(&s) && write_out(&s));
	CHECK(!has(&s, "etc/a") && holds(&s, "usr/bin/b", "b"));
	CHECK(strcmp(tar_list_find(&s.written, "up")->target, "../../../etc") == 0);
	layer_add_entry(next(&s), '0', "loop/x", "", "x");
	CHECK(!apply(&s) && strstr(s.flaw.reason, "without end"));
	CHECK(s.flaw.path && strcmp(s.flaw.path, "loop/x") == 0);
	end(&s);
}

static bool refuses(char type, const char *name, const char *target, const char *why)
{
	struct scene s = {0};
	bool refused;

	layer_add_entry(next(&s), '5', "etc", "", NULL);
	layer_add_entry(next(&s), '0', "etc/file", "", "x");
	CHECK(apply(&s));
	layer_add_entry(next(&s), type, name, target, NULL);
	refused = !apply(&s) && s.flaw.reason && strstr(s.flaw.reason, why);
	end(&s);
	return refused;
}

static void test_refused(void)
{
	CHECK(refuses('0', "../x", "", "upwards"));
	CHECK(refuses('1', "x", "../etc/file", "cannot be"));
	CHECK(refuses('1', "x", "etc", "a folder"));
	CHECK(refuses('1', "x", "etc/.wh.file", "cannot be"));
	CHECK(refuses('1', "x", "none", "not there"));
	CHECK(refuses('0', "etc/file/x", "", "not a folder"));
	CHECK(refuses('S', "x", "", "kind"));
	CHECK(refuses('D', "x", "", "kind"));
	CHECK(refuses('0', ".", "", "root"));
	CHECK(refuses('2', "x", "", "a link to nothing"));
	CHECK(refuses('0', ".wh..", "", "no name"));
}

/* Folders in folders without end, through a link that leads ever deeper. */
static void test_depth(void)
{
	struct scene s = {0};
	char path[100] = "";
	bool fine = true;

	for (unsigned i = 0; i < 40; i++)
		strcat(path, "d/");
	layer_add_entry(next(&s), '5', path, "", NULL);
	layer_add_entry(next(&s), '2', "l0", path, NULL);
	for (unsigned i = 1; i < 20; i++) {
		char name[100], target[100];

		(void)snprintf(target, sizeof(target), "l%u/%.80s", i - 1, path);
		(void)snprintf(name, sizeof(name), "l%u/%.80s", i - 1, path);
		layer_add_entry(next(&s), '5', name, "", NULL);
		(void)snprintf(name, sizeof(name), "l%u", i);
		layer_add_entry(next(&s), '2', name, target, NULL);
	}
	fine = apply(&s);
	CHECK(!fine && s.flaw.reason && strstr(s.flaw.reason, "512"));
	end(&s);
}

int main(void)
{
	scratch_open();
	RUN(test_whiteouts_mean_layers_below);
	RUN(test_order);
	RUN(test_hard_links);
	RUN(test_link_out_of_a_folder_that_goes);
	RUN(test_links_stay_inside);
	RUN(test_refused);
	RUN(test_depth);
	scratch_close();
	return test_summary();
}
