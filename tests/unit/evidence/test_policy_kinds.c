/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kinds of evidence a set demands, what must stand beside them, and what seals it. */
#include <stdio.h>
#include <string.h>

#include "tests/interop/evidence/tdx_pki.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/policy/policy.h"

#define KIND(type) (1u << ((type)-1))
#define ZEROS	   "\"" OF_16("0000") "\""
#define TPM_PCRS                                                                          \
	"\"measurements\":{\"2\":" ZEROS ",\"3\":" ZEROS ",\"4\":" ZEROS ",\"11\":" ZEROS \
	",\"12\":" ZEROS ",\"15\":" ZEROS "}"
#define SNP_TRUST SNP_EVIDENCE(ANY_CHIP)
#define TDX_TRUST "\"tdx\":" TDX_PKI_EVIDENCE
#define AZURE                                                                             \
	"\"azure\":{\"secure_boot\":true,\"waive\":[\"tpm_enabled\",\"console_enabled\"," \
	"\"tpm_persisted\",\"vm_id\"]}"
#define TDX_UNSEALED TDX_WANTS(HEX_48("11"), ",\"rtmr3\"")

static const char *identity = "\"first_use\":true";

static struct policy *parse(const char *trust, const char *sets)
{
	static char text[32768];
	struct policy *p = NULL;

	snprintf(text, sizeof(text), "{\"identity\":{%s},\"evidence\":{%s},\"sets\":[%s]}",
		identity, trust, sets);
	return done(policy_parse(text, strlen(text), &p)) ? p : NULL;
}

/* Refused for this reason. */
static bool refused(const char *trust, const char *sets, const char *reason)
{
	struct policy *p = parse(trust, sets);
	bool said = !p && strstr(last_failure.text, reason);

	if (!said)
		fprintf(stderr, "%s\n", p ? "accepted" : last_failure.text);
	policy_free(p);
	return said;
}

/* The kinds of all sets; 0 for a policy that is refused. */
static uint32_t kinds(const char *sets)
{
	struct policy *p = parse(SNP_TRUST "," TDX_TRUST, sets);
	uint32_t result = p ? p->kinds : 0;

	if (!p)
		fprintf(stderr, "%s\n", last_failure.text);
	policy_free(p);
	return result;
}

#define SET(members) "{\"name\":\"a\"," members "}"

static void test_kinds(void)
{
	CHECK(kinds(SET(TPM_PCRS)) == KIND(EVIDENCE_TPM2));
	CHECK(kinds(SNP_ALONE) == KIND(EVIDENCE_SNP));
	CHECK(kinds(TDX_ALONE) == KIND(EVIDENCE_TDX));
	CHECK(kinds(SNP_ALONE "," TDX_ALONE) == (KIND(EVIDENCE_SNP) | KIND(EVIDENCE_TDX)));
	CHECK(kinds(SET(TPM_PCRS ",\"tdx\":" TDX_GOOD)) ==
		(KIND(EVIDENCE_TPM2) | KIND(EVIDENCE_TDX)));
	CHECK(kinds(SET(TPM_PCRS ",\"svsm\":" SNP_GOOD)) ==
		(KIND(EVIDENCE_TPM2) | KIND(EVIDENCE_SVSM)));
	/* The hardware's part of the paravisor's evidence is no kind of its own. */
	CHECK(kinds(SET(TPM_PCRS "," AZURE ",\"snp\":" SNP_GOOD)) ==
		(KIND(EVIDENCE_TPM2) | KIND(EVIDENCE_HCL)));
	CHECK(kinds(SET(TPM_PCRS "," AZURE ",\"tdx\":" TDX_UNSEALED)) ==
		(KIND(EVIDENCE_TPM2) | KIND(EVIDENCE_HCL)));
}

static void test_what_must_stand_beside(void)
{
	CHECK(refused(SNP_TRUST, TDX_ALONE, "has no \"tdx\""));
	CHECK(refused(TDX_TRUST, SNP_ALONE, "has no \"snp\""));
	CHECK(refused(TDX_TRUST, SET(TPM_PCRS ",\"svsm\":" SNP_GOOD), "has no \"snp\""));
	CHECK(refused(SNP_TRUST, SET(AZURE ",\"snp\":" SNP_GOOD), "no \"measurements\""));
	CHECK(refused(SNP_TRUST, SET(TPM_PCRS "," AZURE), "the report in it"));
	CHECK(refused(SNP_TRUST, SET(TPM_PCRS "," AZURE ",\"snp\":" SNP_GOOD ",\"svsm\":" SNP_GOOD),
		"both \"azure\" and \"svsm\""));
	/* An empty expectation is none. */
	CHECK(refused(TDX_TRUST, SET("\"recognise\":\"chip\",\"tdx\":{}"), "mrsignerseam"));
	CHECK(refused(SNP_TRUST, SET(TPM_PCRS ",\"azure\":{},\"snp\":" SNP_GOOD), "secure_boot"));
	CHECK(refused("\"tdx\":{}", SET(TPM_PCRS), "roots"));
}

static void test_recognise(void)
{
	CHECK(kinds(SET("\"recognise\":\"config_id\",\"tdx\":" TDX_GOOD)));
	CHECK(kinds(SET(TPM_PCRS "," AZURE ",\"recognise\":\"config_id\",\"tdx\":" TDX_UNSEALED)));
	CHECK(kinds(SET(TPM_PCRS "," AZURE ",\"recognise\":\"host_data\",\"snp\":" SNP_GOOD)));
	CHECK(kinds(SET(TPM_PCRS "," AZURE ",\"recognise\":\"ak\",\"snp\":" SNP_GOOD)));
	CHECK(refused(SNP_TRUST, SET(TPM_PCRS ",\"recognise\":\"ak\",\"snp\":" SNP_GOOD),
		"ak_certificate"));
	CHECK(refused(TDX_TRUST, SET("\"recognise\":\"host_data\",\"tdx\":" TDX_GOOD),
		"must demand \"snp\""));
	CHECK(refused(SNP_TRUST, SET(NO_SEAL ",\"recognise\":\"config_id\",\"snp\":" SNP_GOOD),
		"must demand \"tdx\""));
	CHECK(refused(TDX_TRUST, SET("\"tdx\":" TDX_GOOD), "\"recognise\""));
}

static void test_seal_of_one_set(void)
{
	CHECK(refused(TDX_TRUST, SET("\"recognise\":\"chip\",\"tdx\":" TDX_UNSEALED), "no_seal"));
	CHECK(kinds(SET("\"recognise\":\"chip\"," NO_SEAL ",\"tdx\":" TDX_UNSEALED)));
	CHECK(kinds(SET(TPM_PCRS "," NO_SEAL ",\"tdx\":" TDX_UNSEALED)));
	CHECK(refused(SNP_TRUST, SET("\"recognise\":\"chip\",\"snp\":" SNP_GOOD), "no_seal"));
}

#define KNOWN(way, more) SET(TPM_PCRS ",\"recognise\":\"" way "\"," more)

/* PCR 15 of any TPM at all seals nothing: a root that runs brings an emulator with the right PCRs.
 */
static void test_seal_by_a_named_tpm(void)
{
	static const char reason[] = "a TPM that nothing names";
	static const char *const open_to_any[] = {"\"first_use\":true", "\"tee\":true"};
	const char *first = identity;

	for (size_t i = 0; i < 2; i++) {
		identity = open_to_any[i];
		CHECK(refused(SNP_TRUST, KNOWN("chip", "\"snp\":" SNP_GOOD), reason));
		CHECK(refused(SNP_TRUST, KNOWN("ek", "\"snp\":" SNP_GOOD), reason));
		CHECK(refused(TDX_TRUST, KNOWN("chip", "\"tdx\":" TDX_UNSEALED), reason));
		CHECK(kinds(KNOWN("chip", NO_SEAL ",\"snp\":" SNP_GOOD)));
		CHECK(kinds(KNOWN("chip", "\"svsm\":" SNP_GOOD)));
		CHECK(kinds(KNOWN("ak", AZURE ",\"snp\":" SNP_GOOD)));
		CHECK(kinds(KNOWN("chip", "\"tdx\":" TDX_GOOD)));
	}
	identity = "\"tee\":true,\"approval\":true";
	CHECK(refused(SNP_TRUST, KNOWN("chip", "\"snp\":" SNP_GOOD), reason));
	CHECK(kinds(KNOWN("ek", "\"snp\":" SNP_GOOD)));
	identity = "\"tee\":true,\"ek_certificate\":{\"roots\":[\"maker.pem\"]}";
	CHECK(kinds(KNOWN("chip", "\"snp\":" SNP_GOOD)));
	identity = first;
}

/* A boot without its TPM caps no PCR 15: a set that lets it in breaks the seal of one that has it.
 */
static void test_seal_of_sets_together(void)
{
	static const char reason[] = "takes nodes without one";
	const char *both = SNP_TRUST "," TDX_TRUST;

	CHECK(refused(both, SET(TPM_PCRS) "," TDX_ALONE, reason));
	CHECK(refused(both, TDX_ALONE "," SET(TPM_PCRS), reason));
	CHECK(refused(both, SET(TPM_PCRS) "," SNP_ALONE, reason));
	CHECK(refused(both, SET(TPM_PCRS ",\"snp\":" SNP_GOOD) "," TDX_ALONE, reason));
	CHECK(refused(both, SET(TPM_PCRS ",\"tdx\":" TDX_UNSEALED) "," TDX_ALONE, reason));
	/* RTMR3 is extended whether the TPM is there or not. */
	CHECK(kinds(SET(TPM_PCRS ",\"tdx\":" TDX_GOOD) "," TDX_ALONE));
	CHECK(kinds(SET(TPM_PCRS "," NO_SEAL) "," TDX_ALONE));
}

/* Collateral that is not there, or not Intel's, is found when the policy is read. */
static void test_files(void)
{
	static const char text[] = "{\"identity\":{\"first_use\":true},\"evidence\":{" TDX_TRUST
				   "},\"sets\":[" TDX_ALONE "]}";
	struct policy *p = NULL;
	const char *path;

	scratch_open();
	path = scratch_path("policy.json");
	scratch_write(path, text, strlen(text), 0600);
	CHECK(!done(policy_load(path, &p)));
	CHECK(strstr(last_failure.text, "root.pem"));
	scratch_close();
	policy_free(p);
}

int main(void)
{
	RUN(test_kinds);
	RUN(test_what_must_stand_beside);
	RUN(test_recognise);
	RUN(test_seal_of_one_set);
	RUN(test_seal_by_a_named_tpm);
	RUN(test_seal_of_sets_together);
	RUN(test_files);
	return test_summary();
}
