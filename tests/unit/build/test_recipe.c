/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recipes: written, read back, and whatever a hostile one may hold. */
#include <stdlib.h>
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/build/recipe.h"
#include "tools/lib/report.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* A recipe with one of everything, each part of it to be replaced by a test. */
static const char good[] =
	"{\"recipe\":1,\"protostar\":\"0.1.0\",\"kernelVersion\":\"6.1.0\",\"options\":{"
	"\"service\":\"10.0.2.2:9000\",\"pin\":\"" HASH "\",\"modules\":[\"xfs\"],"
	"\"settings\":[\"protostar.net=dhcp\"],\"cmdline\":\"quiet\","
	"\"rootTag\":\"a:1\",\"profile\":\"aws\","
	"\"rootFormat\":\"erofs\","
	"\"keepOwners\":false},\"inputs\":{"
	"\"kernel\":{\"name\":\"vmlinuz\",\"size\":1,\"sha256\":\"" HASH "\"},"
	"\"modules\":{\"name\":\"6.1.0\",\"files\":[{\"name\":\"kernel/fs/ext4.ko\",\"size\":2,"
	"\"sha256\":\"" HASH "\"}]},"
	"\"root\":{\"name\":\"root\",\"size\":3,\"sha256\":\"" HASH "\",\"entries\":4},"
	"\"early\":{\"name\":\"early\",\"size\":5,\"sha256\":\"" HASH "\"},"
	"\"stub\":{\"name\":\"stub.efi\",\"size\":6,\"sha256\":\"" HASH "\"}},"
	"\"tools\":{\"veritysetup\":\"veritysetup 2.6.1\"},"
	"\"outputs\":[{\"name\":\"uki.efi\",\"size\":7,\"sha256\":\"" HASH "\"}]}";

static bool accepts_text(const char *text, size_t len)
{
	struct recipe recipe;

	if (!recipe_read("recipe.json", (const uint8_t *)text, len, &recipe))
		return false;
	recipe_free(&recipe);
	return true;
}

/* The good recipe with the first `from` replaced; `from` has to be in it. */
static bool accepts(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	char text[sizeof(good) + 8192];
	int len;

	CHECK(at != NULL);
	if (!at)
		return false;
	len = snprintf(
		text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	return accepts_text(text, (size_t)len);
}

static void test_reads_what_it_writes(void)
{
	struct recipe recipe, again;
	struct bytes one = {0}, two = {0};

	REQUIRE(recipe_read("r", (const uint8_t *)good, strlen(good), &recipe));
	CHECK(strcmp(recipe.inputs[RECIPE_KERNEL].file.name, "vmlinuz") == 0);
	CHECK(recipe.inputs[RECIPE_ROOT].folder && recipe.inputs[RECIPE_ROOT].entries == 4);
	CHECK(!recipe.inputs[RECIPE_EARLY].folder && !recipe.inputs[RECIPE_OSREL].present);
	CHECK(recipe.module_file_count == 1 && recipe.module_files[0].size == 2);
	CHECK(recipe.inputs[RECIPE_STUB].file.sha256[31] == 0xff);
	CHECK(recipe.root_format == ROOT_EROFS && !recipe.keep_owners);
	CHECK(strcmp(recipe.profile, "aws") == 0 && strcmp(recipe.root_tag, "a:1") == 0);
	/* A recipe of before --format. */
	CHECK(recipe.format == DISK_RAW);
	CHECK(recipe.tool_count == 1 && recipe.output_count == 1);
	recipe_write(&recipe, &one);
	REQUIRE(recipe_read("r", one.data, one.len, &again));
	recipe_write(&again, &two);
	CHECK(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
	recipe_free(&recipe);
	recipe_free(&again);
	bytes_free(&one);
	bytes_free(&two);
}

/* Where the service's machine has to prove something the pin may be missing. */
static void test_without_a_pin(void)
{
	static const char pin[] = "\"pin\":\"" HASH "\",\"modules\":[\"xfs\"],"
				  "\"settings\":[\"protostar.net=dhcp\"]";
	static const char none[] = "\"modules\":[],\"settings\":[\"protostar.service.evidence=x\"]";
	struct recipe recipe;
	struct bytes text = {0};
	char *at;

	CHECK(accepts(pin, none));
	CHECK(!accepts(pin, "\"modules\":[],\"settings\":[\"protostar.service.evidence\"]"));
	CHECK(!accepts(pin, "\"modules\":[],\"settings\":[]"));
	bytes_add(&text, good, strlen(good) + 1);
	at = strstr((char *)text.data, pin);
	REQUIRE(at != NULL);
	memset(at, ' ', strlen(pin));
	memcpy(at, none, strlen(none));
	REQUIRE(recipe_read("r", text.data, text.len - 1, &recipe));
	CHECK(recipe.pin == NULL);
	text.len = 0;
	recipe_write(&recipe, &text);
	recipe_free(&recipe);
	CHECK(memmem(text.data, text.len, "\"pin\"", 5) == NULL);
	CHECK(accepts_text((const char *)text.data, text.len));
	bytes_free(&text);
}

/* An operator in the service's place. */
static void test_without_a_service(void)
{
	static const char service[] = "\"service\":\"10.0.2.2:9000\",\"pin\":\"" HASH "\","
				      "\"modules\":[\"xfs\"],"
				      "\"settings\":[\"protostar.net=dhcp\"]";

	CHECK(accepts(service, "\"modules\":[],\"settings\":[\"protostar.operator=x\"]"));
	CHECK(!accepts(service, "\"modules\":[],\"settings\":[\"protostar.listen=1\"]"));
	CHECK(!accepts(service, "\"pin\":\"" HASH "\",\"modules\":[],\"settings\":[]"));
}

static void test_names_stay_in_their_folder(void)
{
	static const char *const bad[] = {"", ".", "..", "/", "a/b", "../vmlinuz", "/etc/passwd",
		"a\\u0000b", "a\\nb", "\\u00e9", "a/"};
	static const char *const bad_paths[] = {"", ".", "..", "/a", "a/", "a//b", "a/./b",
		"a/../b", "../a", "a/..", "./a", "a\\u0000/../b"};
	char member[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(member, sizeof(member), "\"name\":\"%s\"", bad[i]);
		CHECK(!accepts("\"name\":\"vmlinuz\"", member));
		CHECK(!accepts("\"name\":\"root\"", member));
		CHECK(!accepts("\"name\":\"6.1.0\"", member));
		CHECK(!accepts("\"name\":\"uki.efi\"", member));
	}
	for (size_t i = 0; i < sizeof(bad_paths) / sizeof(bad_paths[0]); i++) {
		snprintf(member, sizeof(member), "\"name\":\"%s\"", bad_paths[i]);
		CHECK(!accepts("\"name\":\"kernel/fs/ext4.ko\"", member));
	}
	CHECK(accepts("\"name\":\"vmlinuz\"", "\"name\":\"..vmlinuz..\""));
	CHECK(accepts("\"name\":\"kernel/fs/ext4.ko\"", "\"name\":\"modules.dep\""));
	CHECK(accepts("\"name\":\"kernel/fs/ext4.ko\"", "\"name\":\"..a/b../...\""));
}

static void test_refused_members(void)
{
	CHECK(accepts("{\"recipe\":1", "  {\"recipe\":1"));
	CHECK(!accepts("\"recipe\":1", "\"recipe\":2"));
	CHECK(!accepts("\"recipe\":1,", ""));
	CHECK(!accepts("\"recipe\":1", "\"recipe\":1,\"run\":\"sh\""));
	CHECK(!accepts("\"kernelVersion\":\"6.1.0\"", "\"kernelVersion\":\"../6.1.0\""));
	CHECK(!accepts("\"service\":", "\"shell\":\"x\",\"service\":"));
	CHECK(!accepts("\"service\":\"10.0.2.2:9000\"", "\"service\":7"));
	CHECK(!accepts("\"pin\":\"" HASH "\",", ""));
	CHECK(!accepts("\"pin\":\"" HASH "\"", "\"pin\":null"));
	CHECK(!accepts("[\"xfs\"]", "[7]"));
	CHECK(!accepts("[\"xfs\"]", "{}"));
	CHECK(!accepts("\"keepOwners\":false", "\"keepOwners\":0"));
	CHECK(!accepts("\"keepOwners\":false", "\"keepOwners\":null"));
	CHECK(!accepts("\"profile\":\"aws\",", ""));
	CHECK(!accepts("\"profile\":\"aws\"", "\"profile\":\"mine\""));
	CHECK(!accepts("\"profile\":\"aws\"", "\"profile\":null"));
	CHECK(accepts("\"profile\":\"aws\"", "\"profile\":\"uefi\""));
	CHECK(accepts("\"keepOwners\"", "\"format\":\"gcp\",\"keepOwners\""));
	CHECK(!accepts("\"keepOwners\"", "\"format\":\"vmdk\",\"keepOwners\""));
	CHECK(!accepts("\"keepOwners\"", "\"format\":1,\"keepOwners\""));
	CHECK(!accepts("\"erofs\"", "\"zfs\""));
	CHECK(!accepts("\"erofs\"", "\"\""));
	CHECK(!accepts("\"size\":1,", "\"size\":-1,"));
	CHECK(!accepts("\"size\":1,", "\"size\":1.5,"));
	CHECK(!accepts("\"size\":1,", ""));
	CHECK(!accepts("\"size\":1,", "\"size\":1,\"entries\":1,"));
	CHECK(!accepts("\"kernel\":{", "\"firmware\":{"));
	CHECK(!accepts("\"kernel\":{", "\"stub\":0,\"kernel\":{"));
	CHECK(!accepts("\"sha256\":\"0011", "\"sha256\":\"001"));
	CHECK(!accepts("\"sha256\":\"0011", "\"sha256\":\"001g"));
	CHECK(!accepts("\"veritysetup\":\"veritysetup 2.6.1\"", "\"veritysetup\":[]"));
	CHECK(!accepts("\"outputs\":[", "\"outputs\":[[],"));
	CHECK(!accepts("\"outputs\":[", "\"outputs\":[[[[[[[[[[[[],"));
	CHECK(!accepts("\"root\":{\"name\":\"root\",\"size\":3,\"sha256\":\"" HASH
		       "\",\"entries\":4}",
		"\"root\":[]"));
}

/* Claims that are far larger than any recipe, each just inside and just outside its limit. */
static void test_limits(void)
{
	struct bytes text = {0};
	char *copy;

	for (unsigned extra = 0; extra < 2; extra++) {
		text.len = 0;
		bytes_add_text(&text, "[\"m\"");
		for (unsigned i = 1; i < BUILD_LIST_MAX + extra; i++)
			bytes_add_text(&text, ",\"m\"");
		bytes_add(&text, "]", 2);
		CHECK(accepts("[\"xfs\"]", (char *)text.data) == (extra == 0));
	}
	CHECK(accepts("\"rootTag\":\"a:1\",", "") &&
		!accepts("\"rootTag\":\"a:1\"", "\"rootTag\":1"));
	for (unsigned extra = 0; extra < 2; extra++) {
		text.len = 0;
		bytes_add_text(&text, "\"cmdline\":\"");
		for (unsigned i = 0; i < RECIPE_TEXT_MAX + extra; i++)
			bytes_add_text(&text, "q");
		bytes_add(&text, "\"", 2);
		CHECK(accepts("\"cmdline\":\"quiet\"", (char *)text.data) == (extra == 0));
	}
	bytes_free(&text);
	copy = calloc(1, RECIPE_FILE_MAX + 1);
	REQUIRE(copy != NULL);
	memset(copy, ' ', RECIPE_FILE_MAX + 1);
	memcpy(copy, good, strlen(good));
	CHECK(accepts_text(copy, RECIPE_FILE_MAX));
	CHECK(!accepts_text(copy, RECIPE_FILE_MAX + 1));
	free(copy);
}

static void test_cut_and_flipped(void)
{
	size_t len = strlen(good);
	char *copy = malloc(len);
	struct recipe recipe;

	REQUIRE(copy != NULL);
	for (size_t n = 0; n < len; n++) {
		/* A block of its own, so that a byte read past the end is noticed. */
		char *cut = malloc(n ? n : 1);

		REQUIRE(cut != NULL);
		memcpy(cut, good, n);
		CHECK(!accepts_text(cut, n));
		free(cut);
	}
	for (size_t bit = 0; bit < 8 * len; bit++) {
		struct bytes out = {0};

		memcpy(copy, good, len);
		copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
		if (!recipe_read("r", (const uint8_t *)copy, len, &recipe))
			continue;
		recipe_write(&recipe, &out);
		CHECK(accepts_text((char *)out.data, out.len));
		recipe_free(&recipe);
		bytes_free(&out);
	}
	free(copy);
}

static void test_hashes_inputs(void)
{
	struct recipe_input input;
	const char *path = scratch_path("file");

	scratch_write(path, "abc", 3, 0644);
	REQUIRE(recipe_hash_input(RECIPE_KERNEL, path, false, &input));
	CHECK(input.file.size == 3 && !input.folder && input.file.sha256[0] == 0xba);
	CHECK(recipe_hash_input(RECIPE_ROOT, scratch, false, &input) && input.folder);
	CHECK(!recipe_hash_input(RECIPE_KERNEL, scratch, false, &input));
	CHECK(!recipe_hash_input(RECIPE_KERNEL, scratch_path("nothing"), false, &input));
	CHECK(!recipe_hash_input(RECIPE_MODULES, scratch, false, &input));
}

static void test_roles(void)
{
	for (unsigned i = 0; i < RECIPE_ROLE_COUNT; i++) {
		const char *name = recipe_role_name((enum recipe_role)i);
		enum recipe_role role;

		CHECK(recipe_role_by_name(name, strlen(name), &role) && role == i);
		CHECK(!recipe_role_by_name(name, strlen(name) - 1, &role));
	}
}

int main(void)
{
	scratch_open();
	report_silence();
	RUN(test_reads_what_it_writes);
	RUN(test_without_a_pin);
	RUN(test_without_a_service);
	RUN(test_names_stay_in_their_folder);
	RUN(test_refused_members);
	RUN(test_limits);
	RUN(test_cut_and_flipped);
	RUN(test_hashes_inputs);
	RUN(test_roles);
	scratch_close();
	return test_summary();
}
