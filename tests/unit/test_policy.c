/* The policy file: what is taken, what is refused, and which set matches. */
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/policy.h"

#define A32 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define B32 "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define A48 A32 "00112233445566778899aabbccddeeff"
#define EK  "000b" A32

static struct policy *parse(const char *text)
{
	struct policy *p = NULL;
	struct why why = {{0}};

	if (!policy_parse(text, strlen(text), &p, &why) && !why.text[0])
		CHECK(!"a refusal says why");
	return p;
}

static bool refused(const char *text)
{
	struct policy *p = parse(text);
	bool result = p == NULL;

	policy_free(p);
	return result;
}

static const char full[] =
	"{\"epoch\": 9, \"tenant\": \"acme\", \"bank\": \"sha256\", \"max_nodes\": 3,"
	" \"revoked\": {\"sets\": [\"old\"], \"nodes\": [\"" EK "\"],"
	"  \"disks\": [\"00112233445566778899aabbccddeeff\"]}, \"pin_ak\": true,"
	" \"sets\": [{\"name\": \"old\", \"epoch\": 1, \"measurements\": {\"4\": \"" A32 "\"}},"
	"  {\"name\": \"new\", \"epoch\": 2, \"role\": \"worker\", \"measurements\":"
	"   {\"4\": {\"expected\": \"" A32 "\", \"warnOnly\": false},"
	"    \"11\": {\"expected\": \"" B32 "\", \"warnOnly\": true}}}]}\n";

static void test_full_policy(void)
{
	struct policy *p = parse(full);

	REQUIRE(p != NULL);
	CHECK(p->epoch == 9 && p->set_count == 2 && p->max_nodes == 3 && p->pin_ak);
	CHECK(strcmp(p->tenant, "acme") == 0);
	CHECK(p->bank == DIGEST_SHA256 && p->digest_len == 32);
	CHECK(p->pcr_mask == (1u << 4 | 1u << 11));
	CHECK(p->sets[0].revoked && !p->sets[1].revoked);
	CHECK(p->sets[1].enforced == 1u << 4 && p->sets[1].warned == 1u << 11);
	CHECK(strcmp(p->sets[1].role, "worker") == 0 && p->sets[1].epoch == 2);
	CHECK(p->revoked_node_count == 1 && policy_node_revoked(p, p->revoked_nodes[0]));
	CHECK(p->revoked_disk_count == 1 && policy_disk_revoked(p, p->revoked_disks[0]));
	p->revoked_nodes[0][33] ^= 1;
	CHECK(!policy_node_revoked(p, (const uint8_t[TPM_NAME_LEN]){0}));
	CHECK(!policy_disk_revoked(p, (const uint8_t[DISK_ID_LEN]){0}));
	policy_free(p);
}

static void test_constellation_shape(void)
{
	struct policy *p = parse(
		"{\"measurements\":{\"0\":{\"expected\":\"" A32
		"\",\"warnOnly\":true},\"4\":{\"expected\":\"" B32 "\",\"warnOnly\":false}}}");

	REQUIRE(p != NULL);
	CHECK(p->set_count == 1 && p->epoch == 1 && p->sets[0].epoch == 1);
	CHECK(p->sets[0].enforced == 1u << 4 && p->sets[0].warned == 1u);
	CHECK(strcmp(p->tenant, "default") == 0 && p->max_nodes == UINT64_MAX);
	policy_free(p);
	p = parse("{\"measurements\":{\"4\":\"" A48 "\"}}");
	REQUIRE(p != NULL);
	CHECK(p->bank == DIGEST_SHA384 && p->digest_len == 48);
	policy_free(p);
}

static void test_refusals(void)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"null",
		"{}",
		"{} x",
		"{\"sets\":[]}",
		"{\"sets\":{}}",
		"{\"measurements\":{}}",
		"{\"measurements\":[]}",
		"{\"measurements\":{\"4\":\"" A32 "\"},\"extra\":1}",
		"{\"measurements\":{\"4\":\"" A32 "\"},\"sets\":[{\"name\":\"a\","
		"\"measurements\":{\"4\":\"" A32 "\"}}]}",
		"{\"measurements\":{\"24\":\"" A32 "\"}}",
		"{\"measurements\":{\"04\":\"" A32 "\"}}",
		"{\"measurements\":{\"-1\":\"" A32 "\"}}",
		"{\"measurements\":{\"\":\"" A32 "\"}}",
		"{\"measurements\":{\"4\":\"00\"}}",
		"{\"measurements\":{\"4\":7}}",
		"{\"measurements\":{\"4\":{}}}",
		"{\"measurements\":{\"4\":{\"warnOnly\":true}}}",
		"{\"measurements\":{\"4\":{\"expected\":\"" A32 "\",\"warnonly\":true}}}",
		"{\"measurements\":{\"4\":{\"expected\":\"" A32 "\",\"warnOnly\":1}}}",
		/* A set that only warns would let every machine in. */
		"{\"measurements\":{\"4\":{\"expected\":\"" A32 "\",\"warnOnly\":true}}}",
		"{\"measurements\":{\"4\":\"" A32 "\",\"5\":\"" A48 "\"}}",
		"{\"bank\":\"sha384\",\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"bank\":\"sha1\",\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"bank\":7,\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"epoch\":0,\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"epoch\":4294967296,\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"epoch\":1.5,\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"max_nodes\":-1,\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"tenant\":\"\",\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"tenant\":\"a\\u0000b\",\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"pin_ak\":1,\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"join_material_file\":\"rel\",\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":[],\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":{\"sets\":[\"nosuch\"]},\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":{\"nodes\":[\"00\"]},\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":{\"disks\":[1]},\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":{\"keys\":[]},\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"sets\":[{\"measurements\":{\"4\":\"" A32 "\"}}]}",
		"{\"sets\":[{\"name\":\"a\"}]}",
		"{\"sets\":[7]}",
		"{\"sets\":[{\"name\":\"a\",\"epoch\":0,\"measurements\":{\"4\":\"" A32 "\"}}]}",
		"{\"sets\":[{\"name\":\"a\",\"measurements\":{\"4\":\"" A32 "\"}},"
		"{\"name\":\"a\",\"measurements\":{\"4\":\"" B32 "\"}}]}",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool was_refused = refused(bad[i]);

		if (!was_refused)
			fprintf(stderr, "accepted: %s\n", bad[i]);
		CHECK(was_refused);
	}
}

static void test_truncation_at_every_byte(void)
{
	struct why why;
	struct policy *p;

	for (size_t cut = 0; cut < sizeof(full) - 2; cut++) {
		p = NULL;
		CHECK(!policy_parse(full, cut, &p, &why) && !p);
	}
}

static void test_matching(void)
{
	struct policy *p = parse(
		"{\"sets\":[{\"name\":\"one\",\"epoch\":1,\"measurements\":{\"4\":\"" A32 "\"}},"
		"{\"name\":\"two\",\"epoch\":2,\"measurements\":{\"4\":\"" A32 "\",\"11\":"
		"{\"expected\":\"" B32 "\",\"warnOnly\":true}}},"
		"{\"name\":\"gone\",\"epoch\":3,\"measurements\":{\"4\":\"" A32 "\"}},"
		"{\"name\":\"both\",\"epoch\":1,\"measurements\":{\"4\":\"" B32 "\",\"11\":\"" B32
		"\"}}],\"revoked\":{\"sets\":[\"gone\"]}}");
	struct policy_match m;
	uint8_t values[64];

	REQUIRE(p != NULL);
	memcpy(values, p->sets[0].expected[4], 32);
	memset(values + 32, 0, 32);
	m = policy_match(p, values);
	CHECK(m.matched && strcmp(m.set->name, "two") == 0); /* highest epoch that is not revoked */
	CHECK(m.warned == 1u << 11 && !m.differing);
	memcpy(values, p->sets[3].expected[4], 32);
	m = policy_match(p, values);
	CHECK(!m.matched && m.differing);
	memcpy(values + 32, p->sets[3].expected[11], 32);
	m = policy_match(p, values);
	CHECK(m.matched && strcmp(m.set->name, "both") == 0 && !m.warned);
	values[63] ^= 1;
	m = policy_match(p, values);
	CHECK(!m.matched && strcmp(m.set->name, "one") == 0 && m.differing == 1u << 4);
	policy_free(p);
}

static void test_only_a_revoked_set_matches(void)
{
	struct policy *p = parse(
		"{\"measurements\":{\"4\":\"" A32 "\"},\"revoked\":{\"sets\":[\"default\"]}}");
	struct policy_match m;

	REQUIRE(p != NULL);
	m = policy_match(p, p->sets[0].expected[4]);
	CHECK(m.matched && m.set->revoked);
	policy_free(p);
}

static void test_join_material(void)
{
	struct policy *p = NULL;
	struct why why;
	char text[512];
	const char *material = scratch_path("material"), *file = scratch_path("policy");

	snprintf(text, sizeof(text),
		"{\"measurements\":{\"4\":\"" A32 "\"},\"join_material_file\":\"%s\"}", material);
	scratch_write(file, text, strlen(text), 0644);
	CHECK(!policy_load(file, &p, &why));
	scratch_write(material, "token", 5, 0644); /* readable by others */
	CHECK(!policy_load(file, &p, &why));
	scratch_write(material, "token", 5, 0600);
	REQUIRE(policy_load(file, &p, &why));
	CHECK(p->join_material.len == 5 && memcmp(p->join_material.bytes, "token", 5) == 0);
	policy_free(p);
	CHECK(!policy_load(scratch, &p, &why));
	CHECK(!policy_load(scratch_path("absent"), &p, &why));
}

int main(void)
{
	if (failed(secret_room_open(1u << 17)))
		return 1;
	scratch_open();
	RUN(test_full_policy);
	RUN(test_constellation_shape);
	RUN(test_refusals);
	RUN(test_truncation_at_every_byte);
	RUN(test_matching);
	RUN(test_only_a_revoked_set_matches);
	RUN(test_join_material);
	scratch_close();
	secret_room_close();
	return test_summary();
}
