/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statements of machines whose processors report what runs: protostar attest on the kernel's
 * interface as tests/mock/tsm_fs.h imitates it, with reports that the tests' own AMD and Intel
 * sign, and protostar verify by policies. Each good one has twins that are wrong in one thing.
 * Needs root and /dev/fuse; fails without.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "crypto/digest.h"
#include "early/contract/errors.h"
#include "early/contract/pcr15.h"
#include "tests/interop/serve/statement_node.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/unit/test.h"
#include "tools/evidence/ear/ear.h"
#include "tools/evidence/tpm/public.h"
#include "tools/lib/hex.h"

static uint8_t bytes[STATEMENT_MAX];

/* The same machine with something wrong: its statement is refused for that reason. */
static bool refused(enum twist twist, bool with_tpm, const char *reason)
{
	bool yes;

	tsm->twist = twist;
	yes = attest(with_tpm) && verify() == 1 && said(reason) && said("\"good\": false");
	tsm->twist = AS_IT_IS;
	return yes;
}

static void test_snp_alone(void)
{
	fresh(SNP_DRIVER);
	tee_serve(SNP_ALONE);
	REQUIRE(attest(false) && tsm->reports == 1 && tsm->made == tsm->removed);
	CHECK(verify() == 0 && said("\"good\": true") && said("\"key\": \"hardware\""));
	CHECK(said("\"noSeal\": true") && said("\"vmpl\": 0") && said(HEX_48("11")));
	CHECK(verify_by(NONCE, NULL, NULL) == 0 && said("good: node f002"));
	CHECK(said("nothing shows that it handed over") && said("no_seal"));
	CHECK(verify_by(OTHER_NONCE, "--json", NULL) == 1 && said("another nonce"));
	CHECK(refused(OTHER_LAUNCH, false, "launch digest"));
	CHECK(refused(CAN_BE_DEBUGGED, false, "debugging"));
	CHECK(refused(OLD_LAUNCH_TCB, false, "launch TCB of the platform"));
	/* A level that the kernel cannot have is not asked for at another one. */
	tsm->privlevel_floor = 4;
	CHECK(!attest(false));
}

/* What a relying party reads of the statement's signed result; EAR_NONE: it is none. */
static enum ear_status result(EVP_PKEY *key, const char *path, int exit_code)
{
	static uint8_t token[1 << 16];
	uint8_t nonce[sizeof(NONCE) / 2];
	struct ear_wanted wanted = {EAR_IETF, (int64_t)time(NULL) + 5, {nonce, sizeof(nonce)}};
	struct span text = {token, 0};
	struct ear_seen seen;

	if (!hex_decode(NONCE, nonce, sizeof(nonce)) ||
		verify_by(NONCE, "--ear", path) != exit_code)
		return EAR_NONE;
	text.len = slurp(output, token, sizeof(token));
	return ear_check(text, key, &wanted, &seen).happened ? EAR_NONE : seen.status;
}

/* As it is signed for others: good, with what the policy lets pass unseen, and refused. */
static void test_signed_result(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char path[sizeof(statement)];
	FILE *f;

	snprintf(path, sizeof(path), "%s/result.pem", at.folder);
	f = fopen(path, "wb");
	REQUIRE(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && !fclose(f));
	REQUIRE(chmod(path, 0600) == 0);
	fresh(SNP_DRIVER);
	tee_serve(SNP_ALONE "," TDX_ALONE);
	REQUIRE(attest(false));
	CHECK(result(key, path, 0) == EAR_WARNING);
	tsm->twist = CAN_BE_DEBUGGED;
	REQUIRE(attest(false));
	CHECK(result(key, path, 1) == EAR_CONTRAINDICATED);
	fresh(TDX_DRIVER);
	REQUIRE(attest(false));
	CHECK(result(key, path, 1) == EAR_CONTRAINDICATED);
	REQUIRE(extend_rtmr3(PCR15_SEALED) && attest(false));
	CHECK(result(key, path, 0) == EAR_AFFIRMING);
	EVP_PKEY_free(key);
}

/* As others carry it: the same verdict. */
static void test_record(void)
{
	char path[sizeof(statement)], plain[sizeof(statement)];

	fresh(SNP_DRIVER);
	tee_serve(SNP_ALONE);
	REQUIRE(attest(false));
	snprintf(path, sizeof(path), "%s/wrapped.json", at.folder);
	CHECK(verify_by(NONCE, "--cmw", path) == 0);
	snprintf(plain, sizeof(plain), "%s", statement);
	snprintf(statement, sizeof(statement), "%s", path);
	CHECK(verify() == 0 && said("\"snp\""));
	snprintf(statement, sizeof(statement), "%s", plain);
}

static void test_tdx_alone(void)
{
	struct tdx_collateral_spec c = tdx_collateral_spec((int64_t)time(NULL));
	char level[TDX_LEVEL_TEXT_MAX];

	fresh(TDX_DRIVER);
	tee_serve(TDX_ALONE);
	/* As PID 1 is when it joins; then as it leaves the machine. */
	REQUIRE(attest(false));
	CHECK(verify() == 1 && said("RTMR 3 is not extended"));
	REQUIRE(extend_rtmr3(PCR15_SEALED) && attest(false));
	CHECK(verify() == 0 && said("\"rtmr3Sealed\": true") && said("\"noSeal\": false"));
	CHECK(said("\"tcbStatus\": \"UpToDate\"") && verify_by(NONCE, NULL, NULL) == 0);
	CHECK(said(", and handed over"));
	CHECK(refused(OTHER_LAUNCH, false, "mrtd"));
	CHECK(refused(CAN_BE_DEBUGGED, false, "debugged"));
	REQUIRE(attest(false));
	tdx_pki_level(&tee_intel, 0, 3, "OutOfDate", "[]", level);
	c.tcb_levels = level;
	tdx_pki_write_all(&tee_intel, &c, at.folder);
	CHECK(verify() == 1 && said("OutOfDate"));
	c.tcb_levels = NULL;
	tdx_pki_write_all(&tee_intel, &c, at.folder);
	CHECK(verify() == 0);
	REQUIRE(extend_rtmr3(PCR15_FAILED) && attest(false));
	CHECK(verify() == 1 && said("RTMR 3 is not what a hand-over leaves"));
	/* A boot that failed, and never was sealed. */
	memset(tsm->rtmr, 0, sizeof(tsm->rtmr));
	REQUIRE(extend_rtmr3(PCR15_FAILED) && attest(false));
	CHECK(verify() == 1 && said("RTMR 3 is not what a hand-over leaves"));
}

/* Another machine's kind is none of the set's. */
static void test_other_kind(void)
{
	fresh(SNP_DRIVER);
	tee_serve(TDX_ALONE);
	REQUIRE(attest(false));
	CHECK(verify() == 1 && said("no quote of TDX"));
	fresh("");
	CHECK(!attest(false));
	fresh("arm_cca_guest");
	CHECK(!attest(false));
}

/* What a join signs is no statement, and what a statement signs is no join. */
static void test_not_each_other(void)
{
	uint8_t rd[RD_LEN];
	struct statement m;
	struct evidence e;
	struct outcome o;
	struct client c;

	fresh(SNP_DRIVER);
	tee_serve(SNP_ALONE);
	REQUIRE(attest(false));
	REQUIRE(statement_get((struct span){bytes, slurp(statement, bytes, sizeof(bytes))}, &m));
	setting_connect(&c);
	evidence_start(&e, &c, NULL, disk_1);
	e.items[EVIDENCE_SNP - 1] = m.items[EVIDENCE_SNP - 1];
	client_join(&c, &e, NULL, &o);
	client_close(&c);
	CHECK(o.type == MSG_DENY && o.code == E_DENY_HARDWARE);
	setting_connect(&c);
	evidence_free(&e);
	evidence_start(&e, &c, NULL, disk_1);
	m.items[EVIDENCE_SNP - 1] = item_about(e.rd);
	write_statement(&m);
	CHECK(verify() == 1 && said("report data"));
	/* The same report is good where it belongs. */
	e.items[EVIDENCE_SNP - 1] = m.items[EVIDENCE_SNP - 1];
	client_join(&c, &e, NULL, &o);
	client_close(&c);
	CHECK(o.type == MSG_GRANT);
	evidence_free(&e);
	/* And a good one of a statement is, when its parts are put together again. */
	REQUIRE(statement_rd(&m, rd));
	m.items[EVIDENCE_SNP - 1] = item_about(rd);
	write_statement(&m);
	CHECK(verify() == 0);
}

static const char *ak_hex(void)
{
	static char hex[2 * SHA256_LEN + 1];
	uint8_t hash[SHA256_LEN];

	sha256(at.a.ak_pub, at.a.ak_pub_len, hash);
	hex_encode(hash, sizeof(hash), hex);
	return hex;
}

static int verify_key(void)
{
	return service_run(&at.service, output,
		(const char *const[]){"verify", "--policy", at.service.policy, "--evidence",
			statement, "--nonce", NONCE, "--json", "--ak", ak_hex(), NULL});
}

static void test_snp_beside_a_tpm(void)
{
	uint8_t rd[RD_LEN];
	struct statement m;

	fresh(SNP_DRIVER);
	tee_serve_tpm_and(NO_SEAL ",\"snp\":" SNP_GOOD, "");
	rig_close(&at.a.rig);
	REQUIRE(attest(true));
	CHECK(verify_key() == 1 && said("PCR 15 is not capped"));
	REQUIRE(rig_open(&at.a.rig, tpm_socket));
	cap();
	rig_close(&at.a.rig);
	REQUIRE(attest(true));
	CHECK(verify_key() == 0 && said("\"capped\": true") && said("\"noSeal\": false"));
	CHECK(said("\"tpm2\"") && said("\"snp\"") && said("\"key\": \"named\""));
	CHECK(verify() == 2 && said("--ca or --ak"));
	tsm->twist = OTHER_LAUNCH;
	REQUIRE(attest(true));
	CHECK(verify_key() == 1 && said("launch digest"));
	tsm->twist = AS_IT_IS;
	/* Without the one, and with the one of a statement that names another key. */
	REQUIRE(attest(true));
	REQUIRE(statement_get((struct span){bytes, slurp(statement, bytes, sizeof(bytes))}, &m));
	m.items[EVIDENCE_SNP - 1].len = 0;
	write_statement(&m);
	CHECK(verify_key() == 1 && said("no report of SEV-SNP"));
	m.ak_pub.len = 0;
	REQUIRE(statement_rd(&m, rd));
	m.ak_pub.len = at.a.ak_pub_len;
	m.items[EVIDENCE_SNP - 1] = item_about(rd);
	write_statement(&m);
	CHECK(verify_key() == 1 && said("report data"));
	/* The processor fails: the TPM goes alone, and the set lacks the other. */
	tsm->read_error = 5;
	REQUIRE(attest(true) && said("left out"));
	CHECK(verify_key() == 1 && said("no report of SEV-SNP"));
}

static void test_tdx_beside_a_tpm(void)
{
	fresh(TDX_DRIVER);
	tee_serve_tpm_and("\"tdx\":" TDX_GOOD, "");
	REQUIRE(attest(true));
	CHECK(verify_key() == 1 && said("RTMR 3 is not extended"));
	REQUIRE(extend_rtmr3(PCR15_SEALED) && attest(true));
	CHECK(verify_key() == 0 && said("\"capped\": true") && said("\"rtmr3Sealed\": true"));
	/* For a set that wants the TD alone the key does not matter. */
	tee_serve(TDX_ALONE);
	CHECK(verify() == 0 && said("\"key\": \"hardware\""));
}

/* The word of a processor is not enough where an operator has to name the node. */
static void test_named_node(void)
{
	char policy[8192], id[2 * TPM_NAME_LEN + 1], *at_id;
	static char text[1 << 16];

	fresh(SNP_DRIVER);
	tee_serve(SNP_ALONE);
	REQUIRE(attest(false) && verify() == 0);
	text[slurp(output, (uint8_t *)text, sizeof(text) - 1)] = 0;
	at_id = strstr(text, "\"nodeId\": \"");
	REQUIRE(at_id);
	snprintf(id, sizeof(id), "%s", at_id + strlen("\"nodeId\": \""));
	snprintf(policy, sizeof(policy),
		"{\"identity\":{\"tee\":true,\"listed\":true},\"evidence\":{%s},\"sets\":[%s]}",
		BOTH_CHIPS, SNP_ALONE);
	service_policy(&at.service, policy);
	CHECK(verify() == 1 && said("--id"));
	CHECK(verify_by(NONCE, "--id", id) == 0);
	tsm->twist = OTHER_CHIP;
	REQUIRE(attest(false));
	CHECK(verify_by(NONCE, "--id", id) == 1 && said("another node"));
	tsm->twist = AS_IT_IS;
	id[4] = id[4] == '0' ? '1' : '0';
	REQUIRE(attest(false));
	CHECK(verify_by(NONCE, "--id", id) == 1 && said("another node"));
	CHECK(verify_by(NONCE, "--id", "f002") == 2);
	id[4] = at_id[strlen("\"nodeId\": \"") + 4];
	snprintf(policy, sizeof(policy),
		"{\"identity\":{\"tee\":true},\"evidence\":{%s},\"sets\":[%s],"
		"\"revoked\":{\"nodes\":[\"%s\"]}}",
		BOTH_CHIPS, SNP_ALONE, id);
	service_policy(&at.service, policy);
	CHECK(verify() == 1 && said("the node is revoked"));
}

int main(int argc, char **argv)
{
	if (argc != 2 || !statement_node_open(argv[1]))
		return 2;
	RUN(test_snp_alone);
	RUN(test_signed_result);
	RUN(test_record);
	RUN(test_tdx_alone);
	RUN(test_other_kind);
	RUN(test_not_each_other);
	RUN(test_snp_beside_a_tpm);
	RUN(test_tdx_beside_a_tpm);
	RUN(test_named_node);
	if (!rig_open(&at.a.rig, tpm_socket))
		return 1;
	statement_node_close();
	return test_summary();
}
