/* SPDX-License-Identifier: GPL-2.0-or-later */
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

static struct module_bytes as_bytes(const char *text)
{
	return (struct module_bytes){(const uint8_t *)text, strlen(text)};
}

static bool parse(const char *d, const char *b, const char *s, struct module_tree *tree)
{
	const struct module_bytes texts[MODULE_TEXT_COUNT] = {[MODULES_DEP] = as_bytes(d),
		[MODULES_BUILTIN] = as_bytes(b),
		[MODULES_SOFTDEP] = as_bytes(s)};
	char error[128];

	return module_tree_parse(texts, tree, error);
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
	const struct module_bytes with_nul[MODULE_TEXT_COUNT] = {
		[MODULES_DEP] = {(const uint8_t *)"a.ko:\0", 6}};
	struct module_tree tree;
	char error[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!parse(bad[i], "", "", &tree));
	CHECK(!module_tree_parse(with_nul, &tree, error));
	CHECK(parse("", "", "", &tree));
	module_tree_free(&tree);
}

/* Trees of Debian 12 (Linux 6.1), of 6.17 and of 7.0 in their outlines. */
static const struct {
	const char *dep, *alias, *info, *want;
} kernels[] = {
	{"kernel/arch/x86/crypto/aesni-intel.ko: kernel/crypto/cryptd.ko\n"
	 "kernel/crypto/cryptd.ko:\n"
	 "kernel/drivers/crypto/padlock-aes.ko:\n",
		"alias crypto-aes aesni_intel\nalias crypto-aes padlock_aes\n",
		"aes_generic.alias=crypto-aes\0", "-cryptd -aesni_intel"},
	{"kernel/crypto/aes_generic.ko:\nkernel/arch/x86/crypto/aesni-intel.ko:\n",
		"alias crypto-aes aesni_intel\nalias crypto-aes aes_generic\n",
		"ext4.softdep=pre: crc32c\0", "-aesni_intel -aes_generic"},
	{"kernel/crypto/aes.ko: kernel/lib/crypto/libaes.ko\nkernel/lib/crypto/libaes.ko:\n",
		"alias crypto-aes aes\nalias crypto-aes-lib aes\n", "", "libaes aes"},
	{"", "", "aes.license=GPL v2\0aes.alias=crypto-aes\0", ""},
	{"kernel/drivers/crypto/padlock-aes.ko:\n", "alias crypto-aes padlock_aes\n", "",
		"padlock_aes"},
};

static size_t info_len(const char *info)
{
	size_t len = 0;

	while (info[len])
		len += strlen(info + len) + 1;
	return len;
}

static void test_algorithm_by_alias(void)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		const struct module_bytes texts[MODULE_TEXT_COUNT] = {
			[MODULES_DEP] = as_bytes(kernels[i].dep),
			[MODULES_ALIAS] = as_bytes(kernels[i].alias),
			[MODULES_BUILTIN_INFO] = {
				(const uint8_t *)kernels[i].info, info_len(kernels[i].info)}};
		struct module_list list = {0};
		struct module_tree tree;
		char error[128], text[256];

		REQUIRE(module_tree_parse(texts, &tree, error));
		CHECK(module_list_add(&tree, "crypto-aes", false, &list) ==
			(*kernels[i].want ? MODULE_ADDED : MODULE_BUILTIN));
		show(&list, text);
		CHECK(strcmp(text, kernels[i].want) == 0);
		CHECK(module_list_add(&tree, "crypto-sm4", false, &list) == MODULE_MISSING);
		module_list_free(&list);
		module_tree_free(&tree);
	}
}

/* Soft dependencies are aliases as often as names, and what is built in has some too. */
static void test_soft_by_alias(void)
{
	static const char info[] = "ext4.softdep=pre: crypto-crc32c\0ext4.license=GPL";
	const struct module_bytes texts[MODULE_TEXT_COUNT] = {
		[MODULES_DEP] = as_bytes("kernel/crypto/crc32c-x.ko:\nkernel/crypto/ecb.ko:\n"
					 "kernel/crypto/xts.ko:\n"),
		[MODULES_BUILTIN] = as_bytes("kernel/fs/ext4/ext4.ko\n"),
		[MODULES_SOFTDEP] = as_bytes("softdep xts pre: crypto-ecb\n"),
		[MODULES_ALIAS] = as_bytes("alias crypto-crc32c crc32c_x\nalias crypto-ecb ecb\n"
					   "alias\nalias x\nalias crypto-ecb gone\nalias  \n"),
		[MODULES_BUILTIN_INFO] = {(const uint8_t *)info, sizeof(info)}};
	struct module_list list = {0};
	struct module_tree tree;
	char error[128], text[256];

	REQUIRE(module_tree_parse(texts, &tree, error));
	CHECK(module_list_add(&tree, "ext4", false, &list) == MODULE_BUILTIN);
	CHECK(module_list_add(&tree, "xts", false, &list) == MODULE_ADDED);
	show(&list, text);
	CHECK(strcmp(text, "-crc32c_x -ecb xts") == 0);
	module_list_free(&list);
	module_tree_free(&tree);
}

static void test_written_list(void)
{
	static const char drivers[] = "d/bus.ko:\nd/lib.ko.zst:\n"
				      "d/net-x.ko.xz: d/lib.ko.zst d/bus.ko\n";
	struct module_list list = {0};
	struct module_tree tree;
	struct bytes text = {0};

	REQUIRE(parse(drivers, "", "", &tree));
	CHECK(module_list_add(&tree, "lib", false, &list) == MODULE_ADDED);
	CHECK(module_list_add(&tree, "net-x", true, &list) == MODULE_ADDED);
	module_list_write(&tree, &list, &text);
	CHECK(text.len == 32 && memcmp(text.data, "lib.ko\n-bus.ko\n-net_x.ko bus.ko\n", 32) == 0);
	bytes_free(&text);
	module_list_free(&list);
	module_tree_free(&tree);
}

int main(void)
{
	RUN(test_closure_in_order);
	RUN(test_soft_dependencies);
	RUN(test_optional_becomes_mandatory);
	RUN(test_builtin_and_missing);
	RUN(test_refused_text);
	RUN(test_algorithm_by_alias);
	RUN(test_soft_by_alias);
	RUN(test_written_list);
	return test_summary();
}
