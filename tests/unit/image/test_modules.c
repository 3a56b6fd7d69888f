/* Which modules an initrd gets, and in which order. */
#include "tests/unit/test.h"
#include "tools/build/modules.h"

static const char dep[] = "kernel/a/base.ko:\n"
			  "kernel/a/mid-dle.ko.xz: kernel/a/base.ko\n"
			  "kernel/b/top.ko.zst: kernel/a/mid-dle.ko.xz kernel/a/base.ko\n"
			  "kernel/c/soft.ko: kernel/c/soft_base.ko\n"
			  "kernel/c/soft_base.ko:\n"
			  "kernel/c/after.ko.gz:\n";
static const char builtin[] = "kernel/fs/ext4/ext4.ko\nkernel/crypto/sha256-generic.ko\n";
static const char softdep[] = "# Soft dependencies extracted from modules themselves.\n"
			      "softdep mid-dle pre: soft nothere post: after\n"
			      "softdep soft pre: mid_dle\n";

static bool parse(const char *d, const char *b, const char *s, struct module_tree *tree)
{
	char error[128];

	return module_tree_parse((const uint8_t *)d, strlen(d), (const uint8_t *)b, strlen(b),
		(const uint8_t *)s, strlen(s), tree, error);
}

/* "base -soft ...": the picks as text. */
static void show(const struct module_list *list, char out[256])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count; i++)
		n += (size_t)snprintf(out + n, 256 - n, "%s%s%s", i ? " " : "",
			list->picks[i].optional ? "-" : "", list->picks[i].module->name);
}

static void test_closure_in_order(void)
{
	struct module_tree tree;
	struct module_list list = {0};
	char text[256];

	REQUIRE(parse(dep, builtin, "", &tree));
	CHECK(module_list_add(&tree, "top", false, &list) == MODULE_ADDED);
	show(&list, text);
	CHECK(strcmp(text, "base mid_dle top") == 0);
	CHECK(module_list_add(&tree, "top", false, &list) == MODULE_ADDED);
	CHECK(list.count == 3);
	CHECK(strcmp(list.picks[1].module->path, "kernel/a/mid-dle.ko.xz") == 0);
	module_list_free(&list);
	module_tree_free(&tree);
}

static void test_soft_dependencies(void)
{
	struct module_tree tree;
	struct module_list list = {0};
	char text[256];

	REQUIRE(parse(dep, builtin, softdep, &tree));
	CHECK(module_list_add(&tree, "mid-dle", false, &list) == MODULE_ADDED);
	show(&list, text);
	/* soft and mid_dle want each other first: the circle is cut, each is there once. */
	CHECK(strncmp(text, "base -soft_base ", 16) == 0);
	CHECK(list.count == 5);
	CHECK(strstr(text, " mid_dle") && strstr(text, "-soft ") && strstr(text, "-after"));
	module_list_free(&list);
	module_tree_free(&tree);
}

static void test_optional_becomes_mandatory(void)
{
	struct module_tree tree;
	struct module_list list = {0};
	char text[256];

	REQUIRE(parse(dep, builtin, "", &tree));
	CHECK(module_list_add(&tree, "mid_dle", true, &list) == MODULE_ADDED);
	show(&list, text);
	CHECK(strcmp(text, "-base -mid_dle") == 0);
	CHECK(module_list_add(&tree, "base", false, &list) == MODULE_ADDED);
	show(&list, text);
	CHECK(strcmp(text, "base -mid_dle") == 0);
	module_list_free(&list);
	module_tree_free(&tree);
}

static void test_builtin_and_missing(void)
{
	struct module_tree tree;
	struct module_list list = {0};

	REQUIRE(parse(dep, builtin, "", &tree));
	CHECK(module_list_add(&tree, "ext4", false, &list) == MODULE_BUILTIN);
	CHECK(module_list_add(&tree, "sha256_generic", false, &list) == MODULE_BUILTIN);
	CHECK(module_list_add(&tree, "xfs", false, &list) == MODULE_MISSING);
	CHECK(module_list_add(&tree, "", false, &list) == MODULE_MISSING);
	CHECK(list.count == 0);
	module_tree_free(&tree);
}

static void test_refused_text(void)
{
	static const char *const bad[] = {"kernel/a.ko\n", ": x\n", "/kernel/a.ko:\n", "../a.ko:\n",
		"kernel/../a.ko:\n", "kernel/a.txt:\n", "kernel/a.ko.bz2:\n", "kernel/.ko:\n",
		"kernel/a b.ko:\n", "a/x-y.ko:\nb/x_y.ko:\n"};
	struct module_tree tree;
	char error[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!parse(bad[i], "", "", &tree));
	CHECK(!module_tree_parse((const uint8_t *)"a.ko:\0", 6, NULL, 0, NULL, 0, &tree, error));
	CHECK(parse("", "", "", &tree));
	module_tree_free(&tree);
}

int main(void)
{
	RUN(test_closure_in_order);
	RUN(test_soft_dependencies);
	RUN(test_optional_becomes_mandatory);
	RUN(test_builtin_and_missing);
	RUN(test_refused_text);
	return test_summary();
}
