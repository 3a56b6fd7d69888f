/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file: what is taken, what is refused, and which set matches. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/policy/policy.h"

#define A32 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define B32 "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define A48 A32 "00112233445566778899aabbccddeeff"
#define EK  "000b" A32
/* For cases that are about something else than what a set must name. */
#define GAPS "\"allow_missing\":[2,3,4,11,12,15],"

/* For cases that are about something else than who may be a node: the text with an identity. */
static const char *identified(const char *text)
{
	static char buffer[4096];
	size_t blank = strspn(text, " \n");

	if (text[blank] != '{' || strstr(text, "\"identity\""))
		return text;
	snprintf(buffer, sizeof(buffer), "{\"identity\":{\"first_use\":true}%s%s",
		text[blank + 1] == '}' ? "" : ",", text + blank + 1);
	return buffer;
}

static struct policy *parse(const char *given)
{
	const char *text = identified(given);
	struct policy *p = NULL;

	if (!done(policy_parse(text, strlen(text), &p)) && !last_failure.text[0])
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
	"{\"identity\": {\"first_use\": true}, \"epoch\": 9, \"tenant\": \"acme\","
	" \"bank\": \"sha256\", \"max_nodes\": 3,"
	" \"revoked\": {\"sets\": [\"old\"], \"nodes\": [\"" EK "\"],"
	"  \"disks\": [\"00112233445566778899aabbccddeeff\"]}, \"pin_ak\": true,"
	" \"sets\": [{\"name\": \"old\", \"epoch\": 1, " GAPS "\"measurements\": {\"4\": \"" A32
	"\"}},"
	"  {\"name\": \"new\", \"epoch\": 2, \"role\": \"worker\", " GAPS "\"measurements\":"
	"   {\"4\": {\"expected\": \"" A32 "\", \"warnOnly\": false},"
	"    \"11\": {\"expected\": \"" B32 "\", \"warnOnly\": true}}}]}\n";

/* Says why a policy for this tenant is refused. */
static bool tenant_refused(const char *tenant, const char *reason)
{
	char text[512];
	struct policy *p = NULL;

	snprintf(text, sizeof(text),
		"{\"tenant\":\"%s\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}", tenant);
	return !done(policy_parse(text, strlen(text), &p)) && strstr(last_failure.text, reason);
}

/* The same words with every json-c: 0.18 takes any text beyond ASCII for no JSON. */
static void test_text_beyond_ascii(void)
{
	CHECK(tenant_refused("\xc3\xa9\xf0\x9f\x94\x91", "must be printable ASCII"));
	CHECK(tenant_refused("\xc3\xa9\",,\"", "line 1, column 16: not JSON: "));
	CHECK(tenant_refused("\xc3", "line 1, column 12: not JSON: this is not UTF-8"));
	CHECK(tenant_refused("a\tb", "column 13: not JSON: a control character"));
	CHECK(tenant_refused("\\\xc3\xa9", "column 13: not JSON: there is no such escape"));
}

static void test_full_policy(void)
{
	struct policy *p = parse(full);

	REQUIRE(p != NULL);
	CHECK(p->epoch == 9 && p->set_count == 2 && p->max_nodes == 3 && p->pin_ak);
	CHECK(strcmp(p->tenant, "acme") == 0);
	CHECK(p->bank == DIGEST_SHA256 && p->digest_len == 32);
	CHECK(p->pcr_mask == (1u << 4 | 1u << 11 | POLICY_FIRMWARE_PCRS));
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
		"{" GAPS "\"measurements\":{\"0\":{\"expected\":\"" A32
		"\",\"warnOnly\":true},\"4\":{\"expected\":\"" B32 "\",\"warnOnly\":false}}}");

	REQUIRE(p != NULL);
	CHECK(p->set_count == 1 && p->epoch == 1 && p->sets[0].epoch == 1);
	CHECK(p->sets[0].enforced == 1u << 4 && p->sets[0].warned == 1u);
	CHECK(strcmp(p->tenant, "default") == 0 && p->max_nodes == UINT64_MAX);
	policy_free(p);
	p = parse("{" GAPS "\"measurements\":{\"4\":\"" A48 "\"}}");
	REQUIRE(p != NULL);
	CHECK(p->bank == DIGEST_SHA384 && p->digest_len == 48);
	policy_free(p);
}

/* Nothing but the word lets nodes in whose key is P-256 alone. */
static void test_wrap(void)
{
	struct policy *p = parse("{" GAPS "\"measurements\":{\"4\":\"" A32 "\"}}");

	REQUIRE(p != NULL);
	CHECK(!p->classical_wrap);
	policy_free(p);
	p = parse("{\"wrap\":\"hybrid\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}");
	REQUIRE(p != NULL);
	CHECK(!p->classical_wrap);
	policy_free(p);
	p = parse("{\"wrap\":\"classical\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}");
	REQUIRE(p != NULL);
	CHECK(p->classical_wrap);
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
		"{" GAPS "\"measurements\":{}}",
		"{" GAPS "\"measurements\":[]}",
		"{" GAPS "\"measurements\":{\"4\":\"" A32 "\"},\"extra\":1}",
		"{" GAPS "\"measurements\":{\"4\":\"" A32 "\"},\"sets\":[{\"name\":\"a\","
		"" GAPS "\"measurements\":{\"4\":\"" A32 "\"}}]}",
		"{" GAPS "\"measurements\":{\"24\":\"" A32 "\"}}",
		"{" GAPS "\"measurements\":{\"04\":\"" A32 "\"}}",
		"{" GAPS "\"measurements\":{\"-1\":\"" A32 "\"}}",
		"{" GAPS "\"measurements\":{\"\":\"" A32 "\"}}",
		"{" GAPS "\"measurements\":{\"4\":\"00\"}}",
		"{" GAPS "\"measurements\":{\"4\":7}}",
		"{" GAPS "\"measurements\":{\"4\":{}}}",
		"{" GAPS "\"measurements\":{\"4\":{\"warnOnly\":true}}}",
		"{" GAPS "\"measurements\":{\"4\":{\"expected\":\"" A32 "\",\"warnonly\":true}}}",
		"{" GAPS "\"measurements\":{\"4\":{\"expected\":\"" A32 "\",\"warnOnly\":1}}}",
		/* A set that only warns would let every machine in. */
		"{" GAPS "\"measurements\":{\"4\":{\"expected\":\"" A32 "\",\"warnOnly\":true}}}",
		"{" GAPS "\"measurements\":{\"4\":\"" A32 "\",\"5\":\"" A48 "\"}}",
		"{\"bank\":\"sha384\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"bank\":\"sha1\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"bank\":7," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"epoch\":0," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"epoch\":4294967296," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"epoch\":1.5," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"max_nodes\":-1," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"tenant\":\"\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"tenant\":\"a\\u0000b\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"wrap\":true," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"wrap\":\"none\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"wrap\":\"classical\\u0000\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"pin_ak\":1," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"join_material_file\":\"\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":[]," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":{\"sets\":[\"nosuch\"]}," GAPS "\"measurements\":{\"4\":\"" A32
		"\"}}",
		"{\"revoked\":{\"nodes\":[\"00\"]}," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":{\"disks\":[1]}," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"revoked\":{\"keys\":[]}," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}",
		"{\"sets\":[{" GAPS "\"measurements\":{\"4\":\"" A32 "\"}}]}",
		"{\"sets\":[{\"name\":\"a\"}]}",
		"{\"sets\":[7]}",
		"{\"sets\":[{\"name\":\"a\",\"epoch\":0," GAPS "\"measurements\":{\"4\":\"" A32
		"\"}}]}",
		"{\"sets\":[{\"name\":\"a\"," GAPS "\"measurements\":{\"4\":\"" A32 "\"}},"
		"{\"name\":\"a\"," GAPS "\"measurements\":{\"4\":\"" B32 "\"}}]}",
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
	struct policy *p;

	for (size_t cut = 0; cut < sizeof(full) - 2; cut++) {
		p = NULL;
		CHECK(!done(policy_parse(full, cut, &p)) && !p);
	}
}

static void test_matching(void)
{
	struct policy *p = parse(
		"{\"sets\":[{\"name\":\"one\",\"epoch\":1," GAPS "\"measurements\":{\"4\":\"" A32
		"\"}},"
		"{\"name\":\"two\",\"epoch\":2," GAPS "\"measurements\":{\"4\":\"" A32 "\",\"11\":"
		"{\"expected\":\"" B32 "\",\"warnOnly\":true}}},"
		"{\"name\":\"gone\",\"epoch\":3," GAPS "\"measurements\":{\"4\":\"" A32 "\"}},"
		"{\"name\":\"both\",\"epoch\":1," GAPS "\"measurements\":{\"4\":\"" B32
		"\",\"11\":\"" B32 "\"}}],\"revoked\":{\"sets\":[\"gone\"]}}");
	struct policy_match m;
	/* PCR 0, 1, 2, 3, 4, 7 and 11. */
	uint8_t values[7 * 32] = {0}, *four = values + 4 * 32, *eleven = values + 6 * 32;

	REQUIRE(p != NULL);
	memcpy(four, p->sets[0].expected[4], 32);
	m = policy_match(p, values);
	CHECK(m.matched && strcmp(m.set->name, "two") == 0); /* highest epoch that is not revoked */
	CHECK(m.warned == 1u << 11 && !m.differing);
	memcpy(four, p->sets[3].expected[4], 32);
	m = policy_match(p, values);
	CHECK(!m.matched && m.differing);
	memcpy(eleven, p->sets[3].expected[11], 32);
	m = policy_match(p, values);
	CHECK(m.matched && strcmp(m.set->name, "both") == 0 && !m.warned);
	eleven[31] ^= 1;
	m = policy_match(p, values);
	CHECK(!m.matched && strcmp(m.set->name, "one") == 0 && m.differing == 1u << 4);
	policy_free(p);
}

#define SNP_EVIDENCE                                                                     \
	"\"evidence\":{\"snp\":{\"roots\":[\"ark.pem\"],\"certificates\":[\"ask.pem\"]," \
	"\"products\":[\"Genoa\"],\"waive\":[\"crls\",\"chips\"]}},"
#define SNP                                                                                     \
	"\"snp\":{\"versions\":[5],\"keys\":[\"VCEK\"],\"vmpl\":0,\"measurement\":[\"" A48      \
	"\"],\"tcb\":{\"Genoa\":{\"bootloader\":31,\"tee\":63,\"snp\":223,\"microcode\":255}}," \
	"\"waive\":[\"guest_policy\",\"abi\",\"id_key\",\"author_key\",\"guest_svn\","          \
	"\"committed\",\"platform_info\",\"mitigations\",\"host_data\"]}"
#define SNP_ALONE                                                   \
	"{\"name\":\"snp\",\"epoch\":9,\"recognise\":\"chip\"," SNP \
	",\"accept_risk\":[\"no_seal\"]}"

/* Registers say nothing about a set of a processor's report alone: it never stands for a match. */
static void test_sets_without_registers(void)
{
	static const uint8_t values[POLICY_PCRS * POLICY_DIGEST_MAX];
	struct policy *p = parse(
		"{" SNP_EVIDENCE "\"sets\":[" SNP_ALONE ",{\"name\":\"tpm\","
		"\"accept_risk\":[\"no_seal\"]," GAPS "\"measurements\":{\"4\":\"" A32 "\"}}]}");
	struct policy_match m;

	REQUIRE(p != NULL);
	m = policy_match(p, values);
	CHECK(m.set == &p->sets[1] && !m.matched && m.differing == 1u << 4);
	policy_free(p);
	p = parse("{" SNP_EVIDENCE "\"sets\":[" SNP_ALONE "]}");
	REQUIRE(p != NULL);
	m = policy_match(p, values);
	CHECK(!m.set && !m.matched);
	policy_free(p);
}

static void test_only_a_revoked_set_matches(void)
{
	struct policy *p = parse("{" GAPS "\"measurements\":{\"4\":\"" A32
				 "\"},\"revoked\":{\"sets\":[\"default\"]}}");
	struct policy_match m;
	uint8_t values[6 * 32] = {0};

	REQUIRE(p != NULL);
	memcpy(values + 4 * 32, p->sets[0].expected[4], 32);
	m = policy_match(p, values);
	CHECK(m.matched && m.set->revoked);
	policy_free(p);
}

/* The refusal of a text says this. */
static bool refused_for(const char *given, const char *reason)
{
	const char *text = identified(given);
	struct policy *p = NULL;
	bool said = !done(policy_parse(text, strlen(text), &p)) &&
		    strstr(last_failure.text, reason);

	if (!said)
		fprintf(stderr, "%s: \"%s\"\n", text, last_failure.text);
	policy_free(p);
	return said;
}

#define ZERO32 "0000000000000000000000000000000000000000000000000000000000000000"
#define WHOLE                                                                 \
	"\"2\":\"" A32 "\",\"3\":\"" A32 "\",\"4\":\"" A32 "\",\"11\":\"" A32 \
	"\",\"12\":\"" ZERO32 "\""

/* A set that leaves a gap for the host's code, or that only a sealed machine matches, says so. */
static void test_gaps(void)
{
	struct policy *p = parse("{\"measurements\":{" WHOLE ",\"15\":\"" ZERO32 "\"}}");

	CHECK(p && !p->sets[0].allow_missing);
	policy_free(p);
	CHECK(refused_for("{\"measurements\":{" WHOLE "}}", "does not enforce PCR 15"));
	CHECK(refused_for("{\"measurements\":{" WHOLE ",\"15\":\"" A32 "\"}}", "not zero"));
	CHECK(refused_for("{\"allow_missing\":[15],\"measurements\":{" WHOLE ",\"15\":\"" A32
			  "\"}}",
		"not zero"));
	CHECK(refused_for("{\"measurements\":{\"4\":\"" A32 "\"}}",
		"PCR 2, so the host's drivers and option ROMs"));
	/* What only warns keeps nothing out. */
	CHECK(refused_for("{\"measurements\":{" WHOLE ",\"15\":{\"expected\":\"" ZERO32
			  "\",\"warnOnly\":true}}}",
		"does not enforce PCR 15"));
	p = parse("{\"sets\":[{\"name\":\"a\",\"allow_missing\":[15,2],\"measurements\":{" WHOLE
		  "}}]}");
	CHECK(p && p->sets[0].allow_missing == (1u << 15 | 1u << 2));
	policy_free(p);
	/* It is each set's own word. */
	CHECK(refused_for(
		"{\"sets\":[{\"name\":\"a\",\"allow_missing\":[15],\"measurements\":{" WHOLE
		"}},{\"name\":\"b\",\"measurements\":{" WHOLE "}}]}",
		"set \"b\" does not enforce PCR 15"));
	CHECK(refused_for("{\"allow_missing\":[5],\"measurements\":{" WHOLE "}}", "names PCR 5"));
	CHECK(refused_for("{\"allow_missing\":15,\"measurements\":{" WHOLE "}}", "an array"));
	CHECK(refused_for("{\"allow_missing\":[24],\"measurements\":{" WHOLE "}}", "0 to 23"));
}

static void test_firmware_values(void)
{
	struct policy *p = parse("{" GAPS "\"may_change\":[1,7],\"accepted\":{\"0\":[\"" A32
				 "\",\"" B32 "\"],\"3\":[]},\"measurements\":{\"4\":\"" A32 "\"}}");
	uint8_t value[32];

	REQUIRE(p != NULL);
	CHECK(p->may_change == (1u << 1 | 1u << 7) && p->accepted_count == 2);
	memcpy(value, p->accepted[1].value, 32);
	CHECK(policy_accepts(p, 0, value) && !policy_accepts(p, 3, value));
	value[31] ^= 1;
	CHECK(!policy_accepts(p, 0, value));
	policy_free(p);
	CHECK(refused_for("{" GAPS "\"may_change\":[4],\"measurements\":{\"4\":\"" A32 "\"}}",
		"names PCR 4"));
	CHECK(refused_for("{" GAPS "\"accepted\":{\"4\":[]},\"measurements\":{\"4\":\"" A32 "\"}}",
		"may only name PCR 0"));
	CHECK(refused_for("{" GAPS "\"accepted\":{\"0\":\"" A32 "\"},\"measurements\":{\"4\":\"" A32
			  "\"}}",
		"must be an array"));
	CHECK(refused_for("{" GAPS "\"accepted\":{\"0\":[\"" A48
			  "\"]},\"measurements\":{\"4\":\"" A32 "\"}}",
		"64 hex digits"));
}

/* json-c keeps the last of two members, and would forget what the first one revokes. */
static void test_no_member_twice(void)
{
	static const char *const texts[] = {
		/* In the policy, in objects of it at each depth, and by an escaped name. */
		"{\"revoked\":{\"nodes\":[\"" EK "\"]},\"revoked\":{}," GAPS
		"\"measurements\":{\"4\":\"" A32 "\"}}",
		"{" GAPS "\"measurements\":{\"4\":\"" A32
		"\"},\"revoked\":{\"disks\":[],\"nodes\":[\"" EK "\"],\"nodes\":[]}}",
		"{\"sets\":[{\"name\":\"a\"," GAPS "\"measurements\":{\"4\":\"" A32
		"\"},\"epoch\":2,\"epoch\":1}]}",
		"{\"sets\":[{\"name\":\"a\"," GAPS "\"measurements\":{\"4\":\"" A32
		"\",\"4\":\"" B32 "\"}}]}",
		"{\"sets\":[{\"name\":\"a\"," GAPS "\"measurements\":{\"4\":{\"expected\":\"" A32
		"\",\"warnOnly\":false,\"warnOnly\":false}}}]}",
		"{" GAPS "\"measurements\":{\"4\":\"" A32 "\"},\"revoked\":{\"nodes\":[\"" EK
		"\"]},\"re\\u0076oked\":{}}",
	};
	static const char *const names[] = {"\"revoked\"", "\"nodes\"", "\"epoch\"", "\"4\"",
		"\"warnOnly\"", "\"re\\\\u0076oked\""};
	struct policy *p = parse("{\"sets\":[{\"name\":\"a\"," GAPS "\"measurements\":{\"4\":\"" A32
				 "\"}},{\"name\":\"b\"," GAPS "\"measurements\":{\"4\":\"" B32
				 "\"}}],\"revoked\":{\"sets\":[\"a\"]}}");

	CHECK(p); /* the same names in other objects */
	policy_free(p);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK(refused_for(texts[i], names[i]));
		CHECK(refused_for(texts[i], "an object has two members of this name"));
	}
}

static void test_join_material(void)
{
	struct policy *p = NULL;
	char text[512];
	const char *material = scratch_path("material"), *file = scratch_path("policy");

	snprintf(text, sizeof(text),
		"{\"identity\":{\"first_use\":true}," GAPS "\"measurements\":{\"4\":\"" A32
		"\"},\"join_material_file\":\"%s\"}",
		material);
	scratch_write(file, text, strlen(text), 0644);
	CHECK(!done(policy_load(file, &p)));
	scratch_write(material, "token", 5, 0644); /* readable by others */
	CHECK(!done(policy_load(file, &p)));
	scratch_write(material, "token", 5, 0600);
	REQUIRE(done(policy_load(file, &p)));
	CHECK(p->join_material.len == 5 && memcmp(p->join_material.bytes, "token", 5) == 0);
	policy_free(p);
	/* A relative name is one in the policy's folder, wherever this process is. */
	snprintf(text, sizeof(text),
		"{\"identity\":{\"first_use\":true}," GAPS "\"measurements\":{\"4\":\"" A32
		"\"},\"join_material_file\":\"material\"}");
	scratch_write(file, text, strlen(text), 0644);
	REQUIRE(done(policy_load(file, &p)));
	CHECK(p->join_material.len == 5);
	policy_free(p);
	CHECK(!done(policy_load(scratch, &p)));
	CHECK(!done(policy_load(scratch_path("absent"), &p)));
}

int main(void)
{
	if (failed(secret_pool_open(1u << 17)))
		return 1;
	scratch_open();
	RUN(test_text_beyond_ascii);
	RUN(test_full_policy);
	RUN(test_constellation_shape);
	RUN(test_wrap);
	RUN(test_refusals);
	RUN(test_truncation_at_every_byte);
	RUN(test_matching);
	RUN(test_sets_without_registers);
	RUN(test_only_a_revoked_set_matches);
	RUN(test_gaps);
	RUN(test_firmware_values);
	RUN(test_no_member_twice);
	RUN(test_join_material);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
