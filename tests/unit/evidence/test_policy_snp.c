/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy's words about SEV-SNP: what is missing, empty or says nothing is refused when read. */
#include <stdlib.h>

#include "tests/unit/done.h"
#include "tests/unit/evidence/snp_rig.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/policy/policy_snp.h"

#define DIGEST                                                             \
	"112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00" \
	"112233445566778899aabbccddeeff00"
#define ZEROS		  HALF_ZEROS HALF_ZEROS
#define HALF_ZEROS	  "000000000000000000000000000000000000000000000000"
#define BITS(mask, value) "{\"mask\": \"" mask "\", \"value\": \"" value "\"}"

/* Name and value of each member of a good set, in the order of enum snp_member. */
static const char *const good[SNP_MEMBERS] = {
	[SNP_VERSIONS] = "[3, 4, 5]",
	[SNP_KEYS] = "[\"VLEK\"]",
	[SNP_CSP] = "[\"CN=cloud.example\"]",
	[SNP_VMPL] = "0",
	[SNP_POLICY] = BITS("0000000000010000", "0000000000000000"),
	[SNP_ABI] = "\"1.55\"",
	[SNP_MEASUREMENT] = "[\"" DIGEST "\"]",
	[SNP_ID_KEY] = "[\"" DIGEST "\"]",
	[SNP_AUTHOR_KEY] = "[\"" DIGEST "\"]",
	[SNP_GUEST_SVN] = "1",
	[SNP_TCB] = "{\"Milan\": {\"bootloader\": 4, \"tee\": 0, \"snp\": 24, \"microcode\": 219}}",
	[SNP_COMMITTED] = "\"1.55.29\"",
	[SNP_PLATFORM] = BITS("0000000000000020", "0000000000000020"),
	[SNP_MITIGATIONS] = "{\"launch\": \"0000000000000001\", \"current\": \"0000000000000001\"}",
	[SNP_HOST_DATA] = "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"",
};

/* The good set with one member's value changed, or left out (NULL), and `more` at its end. */
static struct failure read_with(enum snp_member changed, const char *value, const char *more)
{
	struct snp_expected *e = NULL;
	struct failure f;
	char json[16384];
	size_t at = (size_t)snprintf(json, sizeof(json), "{");

	for (unsigned m = 0; m < SNP_MEMBERS; m++) {
		const char *text = m == changed ? value : good[m];

		if (text)
			at += (size_t)snprintf(json + at, sizeof(json) - at, "%s\"%s\": %s",
				at > 1 ? ", " : "", snp_member_name(m), text);
	}
	snprintf(json + at, sizeof(json) - at, "%s}", more);
	f = rig_expected(json, &e);
	free(e);
	return f;
}

static bool refused(enum snp_member m, const char *value, const char *reason)
{
	bool right = !done(read_with(m, value, "")) && strstr(last_failure.text, reason);

	if (!right)
		fprintf(stderr, "%s: %s: %s\n", snp_member_name(m), value, last_failure.text);
	return right;
}

static void test_each_member_there_or_waived(void)
{
	CHECK(done(read_with(SNP_MEMBERS, NULL, "")));
	for (unsigned m = 0; m < SNP_MEMBERS; m++) {
		char waive[64];

		snprintf(waive, sizeof(waive), ", \"waive\": [\"%s\"]", snp_member_name(m));
		CHECK(refused(m, NULL, snp_member_name(m)));
		CHECK(!done(read_with(SNP_MEMBERS, NULL, waive))); /* there, and waived */
		if (m == SNP_ID_KEY) /* the guest's version number hangs on it */
			CHECK(!done(read_with(m, NULL, waive)));
		else
			CHECK(done(read_with(m, NULL, waive)) == !(SNP_NEVER_WAIVED & 1u << m));
		CHECK(refused(m, "null", ""));
		CHECK(refused(m, "true", ""));
		CHECK(refused(m, "[]", ""));
		CHECK(refused(m, "{}", ""));
		CHECK(refused(m, "\"\"", ""));
		CHECK(refused(m, "-1", ""));
	}
}

static const struct {
	enum snp_member member;
	const char *value, *reason;
} wrong[] = {
	{SNP_VERSIONS, "[1]", "from 2 to 5"},
	{SNP_VERSIONS, "[6]", "from 2 to 5"},
	{SNP_VERSIONS, "[\"3\"]", "whole number"},
	{SNP_KEYS, "[\"vlek\"]", "one of"},
	{SNP_KEYS, "[\"VCEK\"]", "which \"keys\" does not name"},
	{SNP_CSP, "[\"\"]", "one of"},
	{SNP_VMPL, "4", "from 0 to 3"},
	{SNP_POLICY, BITS("0000000000000000", "0000000000000000"), "demands nothing"},
	{SNP_POLICY, BITS("0000000000010000", "0000000000020000"), "leaves out"},
	{SNP_POLICY, BITS("10000", "0000000000000000"), "16 hex digits"},
	{SNP_POLICY, "{\"mask\": \"0000000000010000\", \"val\": \"0000000000000000\"}",
		"\"value\""},
	{SNP_ABI, "\"0.0\"", "demands nothing"},
	{SNP_ABI, "\"1\"", "a version"},
	{SNP_ABI, "\"1.55.29\"", "a version"},
	{SNP_ABI, "\"1.256\"", "a version"},
	{SNP_MEASUREMENT, "[\"" ZEROS "\"]", "not all zero"},
	{SNP_MEASUREMENT, "[\"1122\"]", "96 hex digits"},
	{SNP_MEASUREMENT, "[\"" DIGEST "\", \"\"]", "96 hex digits"},
	{SNP_MEASUREMENT, "\"" DIGEST "\"", "an array"},
	{SNP_ID_KEY, "[\"" ZEROS "\"]", "not all zero"},
	{SNP_AUTHOR_KEY, "[\"" ZEROS "\"]", "not all zero"},
	{SNP_GUEST_SVN, "0", "from 1"},
	{SNP_GUEST_SVN, "4294967296", "from 1"},
	{SNP_TCB, "{\"Rome\": {}}", "no such product line"},
	{SNP_TCB, "{\"Milan\": {\"bootloader\": 4, \"tee\": 0, \"snp\": 24}}", "\"microcode\" is"},
	{SNP_TCB,
		"{\"Milan\": {\"fmc\": 1, \"bootloader\": 4, \"tee\": 0, \"snp\": 24,"
		" \"microcode\": 1}}",
		"no such component"},
	{SNP_TCB, "{\"Turin\": {\"bootloader\": 4, \"tee\": 0, \"snp\": 24, \"microcode\": 1}}",
		"\"fmc\" is missing"},
	{SNP_TCB, "{\"Milan\": {\"bootloader\": 0, \"tee\": 0, \"snp\": 0, \"microcode\": 0}}",
		"demand nothing"},
	{SNP_TCB, "{\"Milan\": {\"bootloader\": 256, \"tee\": 0, \"snp\": 0, \"microcode\": 0}}",
		"from 0 to 255"},
	{SNP_COMMITTED, "\"1.55\"", "a version"},
	{SNP_COMMITTED, "\"1.55.29 \"", "a version"},
	{SNP_COMMITTED, "\"1.55.\"", "a version"},
	{SNP_COMMITTED, "\"0.0.0\"", "demands nothing"},
	{SNP_PLATFORM, BITS("0000000000000000", "0000000000000000"), "demands nothing"},
	{SNP_MITIGATIONS, "{\"launch\": \"0000000000000000\", \"current\": \"0000000000000000\"}",
		"demands nothing"},
	{SNP_MITIGATIONS, "{\"launch\": \"0000000000000001\"}", "\"current\""},
	{SNP_HOST_DATA, "\"00\"", "64 hex digits"},
};

static void test_wrong_values(void)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(refused(wrong[i].member, wrong[i].value, wrong[i].reason));
}

static void test_unknown_words(void)
{
	CHECK(!done(read_with(SNP_MEMBERS, NULL, ", \"mesurement\": []")));
	CHECK(strstr(last_failure.text, "no such member"));
	CHECK(!done(read_with(SNP_MEMBERS, NULL, ", \"allow\": [\"everything\"]")));
	CHECK(!done(read_with(SNP_HOST_DATA, NULL, ", \"waive\": [\"hostdata\"]")));
	CHECK(!done(read_with(SNP_HOST_DATA, NULL, ", \"waive\": []")));
	CHECK(done(read_with(SNP_HOST_DATA, NULL, ", \"waive\": [\"host_data\"]")));
}

/* A list that is longer than its memory. */
static void test_too_many(void)
{
	char json[8192] = "[";

	for (unsigned i = 0; i < SNP_LIST_MAX; i++)
		strcat(json, i ? ", \"" DIGEST "\"" : "\"" DIGEST "\"");
	strcat(json, "]");
	CHECK(done(read_with(SNP_MEASUREMENT, json, "")));
	json[strlen(json) - 1] = 0;
	strcat(json, ", \"" DIGEST "\"]");
	CHECK(refused(SNP_MEASUREMENT, json, "1 to 64"));
}

static bool trust_refused(const char *json, const char *reason)
{
	struct snp_trust *t = NULL;
	bool right = !done(rig_trust(json, scratch, &t)) && strstr(last_failure.text, reason);

	if (!right)
		fprintf(stderr, "%s: %s\n", json, last_failure.text);
	rig_trust_free(t);
	return right;
}

#define ROOTS	 "\"roots\": [\"ark.pem\"]"
#define PRODUCTS "\"products\": [\"Milan\"]"
#define WAIVE	 "\"waive\": [\"crls\", \"chips\"]"
#define CHIP                                                                                 \
	"\"00112233445566770000000000000000000000000000000000000000000000000000000000000000" \
	"000000000000000000000000000000000000000000000000\""

static void test_trust(void)
{
	CHECK(trust_refused("{" PRODUCTS ", " WAIVE "}", "\"roots\" is missing"));
	CHECK(trust_refused("{" ROOTS ", " WAIVE "}", "\"products\" is missing"));
	CHECK(trust_refused("{" ROOTS ", " PRODUCTS ", \"waive\": [\"chips\"]}", "\"crls\" is"));
	CHECK(trust_refused("{" ROOTS ", " PRODUCTS ", \"waive\": [\"crls\"]}", "\"chips\" is"));
	CHECK(trust_refused(
		"{" ROOTS ", " PRODUCTS ", " WAIVE ", \"crls\": [\"a\"]}", "and waived"));
	CHECK(trust_refused("{" ROOTS ", " PRODUCTS ", " WAIVE ", \"chips\": {\"deny\": [" CHIP
			    "]}}",
		"and waived"));
	CHECK(trust_refused("{" ROOTS ", " PRODUCTS ", \"waive\": [\"roots\"]}", "can be waived"));
	CHECK(trust_refused("{\"roots\": [], " PRODUCTS ", " WAIVE "}", "1 to 256 file names"));
	CHECK(trust_refused("{\"roots\": [\"\"], " PRODUCTS ", " WAIVE "}", "name of a file"));
	CHECK(trust_refused("{\"roots\": [3], " PRODUCTS ", " WAIVE "}", "name of a file"));
	CHECK(trust_refused("{" ROOTS ", \"products\": [\"Rome\"], " WAIVE "}", "no such product"));
	CHECK(trust_refused("{" ROOTS ", \"products\": [], " WAIVE "}", "product lines"));
	CHECK(trust_refused("{" ROOTS ", " PRODUCTS ", " WAIVE ", \"ark\": 1}", "no such member"));
	CHECK(trust_refused(
		"{\"roots\": [\"missing.pem\"], " PRODUCTS ", " WAIVE "}", "missing.pem"));
}

static void test_chip_lists(void)
{
#define CHIPS(lists) "{" ROOTS ", " PRODUCTS ", \"waive\": [\"crls\"], \"chips\": " lists "}"
	struct snp_trust *t = NULL;

	CHECK(trust_refused(CHIPS("{}"), "neither"));
	CHECK(trust_refused(CHIPS("{\"allow\": []}"), "1 to 4096"));
	CHECK(trust_refused(CHIPS("{\"allow\": [\"0000000000000000\"]}"), "not zero"));
	CHECK(trust_refused(CHIPS("{\"deny\": [\"00\"]}"), "128 hex digits"));
	REQUIRE(done(rig_trust(
		CHIPS("{\"allow\": [\"0011223344556677\"], \"deny\": [" CHIP "]}"), scratch, &t)));
	CHECK(t->allow.count == 1 && t->deny.count == 1 && !t->any_chip);
	CHECK_BYTES(t->allow.ids[0], t->deny.ids[0], SNP_CHIP_ID_LEN);
	rig_trust_free(t);
}

/* What is in the files is looked at when the policy is loaded, not when a node comes. */
static void test_files(const struct snp_pki *chain)
{
	snp_pki_write(chain->ask, scratch_path("not-a-root.pem"));
	CHECK(trust_refused("{\"roots\": [\"not-a-root.pem\"], " PRODUCTS ", " WAIVE "}",
		"no AMD product line"));
	CHECK(trust_refused("{" ROOTS ", \"products\": [\"Milan\", \"Turin\"], " WAIVE "}",
		"has no ARK-Turin"));
	CHECK(trust_refused("{" ROOTS ", " PRODUCTS ", " WAIVE
			    ", \"certificates\": [\"none.pem\"]}",
		"none.pem"));
	CHECK(trust_refused("{" ROOTS ", " PRODUCTS ", \"waive\": [\"chips\"],"
			    " \"crls\": [\"ark.pem\"]}",
		"ark.pem"));
	scratch_write(scratch_path("junk.pem"), "junk", 4, 0600);
	CHECK(trust_refused("{" ROOTS ", " PRODUCTS ", " WAIVE
			    ", \"certificates\": [\"junk.pem\"]}",
		"junk.pem"));
}

static void test_seal(void)
{
	CHECK(!done(policy_check_snp_seal("workers", false, false)));
	CHECK(strstr(last_failure.text, "\"accept_risk\": [\"no_seal\"]"));
	CHECK(strstr(last_failure.text, "workers"));
	CHECK(done(policy_check_snp_seal("workers", true, false)));
	CHECK(done(policy_check_snp_seal("workers", false, true)));
}

int main(void)
{
	struct snp_pki_spec spec = snp_pki_spec(SNP_MILAN, SNP_KEY_VCEK, 1790000000);
	struct snp_pki chain = {0};

	scratch_open();
	snp_pki_make(&chain, &spec);
	snp_pki_write(chain.ark, scratch_path("ark.pem"));
	RUN(test_each_member_there_or_waived);
	RUN(test_wrong_values);
	RUN(test_unknown_words);
	RUN(test_too_many);
	RUN(test_trust);
	RUN(test_chip_lists);
	test_files(&chain);
	RUN(test_seal);
	snp_pki_free(&chain);
	scratch_close();
	return test_summary();
}
