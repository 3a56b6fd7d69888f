/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine joins, is certified, hands over, and is then verified: protostar attest and protostar
 * verify against the TPM that joined. Each refusal has its good twin beside it.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>

#include "crypto/digest.h"
#include "early/contract/errors.h"
#include "early/contract/pcr15.h"
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"
#include "tools/attest/statement.h"
#include "tools/evidence/ear/ear.h"
#include "tools/evidence/tpm/public.h"
#include "tools/lib/hex.h"

#define NONCE "000102030405060708090a0b0c0d0e0f"

static const char *program;
static char tcti[160], certificate[192], statement[128], output[128], ca[192], socket_path[128];
static pid_t answering;
static char node[32];

static void spill(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		exit(1);
}

static size_t slurp(const char *path, uint8_t *out, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t len = f ? fread(out, 1, cap, f) : 0;

	if (f)
		fclose(f);
	return len;
}

static bool said(const char *text)
{
	static char buf[1 << 16];

	buf[slurp(output, (uint8_t *)buf, sizeof(buf) - 1)] = 0;
	return strstr(buf, text) != NULL;
}

/* Measures a text as TPM2_PCR_Event does. The TPM serves one program at a time. */
static void measure(uint32_t pcrs, const char *text)
{
	TPM2B_EVENT event = {.size = (UINT16)strlen(text)};

	memcpy(event.buffer, text, event.size);
	if (!rig_open(&at.a.rig, socket_path))
		exit(1);
	for (ESYS_TR pcr = 0; pcr < 24; pcr++) {
		TPML_DIGEST_VALUES *digests = NULL;

		if (pcrs >> pcr & 1u)
			CHECK(Esys_PCR_Event(at.a.rig.esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD,
				      ESYS_TR_NONE, ESYS_TR_NONE, &event, &digests) == 0);
		Esys_Free(digests);
	}
	rig_close(&at.a.rig);
}

static int attest(const char *nonce)
{
	return service_run(&at.service, output,
		(const char *const[]){"attest", "--nonce", nonce, "--out", statement, "--tcti",
			tcti, "--certificate", certificate, "--event-log", "/nonexistent", NULL});
}

static int verify(const char *anchor, const char *nonce)
{
	return service_run(&at.service, output,
		(const char *const[]){"verify", "--policy", at.service.policy, "--ca", anchor,
			"--evidence", statement, "--nonce", nonce, "--json", NULL});
}

static void test_join_gives_a_certificate(void)
{
	struct outcome granted, last;
	struct client c;

	setting_join(&c, &at.a, disk_1, &granted);
	REQUIRE(granted.type == MSG_GRANT);
	client_commit(&c, &granted, mac_1, &last);
	client_close(&c);
	REQUIRE(last.type == MSG_ACK && last.certificate_len > 0);
	spill(certificate, last.certificate, last.certificate_len);
	rig_close(&at.a.rig);
}

/* Before the hand-over the registers are those of a join: such a quote proves nothing here. */
static void test_not_before_the_hand_over(void)
{
	REQUIRE(attest(NONCE) == 0);
	CHECK(verify(ca, NONCE) == 1 && said("not capped"));
	measure(1u << 15, PCR15_SEALED);
	CHECK(verify(ca, NONCE) == 1);
	REQUIRE(attest(NONCE) == 0);
	CHECK(verify(ca, NONCE) == 0 && said("\"good\": true") && said("\"set\": \"demo\""));
	CHECK(said("role:worker") && said("\"key\": \"certified\""));
}

static void test_whose_key(void)
{
	char other[192], none[192];

	CHECK(verify(ca, "000102030405060708090a0b0c0d0e10") == 1 && said("another nonce"));
	CHECK(verify(ca, "0001020304050607") == 1);
	CHECK(verify(ca, "00") == 2);
	/* Another service's CA; no certificate. */
	snprintf(other, sizeof(other), "%s/other", at.folder);
	REQUIRE(service_run(&at.service, output,
			(const char *const[]){"serve", "--state", other, "--init", NULL}) == 0);
	snprintf(other, sizeof(other), "%s/other/node-ca.pem", at.folder);
	CHECK(verify(other, NONCE) == 1);
	snprintf(none, sizeof(none), "%s", certificate);
	snprintf(certificate, sizeof(certificate), "/nonexistent");
	REQUIRE(attest(NONCE) == 0);
	CHECK(verify(ca, NONCE) == 1 && said("no certificate"));
	snprintf(certificate, sizeof(certificate), "%s", none);
	REQUIRE(attest(NONCE) == 0);
	CHECK(verify(ca, NONCE) == 0);
}

/* Who was revoked since the join is not good, whatever its certificate says. */
static void test_revoked_node(void)
{
	char extra[128], name[2 * TPM_NAME_LEN + 1];
	struct tpm_public ek;

	REQUIRE(tpm_ek_parse(at.a.ek_pub, at.a.ek_pub_len, &ek) == TPM_GOOD);
	hex_encode(ek.node_id, TPM_NAME_LEN, name);
	snprintf(extra, sizeof(extra), ",\"revoked\":{\"nodes\":[\"%s\"]}", name);
	setting_policy(1, extra);
	CHECK(verify(ca, NONCE) == 1 && said("the node is revoked"));
	setting_policy(1, "");
	CHECK(verify(ca, NONCE) == 0);
}

/* The result that is printed, as a relying party reads it; false: it is none. */
static bool result(
	EVP_PKEY *key, enum ear_profile profile, const char *nonce_hex, struct ear_seen *seen)
{
	static uint8_t token[1 << 16];
	uint8_t nonce[16];
	size_t len = slurp(output, token, sizeof(token));
	struct ear_wanted wanted = {profile, (int64_t)time(NULL), {nonce, sizeof(nonce)}};

	return hex_decode(nonce_hex, nonce, sizeof(nonce)) &&
	       !ear_check((struct span){token, len}, key, &wanted, seen).happened;
}

static int verify_signed(const char *key_path, const char *profile, const char *nonce)
{
	return service_run(&at.service, output,
		(const char *const[]){"verify", "--policy", at.service.policy, "--ca", ca,
			"--evidence", statement, "--nonce", nonce, "--ear", key_path,
			"--ear-profile", profile, NULL});
}

#define OTHER_NONCE "000102030405060708090a0b0c0d0e10"

/* A good verdict is affirmed, a refused one is contraindicated, and both are signed. */
static void test_signed_result(void)
{
	static const char *const profiles[] = {"ietf", "veraison"};
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct ear_seen seen;
	char path[192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/result.pem", at.folder);
	f = fopen(path, "wb");
	REQUIRE(f && fchmod(fileno(f), 0600) == 0 &&
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
	for (int i = 0; i < 2; i++) {
		CHECK(verify_signed(path, profiles[i], NONCE) == 0);
		CHECK(result(key, (enum ear_profile)i, NONCE, &seen) &&
			seen.status == EAR_AFFIRMING);
		CHECK(!result(key, (enum ear_profile) !i, NONCE, &seen));
		CHECK(!result(key, (enum ear_profile)i, OTHER_NONCE, &seen));
		CHECK(verify_signed(path, profiles[i], OTHER_NONCE) == 1);
		CHECK(result(key, (enum ear_profile)i, OTHER_NONCE, &seen) &&
			seen.status == EAR_CONTRAINDICATED);
	}
	CHECK(verify_signed(path, "other", NONCE) == 2);
	CHECK(verify_signed(ca, "ietf", NONCE) == 2);
	EVP_PKEY_free(key);
}

/* The same statement, as others carry it; a record of another type is not it. */
static void test_wrapped(void)
{
	static uint8_t bytes[1 << 17];
	char plain[sizeof(statement)], wrapped[sizeof(statement)];
	size_t len;
	char *type;

	snprintf(plain, sizeof(plain), "%s", statement);
	snprintf(wrapped, sizeof(wrapped), "%s/wrapped.json", at.folder);
	CHECK(service_run(&at.service, output,
		      (const char *const[]){"verify", "--policy", at.service.policy, "--ca", ca,
			      "--evidence", statement, "--nonce", NONCE, "--cmw", wrapped, NULL}) ==
		0);
	snprintf(statement, sizeof(statement), "%s", wrapped);
	CHECK(verify(ca, NONCE) == 0 && said("\"good\": true"));
	CHECK(verify(ca, OTHER_NONCE) == 1);
	len = slurp(wrapped, bytes, sizeof(bytes) - 1);
	bytes[len] = 0;
	type = strstr((char *)bytes, "application/vnd.protostar.statement");
	REQUIRE(len > 0 && type);
	*type = 'b';
	spill(wrapped, bytes, len);
	CHECK(verify(ca, NONCE) == 2);
	spill(wrapped, bytes, len / 2);
	CHECK(verify(ca, NONCE) == 2);
	snprintf(statement, sizeof(statement), "%s", plain);
}

/* No single byte of a statement can be another, but for what nobody signs: there is nothing such.
 */
static void test_every_byte(void)
{
	static uint8_t bytes[1 << 16];
	size_t len = slurp(statement, bytes, sizeof(bytes));

	REQUIRE(len > 0 && len < sizeof(bytes));
	for (size_t i = 0; i < len; i += 1 + len / 100) {
		bytes[i] ^= 0x10;
		spill(statement, bytes, len);
		CHECK(verify(ca, NONCE) == 1);
		bytes[i] ^= 0x10;
	}
	spill(statement, bytes, len - 1);
	CHECK(verify(ca, NONCE) == 1);
	spill(statement, bytes, len);
	CHECK(verify(ca, NONCE) == 0);
}

/* What a running system can have signed never serves in a join. */
static void test_not_in_a_join(void)
{
	static uint8_t bytes[1 << 16];
	size_t len = slurp(statement, bytes, sizeof(bytes));
	struct evidence_tpm2 tpm;
	struct statement m;
	struct evidence e;
	struct outcome o;
	struct client c;

	REQUIRE(statement_get((struct span){bytes, len}, &m));
	REQUIRE(evidence_tpm2_get(m.items[EVIDENCE_TPM2 - 1], &tpm));
	setting_connect(&c);
	evidence_make(&e, &c, &at.b, disk_2);
	memcpy(at.b.ak_pub, at.a.ak_pub, at.a.ak_pub_len);
	evidence_claims(&e, &at.b, disk_2);
	memcpy(e.quote.attest, tpm.attest.data, tpm.attest.len);
	memcpy(e.quote.signature, tpm.signature.data, tpm.signature.len);
	e.quote.attest_len = tpm.attest.len;
	e.quote.signature_len = tpm.signature.len;
	client_join(&c, &e, &at.b, &o);
	evidence_free(&e);
	client_close(&c);
	CHECK(o.type == MSG_DENY && o.code == E_DENY_QUOTE);
}

static int ask(const char *more, const char *value)
{
	return service_run(&at.service, output,
		(const char *const[]){"verify", "--policy", at.service.policy, "--ca", ca, node,
			more, value, NULL});
}

/* A connection of a stranger that says nothing does not end the answering. */
static void test_over_the_network(void)
{
	struct timespec pause = {0, 50000000};
	int code = 1;

	snprintf(node, sizeof(node), "127.0.0.1:%u", service_free_port());
	answering = fork();
	if (answering == 0) {
		execl(program, program, "attest", "--listen", node, "--tcti", tcti, "--certificate",
			certificate, "--event-log", "/nonexistent", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1200 && code; i++) {
		code = ask(NULL, NULL);
		nanosleep(&pause, NULL);
	}
	CHECK(code == 0 && said("good: "));
	CHECK(ask("--save", statement) == 0);
}

static const char *ak_hex(void)
{
	static char hex[2 * SHA256_LEN + 1];
	uint8_t hash[SHA256_LEN];

	sha256(at.a.ak_pub, at.a.ak_pub_len, hash);
	hex_encode(hash, sizeof(hash), hex);
	return hex;
}

static void test_renewal(void)
{
	static uint8_t before[CERTIFICATE_MAX], after[CERTIFICATE_MAX];
	size_t before_len = slurp(certificate, before, sizeof(before)), after_len;
	struct timespec pause = {1, 100000000}; /* dates are in seconds */
	char other[192];

	/* A service that did not certify this node cannot renew either. */
	snprintf(other, sizeof(other), "%s/other", at.folder);
	CHECK(ask("--renew", other) == 1);
	/* Where the operator names the key, nobody has looked at the certificate. */
	CHECK(service_run(&at.service, output,
		      (const char *const[]){"verify", "--policy", at.service.policy, "--ca", ca,
			      node, "--ak", ak_hex(), "--renew", at.service.state, NULL}) == 2);
	nanosleep(&pause, NULL);
	CHECK(ask("--renew", at.service.state) == 0);
	/* The answer came before it was stored: ask again, in turn. */
	CHECK(ask(NULL, NULL) == 0);
	after_len = slurp(certificate, after, sizeof(after));
	CHECK(after_len > 0 && (after_len != before_len || memcmp(before, after, after_len) != 0));
}

/* systemd 261 and later measure a word once more: all of those registers, or it is not that. */
static void test_os_separator(void)
{
	kill(answering, SIGTERM);
	waitpid(answering, NULL, 0);
	measure(1u << 4, "os-separator");
	REQUIRE(attest(NONCE) == 0);
	CHECK(verify(ca, NONCE) == 1);
	measure(0x72ffu & ~(1u << 4), "os-separator");
	REQUIRE(attest(NONCE) == 0);
	CHECK(verify(ca, NONCE) == 0 && said("\"osSeparator\": true"));
	measure(1u << 11, "something else");
	REQUIRE(attest(NONCE) == 0);
	CHECK(verify(ca, NONCE) == 1 && said("\"differing\""));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	program = argv[1];
	setting_open(program);
	snprintf(socket_path, sizeof(socket_path), "%s/tpm-a/tpm", at.folder);
	snprintf(tcti, sizeof(tcti), "swtpm:path=%s", socket_path);
	snprintf(certificate, sizeof(certificate), "%s/certificate", at.folder);
	snprintf(statement, sizeof(statement), "%s/statement", at.folder);
	snprintf(output, sizeof(output), "%s/output", at.folder);
	snprintf(ca, sizeof(ca), "%s/node-ca.pem", at.service.state);
	if (!service_start(&at.service, NULL))
		return 1;
	RUN(test_join_gives_a_certificate);
	RUN(test_not_before_the_hand_over);
	RUN(test_whose_key);
	RUN(test_revoked_node);
	RUN(test_signed_result);
	RUN(test_wrapped);
	RUN(test_every_byte);
	RUN(test_not_in_a_join);
	RUN(test_over_the_network);
	RUN(test_renewal);
	RUN(test_os_separator);
	if (!rig_open(&at.a.rig, socket_path))
		return 1;
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	setting_close();
	return test_summary();
}
