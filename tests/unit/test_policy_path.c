/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a policy is wrong: file, line and member, in every kind of refusal. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/policy/policy.h"

#define A32  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define EK   "000b" A32
#define GAPS "\"allow_missing\":[2,3,4,11,12,15],"

/* The refusal of a text begins with this. */
static bool refused_at(const char *text, const char *path)
{
	struct policy *p = NULL;
	bool said = !done(policy_parse(text, strlen(text), &p)) &&
		    strncmp(last_failure.text, path, strlen(path)) == 0;

	if (!said)
		fprintf(stderr, "%s: \"%s\"\n", text, last_failure.text);
	policy_free(p);
	return said;
}

/* A refusal names the line and the member, whatever lies around them. */
static void test_paths(void)
{
	static const char rest[] = "\"measurements\":{\"4\":\"" A32 "\"}}";
	static const struct {
		const char *text, *path;
	} cases[] = {
		{"", "the file is empty"},
		{" \n\t\n", "the file is empty"},
		{"{", "line 1, column 2: not JSON: it ends too early"},
		{"{\n \"bank\":\n", "line 3, column 1: not JSON: it ends too early"},
		{"{\n \"bank\": x}", "line 2, column 10: not JSON: "},
		{"{\n \"bank\": 'x'}", "line 2, column 10: not JSON: "},
		{"{}\n\n x", "line 3, column 2: not JSON: "},
		{"null\n", "line 1: the policy must be an object"},
		{"[]", "line 1: the policy must be an object"},
		{"\n\n{}", "line 3: the policy must have either"},
		{"{\n\n\"bank\":7}", "line 3, bank: "},
		{"{\"a\":[{\"bank\":1},\n\"bank\"],\n\"pin_ak\":1}",
			"line 1, a: the policy has no"},
		{"{\"bank\":\"sha256\",\n\"tenant\":\"\"}", "line 2, tenant: "},
		{"{\"tenant\":\"{\\\"sets\\\":\\n}\",\n\"sets\":7}", "line 2, sets: "},
		{"{\"sets\":[\n{\"name\":\"a\",\n\"epoch\":0}]}", "line 3, sets[0].epoch: "},
		{"{\"sets\":[\n7]}", "line 2, sets[0]: a set must be an object"},
		{"{\"sets\":[\n{" GAPS "\"name\":\"a\",\"measurements\":{\"4\":\"" A32 "\"}},\n"
		 "{" GAPS "\"name\":\"b\",\n \"measurements\":\n{\"11\":\"" A32 "\",\n"
		 "\"4\":{\"expected\":\"" A32 "\",\n\"warnOnly\":\"no\"}}}]}",
			"line 7, sets[1].measurements.4.warnOnly: "},
		{"{\"sets\":[{" GAPS "\"name\":\"a\",\n\"measurements\":{\n\"44\":\"\"}}]}",
			"line 3, sets[0].measurements.44: \"44\" is not a PCR"},
		{"{\"sets\":[\n {\"name\":\"a\",\n\"measurements\":{\"4\":\"" A32 "\"}}]}",
			"line 2, sets[0]: set \"a\" does not enforce PCR 2"},
		{"{\"sets\":[{\"name\":\"a\",\n\"allow_missing\":[2,\n99]}]}",
			"line 3, sets[0].allow_missing[1]: "},
		{"{\"accepted\":{\n\"0\":[\n\"" A32 "\",\n\"00\"]},\"bank\":\"sha256\"," GAPS
		 "\"measurements\":{\"4\":\"" A32 "\"}}",
			"line 4, accepted.0[1]: "},
		{"{\"revoked\":{\"nodes\":[\n\"" EK "\",\n\"00\"]}," GAPS
		 "\"measurements\":{\"4\":\"" A32 "\"}}",
			"line 3, revoked.nodes[1]: "},
		{"{\"revoked\":{\"sets\":[\n\"x\"]}," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
			"line 2, revoked.sets[0]: the revoked set"},
		/* Given twice: before anything else is said. */
		{"{\"bank\":\"md5\",\n\"bank\":\"sha256\"}",
			"line 2, column 1, \"bank\": an object"},
		/* What cannot be printed is not. */
		{"{\"a\\u0007\\n\":1}", "line 1, a??: the policy has no"},
	};
	char named[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(refused_at(cases[i].text, cases[i].path));
	snprintf(named, sizeof(named), "{%s\n\"max_nodes\":-1,%s", GAPS, rest);
	CHECK(refused_at(named, "line 2, max_nodes: "));
}

/* Any text, any path: the walk stays inside, and finds a line that is there. */
static void test_path_in_any_text(void)
{
	static const char *const texts[] = {"", "{", "[", "{\"", "{\"sets", "{\"sets\"",
		"{\"sets\":", "{\"sets\":[", "{\"sets\":[1", "{\"sets\":[1,", "]", "}",
		"{\"sets\":\"\\", "{\"x\":[[[[{}]]]],\"sets\":[[],", "{'sets':[1,2]}", "\"sets\"",
		"{,", "[,,,"};
	struct policy_path path = {.depth = 0};

	policy_path_enter(&path, "sets");
	policy_path_enter_index(&path, 1);
	for (unsigned i = 0; i < 20; i++)
		policy_path_enter(&path, "deeper");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* A copy of just this length, so that a sanitizer sees the first byte too much. */
		size_t len = strlen(texts[i]);
		char *copy = malloc(len ? len : 1);

		REQUIRE(copy != NULL);
		memcpy(copy, texts[i], len);
		CHECK(policy_path_line(&path, copy, len) == 1);
		free(copy);
	}
	for (unsigned i = 0; i < 22; i++)
		policy_path_leave(&path);
	CHECK(path.depth == 0);
}

/* The file is named too, and the member whose file cannot be read. */
static void test_file_is_named(void)
{
	static const char bad[] = "{\n\"bank\": 1}";
	static const char material[] = "{\"identity\":{\"first_use\":true}," GAPS
				       "\n\"join_material_file\":\"/nothing/there\","
				       "\"measurements\":{\"4\":\"" A32 "\"}}";
	struct policy *p = NULL;
	char path[192], long_path[640], want[256];

	snprintf(path, sizeof(path), "%s/policy.json", scratch);
	scratch_write(path, bad, sizeof(bad) - 1, 0600);
	snprintf(want, sizeof(want), "%s: line 2, bank: ", path);
	CHECK(!done(policy_load(path, &p)) && strncmp(last_failure.text, want, strlen(want)) == 0);
	snprintf(long_path, sizeof(long_path), "%s/%s%s", scratch,
		"./././././././././././././././././././././././././././././././././././././.",
		"/././././././././././././././policy.json");
	CHECK(!done(policy_load(long_path, &p)) && strncmp(last_failure.text, "...", 3) == 0);
	CHECK(strstr(last_failure.text, "policy.json: line 2, bank: ") != NULL);
	scratch_write(path, material, sizeof(material) - 1, 0600);
	snprintf(want, sizeof(want), "%s: line 2, join_material_file: /nothing/there: ", path);
	CHECK(!done(policy_load(path, &p)) && strncmp(last_failure.text, want, strlen(want)) == 0);
}

int main(void)
{
	if (failed(secret_pool_open(1u << 17)))
		return 1;
	scratch_open();
	RUN(test_paths);
	RUN(test_path_in_any_text);
	RUN(test_file_is_named);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
