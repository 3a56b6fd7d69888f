/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy's words about who may be a node: what is taken, and what is refused for which reason.
 */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/policy/policy.h"

#define A32  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define REST "\"allow_missing\":[2,3,4,11,12,15],\"measurements\":{\"4\":\"" A32 "\"}"
#define ROOT "{\"roots\":[\"maker.pem\"]}"

/* A policy of one set, with these members of its own and these of the set. */
static struct policy *policy_with(const char *members, const char *of_set)
{
	static char text[4096];
	struct policy *p = NULL;

	snprintf(
		text, sizeof(text), "{%s,\"sets\":[{\"name\":\"a\"%s," REST "}]}", members, of_set);
	if (!done(policy_parse(text, strlen(text), &p)) && !last_failure.text[0])
		CHECK(!"a refusal says why");
	return p;
}

static bool says(struct policy *p, const char *reason)
{
	bool said = !p && strstr(last_failure.text, reason);

	if (!said)
		fprintf(stderr, "wanted \"%s\": \"%s\"\n", reason, p ? "taken" : last_failure.text);
	policy_free(p);
	return said;
}

static bool identity_refused(const char *identity, const char *reason)
{
	char members[512];

	snprintf(members, sizeof(members), "\"identity\":%s", identity);
	return says(policy_with(members, ""), reason);
}

static unsigned rules_of(const char *identity)
{
	char members[512];
	struct policy *p;
	unsigned rules;

	snprintf(members, sizeof(members), "\"identity\":%s", identity);
	p = policy_with(members, "");
	rules = p ? p->identity.rules : 0;
	policy_free(p);
	return rules;
}

static void test_rules(void)
{
	CHECK(rules_of("{\"ek_certificate\":" ROOT "}") == IDENTITY_EK_CERTIFICATE);
	CHECK(rules_of("{\"ak_certificate\":" ROOT "}") == IDENTITY_AK_CERTIFICATE);
	CHECK(rules_of("{\"listed\":true}") == IDENTITY_LISTED);
	CHECK(rules_of("{\"approval\":true}") == IDENTITY_APPROVAL);
	CHECK(rules_of("{\"approval\":{\"max_pending\":7}}") == IDENTITY_APPROVAL);
	CHECK(rules_of("{\"first_use\":true}") == IDENTITY_FIRST_USE);
	CHECK(rules_of("{\"ek_certificate\":" ROOT ",\"listed\":true}") ==
		(IDENTITY_EK_CERTIFICATE | IDENTITY_LISTED));
	CHECK(rules_of("{\"ek_certificate\":" ROOT ",\"approval\":{}}") ==
		(IDENTITY_EK_CERTIFICATE | IDENTITY_APPROVAL));
}

static void test_refused_rules(void)
{
	/* Without one, the choices are named. */
	CHECK(says(policy_with("\"bank\":\"sha256\"", ""), "\"identity\" is missing"));
	CHECK(says(policy_with("\"bank\":\"sha256\"", ""), "\"ek_certificate\""));
	CHECK(says(policy_with("\"bank\":\"sha256\"", ""), "\"first_use\""));
	CHECK(identity_refused("{}", "names nothing"));
	CHECK(identity_refused("7", "must be an object"));
	CHECK(identity_refused("{\"anybody\":true}", "no such member"));
	CHECK(identity_refused("{\"listed\":false}", "must be true"));
	CHECK(identity_refused("{\"listed\":1}", "must be true"));
	CHECK(identity_refused("{\"tee\":false}", "must be true"));
	CHECK(identity_refused("{\"approval\":false}", "must be true"));
	CHECK(identity_refused("{\"approval\":{\"max_pending\":0}}", "from 1 to 4096"));
	CHECK(identity_refused("{\"approval\":{\"max_pending\":4097}}", "from 1 to 4096"));
	CHECK(identity_refused("{\"approval\":{\"max\":1}}", "no such member"));
	CHECK(identity_refused("{\"first_use\":true,\"listed\":true}", "stands alone"));
	CHECK(identity_refused("{\"first_use\":true,\"ek_certificate\":" ROOT "}", "stands alone"));
	CHECK(identity_refused("{\"listed\":true,\"approval\":true}", "name one of"));
	/* A rule about processors, and a set that has none. */
	CHECK(identity_refused("{\"tee\":true}", "set \"a\" names no processor's report"));
}

static void test_refused_certificates(void)
{
	CHECK(identity_refused("{\"ek_certificate\":{}}", "\"roots\" is missing"));
	CHECK(identity_refused("{\"ek_certificate\":true}", "must be an object"));
	CHECK(identity_refused("{\"ek_certificate\":{\"roots\":[]}}", "1 to 256 file names"));
	CHECK(identity_refused("{\"ek_certificate\":{\"roots\":\"a\"}}", "an array of file names"));
	CHECK(identity_refused("{\"ek_certificate\":{\"roots\":[\"\"]}}", "the name of a file"));
	CHECK(identity_refused("{\"ek_certificate\":{\"roots\":[7]}}", "the name of a file"));
	CHECK(identity_refused(
		"{\"ek_certificate\":{\"roots\":[\"a\\u0000b\"]}}", "the name of a file"));
	CHECK(identity_refused("{\"ak_certificate\":{\"roots\":[\"a\"],\"crls\":[]}}", "1 to 256"));
	CHECK(identity_refused(
		"{\"ak_certificate\":{\"roots\":[\"a\"],\"allow_expired\":1}}", "true or false"));
	CHECK(identity_refused("{\"ak_certificate\":{\"roots\":[\"a\"],\"intermediate\":[\"b\"]}}",
		"no such member"));
}

/* The files are in the policy's folder, and must be there and hold certificates. */
static void test_files(void)
{
	static const char text[] = "{\"identity\":{\"ek_certificate\":" ROOT "}," REST "}";
	static const char none[] = "no certificate";
	const char *path = scratch_path("policy.json");
	struct policy *p = NULL;

	scratch_write(path, text, sizeof(text) - 1, 0600);
	CHECK(!done(policy_load(path, &p)) && strstr(last_failure.text, "maker.pem"));
	scratch_write(scratch_path("maker.pem"), none, sizeof(none) - 1, 0600);
	CHECK(!done(policy_load(path, &p)) && strstr(last_failure.text, "maker.pem"));
}

#define TPM(list) "\"identity\":{\"ek_certificate\":" ROOT "},\"evidence\":{\"tpm\":" list "}"

static void test_firmware(void)
{
	struct policy *p = policy_with(
		TPM("{\"firmware\":[{\"manufacturer\":\"id:49465800\","
		    "\"minimum\":\"0007003e000c3600\"}],"
		    "\"deny\":[{\"manufacturer\":\"id:53544D20\"},"
		    "{\"manufacturer\":\"id:49465800\",\"version\":\"0007003e000c3700\"}]}"),
		"");
	struct tpm_firmware_rules rules;

	REQUIRE(p != NULL);
	rules = policy_tpm_rules(&p->tpm);
	CHECK(rules.allowed_count == 1 && rules.denied_count == 2);
	CHECK(done(tpm_firmware_check(&rules, 0x49465800, 0x0007003e000c3600)));
	CHECK(done(tpm_firmware_check(&rules, 0x49465800, 0x0007003e000c3701)));
	CHECK(!done(tpm_firmware_check(&rules, 0x49465800, 0x0007003e000c35ff)));
	CHECK(!done(tpm_firmware_check(&rules, 0x49465800, 0x0007003e000c3700)));
	CHECK(!done(tpm_firmware_check(&rules, 0x53544D20, UINT64_MAX)));
	CHECK(!done(tpm_firmware_check(&rules, 0x00001014, UINT64_MAX)));
	CHECK(!done(tpm_firmware_check(&rules, 0, UINT64_MAX)));
	policy_free(p);
	CHECK(says(policy_with(TPM("{\"firmware\":[]}"), ""), "1 to 64"));
	CHECK(says(policy_with(TPM("{\"firmware\":[{\"manufacturer\":\"id:49465800\"}]}"), ""),
		"\"minimum\" is missing"));
	CHECK(says(policy_with(TPM("{\"deny\":[{\"version\":\"0007003e000c3700\"}]}"), ""),
		"\"manufacturer\" is missing"));
	CHECK(says(
		policy_with(TPM("{\"deny\":[{\"manufacturer\":\"49465800\"}]}"), ""), "vendor id"));
	CHECK(says(policy_with(TPM("{\"deny\":[{\"manufacturer\":\"id:49465800\",\"version\":7}]}"),
			   ""),
		"16 hex digits"));
	CHECK(says(policy_with("\"identity\":{\"listed\":true},\"evidence\":{\"tpm\":{\"deny\":["
			       "{\"manufacturer\":\"id:49465800\"}]}}",
			   ""),
		"only a certificate says who made a TPM"));
	CHECK(says(policy_with(TPM("7"), ""), "must be an object"));
	CHECK(says(policy_with("\"identity\":{\"listed\":true},\"evidence\":{\"gpu\":{}}", ""),
		"no such member"));
}

#define LISTED "\"identity\":{\"listed\":true}"

static enum policy_recognise way_of(const char *members, const char *of_set)
{
	struct policy *p = policy_with(members, of_set);
	enum policy_recognise way = p ? p->sets[0].recognise : RECOGNISE_NOTHING;

	policy_free(p);
	return way;
}

static void test_recognise(void)
{
	struct policy *p;

	CHECK(way_of(LISTED, "") == RECOGNISE_EK);
	CHECK(way_of(LISTED, ",\"recognise\":\"ek\"") == RECOGNISE_EK);
	CHECK(way_of(LISTED, ",\"recognise\":\"ticket\"") == RECOGNISE_TICKET);
	CHECK(way_of("\"identity\":{\"ak_certificate\":" ROOT "}", ",\"recognise\":\"ak\"") ==
		RECOGNISE_AK);
	p = policy_with(LISTED, ",\"recognise\":\"set\",\"family\":\"f\",\"listed_only\":true");
	REQUIRE(p != NULL);
	CHECK(p->sets[0].recognise == RECOGNISE_SET && strcmp(p->sets[0].family, "f") == 0);
	CHECK(p->sets[0].listed_only && p->kinds == 1u);
	policy_free(p);
	p = policy_with(LISTED, ",\"recognise\":\"set\"");
	REQUIRE(p != NULL);
	CHECK(strcmp(p->sets[0].family, "a") == 0 && !p->sets[0].listed_only);
	policy_free(p);
	CHECK(says(policy_with(LISTED, ",\"recognise\":\"name\""), "must be \"ek\""));
	CHECK(says(policy_with(LISTED, ",\"recognise\":true"), "must be \"ek\""));
	CHECK(says(policy_with(LISTED, ",\"recognise\":\"ak\""), "only \"ak_certificate\""));
	CHECK(says(policy_with(LISTED, ",\"recognise\":\"chip\""), "must demand"));
	CHECK(says(policy_with(LISTED, ",\"recognise\":\"host_data\""), "must demand"));
	CHECK(says(policy_with(LISTED, ",\"recognise\":\"config_id\""), "must demand"));
	CHECK(says(policy_with(LISTED, ",\"family\":\"f\""), "does not recognise nodes by"));
	CHECK(says(policy_with(LISTED, ",\"listed_only\":1"), "true or false"));
	CHECK(says(policy_with(LISTED, ",\"accept_risk\":[\"all\"]"), "[\"no_seal\"] alone"));
	CHECK(says(policy_with(LISTED, ",\"accept_risk\":[]"), "[\"no_seal\"] alone"));
}

/* A set that demands more than registers is never matched by registers alone. */
static void test_kinds_without_evidence(void)
{
	CHECK(says(policy_with(LISTED, ",\"snp\":{}"), "is missing"));
	CHECK(says(policy_with(LISTED, ",\"svsm\":{}"), "is missing"));
	CHECK(!policy_with(LISTED, ",\"tdx\":{}"));
	CHECK(!policy_with(LISTED, ",\"azure\":{}"));
}

int main(void)
{
	scratch_open();
	RUN(test_rules);
	RUN(test_refused_rules);
	RUN(test_refused_certificates);
	RUN(test_files);
	RUN(test_firmware);
	RUN(test_recognise);
	RUN(test_kinds_without_evidence);
	scratch_close();
	return test_summary();
}
