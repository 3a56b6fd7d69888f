/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node with a TPM and SEV-SNP that its set knows by its chip: the certificate of its join, the
 * report of its processor and the node that an operator names have to be of the same one, and a
 * certificate that nobody judged is not renewed. Needs root and /dev/fuse; fails without.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "early/contract/pcr15.h"
#include "tests/interop/serve/statement_node.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/unit/test.h"
#include "tools/evidence/tpm/public.h"

#define BY_CHIP NO_SEAL ",\"recognise\":\"chip\",\"snp\":" SNP_GOOD

static const char *program;
static char ca[192], node[NODE_TEXT_MAX], id[2 * TPM_NAME_LEN + 1];
static uint8_t before[CERTIFICATE_MAX], after[CERTIFICATE_MAX];

/* The certificate in its file; true when it is the one of before. */
static bool unchanged(void)
{
	size_t len = slurp(certificate, after, sizeof(after));

	return len > 0 && memcmp(before, after, sizeof(before)) == 0;
}

static void test_join_gives_a_certificate(void)
{
	char sets[4096];
	struct outcome granted, last;
	struct evidence e;
	struct client c;
	FILE *f;

	fresh(SNP_DRIVER);
	snprintf(sets, sizeof(sets), "{\"name\":\"both\",%s,%s}", at.set, BY_CHIP);
	tee_serve_chips(BOTH_CHIPS, sets);
	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	e.items[EVIDENCE_SNP - 1] = item_about(e.rd);
	client_join(&c, &e, &at.a, &granted);
	evidence_free(&e);
	REQUIRE(granted.type == MSG_GRANT);
	client_commit(&c, &granted, mac_1, &last);
	client_close(&c);
	REQUIRE(last.type == MSG_ACK && last.certificate_len > 0);
	f = fopen(certificate, "wb");
	REQUIRE(f && fwrite(last.certificate, 1, last.certificate_len, f) == last.certificate_len);
	REQUIRE(fclose(f) == 0 && slurp(certificate, before, sizeof(before)) > 0);
	cap();
	rig_close(&at.a.rig);
}

static int verify_certified(const char *named)
{
	return service_run(&at.service, output,
		(const char *const[]){"verify", "--policy", at.service.policy, "--ca", ca,
			"--evidence", statement, "--nonce", NONCE, "--json", named ? "--id" : NULL,
			named, NULL});
}

static void test_same_node(void)
{
	static char text[1 << 16];
	char *found;

	REQUIRE(attest(true));
	CHECK(verify_certified(NULL) == 0 && said("\"key\": \"certified\""));
	text[slurp(output, (uint8_t *)text, sizeof(text) - 1)] = 0;
	found = strstr(text, "\"nodeId\": \"f002");
	REQUIRE(found);
	snprintf(id, sizeof(id), "%s", strstr(found, "f002"));
	CHECK(verify_certified(id) == 0);
	id[10] = id[10] == '0' ? '1' : '0';
	CHECK(verify_certified(id) == 1 && said("another node than the one named"));
	CHECK(verify_by(NONCE, "--ca", ca) == 0);
	/* A report of another machine's processor, about this one's key. */
	tsm->twist = OTHER_CHIP;
	REQUIRE(attest(true));
	CHECK(verify_certified(NULL) == 1 && said("another node than the certificate"));
	tsm->twist = AS_IT_IS;
}

/* With a set that takes the processor alone nobody looked at the key, nor at its certificate. */
static void test_only_what_was_judged_is_renewed(void)
{
	struct timespec pause = {1, 100000000}; /* dates are in seconds */
	char policy[8192];
	pid_t child = attest_answers(program, ca, node);

	REQUIRE(child > 0);
	snprintf(policy, sizeof(policy),
		"{\"identity\":{\"tee\":true},\"evidence\":{%s},\"sets\":[%s]}", BOTH_CHIPS,
		SNP_ALONE);
	service_policy(&at.service, policy);
	nanosleep(&pause, NULL);
	CHECK(verify_node(ca, node, at.service.state) == 1 && said("no certificate to renew"));
	CHECK(verify_node(ca, node, NULL) == 0 && unchanged());
	snprintf(policy, sizeof(policy),
		"{\"identity\":{\"tee\":true},\"evidence\":{%s},"
		"\"sets\":[{\"name\":\"both\",%s,%s}]}",
		BOTH_CHIPS, at.set, BY_CHIP);
	service_policy(&at.service, policy);
	CHECK(verify_node(ca, node, at.service.state) == 0);
	/* The answer came before it was stored: ask again, in turn. */
	CHECK(verify_node(ca, node, NULL) == 0 && !unchanged());
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !statement_node_open(argv[1]))
		return 2;
	program = argv[1];
	snprintf(ca, sizeof(ca), "%s/node-ca.pem", at.service.state);
	RUN(test_join_gives_a_certificate);
	RUN(test_same_node);
	RUN(test_only_what_was_judged_is_renewed);
	if (!rig_open(&at.a.rig, tpm_socket))
		return 1;
	statement_node_close();
	return test_summary();
}
